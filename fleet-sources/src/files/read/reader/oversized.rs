//! Records over the size limit: the head is reported, the rest is read and discarded.

use super::{Reader, Step};
use crate::files::error::FileError;

/// How much is reported of a record over the limit, bytes. Our choice: enough to recognise it.
pub(crate) const CUT_BYTES: usize = 4 * 1024;

/// A record that grew over the limit.
pub(super) struct Oversized {
    head: Vec<u8>,
    start: u64,
    length: u64,
}

impl Oversized {
    /// Keeps the head of a record whose bytes so far end at this offset.
    fn new(mut bytes: Vec<u8>, end: u64) -> Self {
        let length = bytes.len() as u64;
        bytes.truncate(CUT_BYTES);
        bytes.shrink_to_fit();
        Self {
            head: bytes,
            start: end - length,
            length,
        }
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.head.capacity()
    }
}

impl Reader {
    pub(super) fn begin_oversized(&mut self) {
        let bytes = self.buffer.take_partial();
        self.oversized = Some(Oversized::new(bytes, self.position));
    }

    /// Discards more of the record; emits its head once its end is found.
    pub(super) fn skip_oversized(&mut self) -> Result<Step, FileError> {
        if self.discard_some(self.options.chunk_bytes)? == 0 {
            return self.at_end();
        }
        let Some(mut record) = self.oversized.take() else {
            return Ok(Step::Busy);
        };
        let Some(end) = self.buffer.find_end(&self.discard) else {
            record.length += self.discard.len() as u64;
            self.oversized = Some(record);
            return Ok(Step::Busy);
        };
        record.length += end as u64 - 1;
        self.buffer
            .append(self.discard.get(end..).unwrap_or_default());
        Ok(self.emit_oversized(record))
    }

    pub(super) fn emit_oversized(&self, record: Oversized) -> Step {
        self.chunk(record.head, record.start, Some(record.length))
    }
}
