//! Entering an input at the offset to resume from, and checking that it is still the same input.

use super::{Reader, Step};
use crate::files::error::FileError;

impl Reader {
    /// The offset of the first record to emit from the current input.
    pub(super) fn first(&self) -> u64 {
        self.from.max(self.base + self.data_start())
    }

    pub(super) fn data_start(&self) -> u64 {
        self.inputs
            .get(self.current)
            .map_or(0, |input| input.data_start)
    }

    pub(super) fn open_next(&mut self) -> Result<Step, FileError> {
        let last = self.is_last();
        let Some(input) = self.inputs.get_mut(self.current) else {
            return if self.from > self.base {
                Err(self.past_the_end(self.base))
            } else {
                Ok(Step::End)
            };
        };
        let opened = input.size().and_then(|size| Ok((size, input.stream()?)));
        let (size, mut stream) = opened.map_err(|cause| self.cannot_read(cause))?;
        self.position = self.base;
        if let Some(size) = size {
            let end = self.base + size;
            if last && self.from > end {
                return Err(self.past_the_end(end));
            }
            if !last && self.from >= end {
                // An earlier run read this input to its end.
                (self.position, self.base) = (end, end);
                self.current += 1;
                return Ok(Step::Busy);
            }
            // Go to the byte before the record: it must be a line end.
            let before = self.first().min(end).saturating_sub(self.base + 1);
            if stream
                .seek(before)
                .map_err(|cause| self.cannot_read(cause))?
            {
                self.position = self.base + before;
            }
        }
        self.size = size;
        self.stream = Some(stream);
        self.buffer.begin_record(self.options.format);
        self.skipped = None;
        Ok(Step::Busy)
    }

    fn past_the_end(&self, size: u64) -> FileError {
        FileError::PastTheEnd {
            name: self.name(),
            size,
            offset: self.from,
        }
    }

    /// Checks that the path still names the open file, and that the file did not shrink.
    pub(super) fn check_followed(&self) -> Result<(), FileError> {
        let (Some(input), Some(stream)) = (self.inputs.get(self.current), &self.stream) else {
            return Ok(());
        };
        let same = input
            .is_same_file(stream)
            .map_err(|cause| self.cannot_read(cause))?;
        if !same {
            return Err(FileError::Replaced { name: self.name() });
        }
        let now = input.size().map_err(|cause| self.cannot_read(cause))?;
        let before = self.position - self.base;
        match now {
            Some(now) if now < before => Err(FileError::Shrank {
                name: self.name(),
                before,
                now,
            }),
            _ => Ok(()),
        }
    }
}
