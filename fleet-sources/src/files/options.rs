use std::time::Duration;

/// How a file is cut into records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// One record a line: NDJSON.
    #[default]
    Lines,
    /// Comma-separated values. The first record of each input is its header: it is no record, and comes
    /// along in [`Chunk::header`](fleet_core::source::Chunk::header). A line end inside double quotes
    /// ends no record; a double quote opens only at the beginning of a field.
    Csv,
}

/// What the end of the last input means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtEnd {
    /// The input is complete: the partition ends, and a last record without line end is a record.
    #[default]
    End,
    /// The file is still being written: look again after `poll`. A last line without line end is held
    /// back until its line end comes. Only a plain file can be followed, as the last input.
    Follow {
        /// How long to wait before looking again.
        poll: Duration,
    },
}

impl AtEnd {
    /// How long a followed file rests between two looks. Our choice: five looks a second cost nothing,
    /// and people see a line as soon as they expect it.
    pub const POLL: Duration = Duration::from_millis(200);

    /// Follows the last file, looking every [`POLL`](Self::POLL).
    pub const fn follow() -> Self {
        Self::Follow { poll: Self::POLL }
    }
}

/// How a [`FileSource`](super::FileSource) reads.
///
/// # Examples
/// ```
/// use fleet_sources::{AtEnd, FileOptions, Format};
/// let options = FileOptions::default().format(Format::Csv).at_end(AtEnd::follow());
/// assert_eq!(options.chunk_bytes, FileOptions::CHUNK_BYTES);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileOptions {
    /// How the inputs are cut into records.
    pub format: Format,
    /// What the end of the last input means.
    pub at_end: AtEnd,
    /// About how many bytes a chunk has; one record longer than that still comes whole.
    pub chunk_bytes: usize,
}

impl FileOptions {
    /// About how many bytes a chunk has, 256 KiB. Our choice: about a thousand records, so that what
    /// one costs by itself is spread, while a few of them together still fit into a cache.
    pub const CHUNK_BYTES: usize = 256 * 1024;

    /// Sets how the inputs are cut into records.
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }
    /// Sets what the end of the last input means.
    #[must_use]
    pub fn at_end(mut self, at_end: AtEnd) -> Self {
        self.at_end = at_end;
        self
    }
    /// Sets about how many bytes a chunk has.
    #[must_use]
    pub fn chunk_bytes(mut self, bytes: usize) -> Self {
        self.chunk_bytes = bytes;
        self
    }
}

impl Default for FileOptions {
    fn default() -> Self {
        Self {
            format: Format::default(),
            at_end: AtEnd::default(),
            chunk_bytes: Self::CHUNK_BYTES,
        }
    }
}
