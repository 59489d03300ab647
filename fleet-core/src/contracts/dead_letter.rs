//! Dead letters: records and rows that could not be used.

use std::sync::Arc;

use compact_str::CompactString;

use crate::data::{EventTime, InputOffset, Offset};

/// The longest prefix of a record that a dead letter stores, in bytes. Our choice: enough to
/// recognize the record; its offset locates the rest.
pub const MAX_RAW_BYTES: usize = 64 * 1024;

/// A record or row that could not be processed, with everything needed to retry it later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadLetter {
    /// The offset of the record; for a rejected row, of the record that produced it.
    pub offset: Offset,
    /// The step that refused it: `decode`, `order`, `keys`, or the name of an operator or a sink.
    /// Stores and metrics call this `stage`.
    pub step: Arc<str>,
    /// A human-readable reason.
    pub reason: String,
    /// The record's bytes, truncated to [`MAX_RAW_BYTES`].
    pub raw: Vec<u8>,
    /// The record's full length, in bytes.
    pub length: u64,
    /// The input of the partition that holds the record, and the offset there, if the partition has
    /// several inputs.
    pub place: Option<InputOffset>,
    /// The key of the record or row, if it is known.
    pub key: Option<CompactString>,
    /// The time at which the log appended the record, if it is known.
    pub log_time: Option<EventTime>,
    /// The headers of the message, by name, if it has any.
    pub headers: Vec<(CompactString, Vec<u8>)>,
}

impl DeadLetter {
    /// Returns a dead letter of the record at this offset, without its bytes.
    pub fn new(offset: Offset, step: impl Into<Arc<str>>, reason: impl Into<String>) -> Self {
        Self {
            offset,
            step: step.into(),
            reason: reason.into(),
            ..Self::default()
        }
    }

    /// Sets the bytes of the record, truncated to [`MAX_RAW_BYTES`], and its length.
    #[must_use]
    pub fn with_raw(mut self, mut raw: Vec<u8>) -> Self {
        self.length = raw.len() as u64;
        raw.truncate(MAX_RAW_BYTES);
        self.raw = raw;
        self
    }

    /// The memory it takes, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let headers = self.headers.iter();
        let headers: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
        self.raw.len() + self.reason.len() + headers + size_of::<Self>()
    }

    /// Returns whether `raw` holds only the beginning of the record.
    pub fn is_cut(&self) -> bool {
        self.length > self.raw.len() as u64
    }
}
