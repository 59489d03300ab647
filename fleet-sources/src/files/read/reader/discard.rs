//! Reading bytes only to discard them: before the offset to resume from, and of oversized records.

use super::{Reader, Step};
use crate::files::error::FileError;

/// How much is read at once to be discarded, bytes. Our choice.
const DISCARD_BYTES: usize = 64 * 1024;

impl Reader {
    /// Reads and discards bytes before the first record to emit.
    pub(super) fn skip(&mut self, first: u64) -> Result<Step, FileError> {
        let most = usize::try_from(first - self.position).unwrap_or(usize::MAX);
        let read = self.discard_some(most)?;
        if read == 0 {
            return self.at_end();
        }
        let resumes = self.from > self.base + self.data_start();
        self.skipped = self.discard.last().copied().filter(|_| resumes);
        Ok(Step::Busy)
    }

    /// Discards more of an oversized record, and emits its head once its end is found.
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
        Ok(self.chunk(record.head, record.start, Some(record.length)))
    }

    /// Reads at most `most` bytes into `discard`.
    fn discard_some(&mut self, most: usize) -> Result<usize, FileError> {
        self.discard.clear();
        let Some(stream) = &mut self.stream else {
            return Ok(0);
        };
        match stream.read_to(&mut self.discard, most.min(DISCARD_BYTES)) {
            (0, Some(cause)) => Err(self.cannot_read(cause)),
            (read, cause) => {
                self.position += read as u64;
                self.failed = cause;
                Ok(read)
            }
        }
    }
}
