//! How inputs are split into records and chunks, and what their end means.

use std::time::Duration;

/// How a file is split into records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// One record per line, as in NDJSON.
    #[default]
    Lines,
    /// Comma-separated values.
    ///
    /// The first record of each input is its header. It is not emitted as a record; every chunk of
    /// the input carries it in [`Chunk::header`](fleet_core::source::Chunk::header). A line end
    /// inside double quotes does not end a record; a double quote opens a quoted field only at the
    /// field's beginning.
    Csv,
}

/// What the source does at the end of the last input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtEnd {
    /// The input is complete: the partition ends. A last record without a line end counts as a
    /// record.
    #[default]
    End,
    /// The file is still being written: check it for new records every `poll`.
    ///
    /// A last line without a line end is held back until its line end arrives. Only a plain file
    /// can be followed, and only as the last input.
    Follow {
        /// The time between two checks.
        poll: Duration,
    },
}

impl AtEnd {
    /// The default time between two checks of a followed file, 200 ms. Our choice: five checks a
    /// second cost next to nothing, and a person sees a new line without noticing the delay.
    pub const POLL: Duration = Duration::from_millis(200);

    /// Follows the last file, checking it every [`POLL`](Self::POLL).
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
    /// How the inputs are split into records.
    pub format: Format,
    /// What the source does at the end of the last input.
    pub at_end: AtEnd,
    /// The approximate size of a chunk, bytes. A longer record still comes whole, up to
    /// [`MAX_RECORD_BYTES`](fleet_core::dialect::MAX_RECORD_BYTES).
    pub chunk_bytes: usize,
}

impl FileOptions {
    /// The default size of a chunk, 256 KiB. Our choice: about a thousand records, enough to
    /// amortise the fixed cost of a chunk, while a few chunks together still fit into a cache.
    pub const CHUNK_BYTES: usize = 256 * 1024;

    /// Sets how the inputs are split into records.
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }
    /// Sets what the source does at the end of the last input.
    #[must_use]
    pub fn at_end(mut self, at_end: AtEnd) -> Self {
        self.at_end = at_end;
        self
    }
    /// Sets the approximate size of a chunk.
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
