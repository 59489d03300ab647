//! The state machine that turns opened inputs into chunks of whole records, one step at a time.

mod buffer;
mod discard;
mod enter;
mod oversized;

use std::io;

use fleet_core::{Error, Offset, Partition, dialect::MAX_RECORD_BYTES, source::Chunk};

#[cfg(test)]
pub(crate) use self::oversized::CUT_BYTES;
use self::{buffer::Buffer, oversized::Oversized};
use crate::files::{
    bytes::stream::Stream,
    error::FileError,
    open::opened::OpenedInput,
    options::{AtEnd, FileOptions},
};

/// The outcome of one step.
#[derive(Debug)]
pub(crate) enum Step {
    /// Whole records, and the offset after the last of them.
    Chunk(Chunk, Offset),
    /// Nothing to emit yet; step again.
    Busy,
    /// The followed file has nothing new; step again later.
    Wait,
    /// All inputs have ended.
    End,
}

/// Reads the inputs one after the other, from an offset on.
pub(crate) struct Reader {
    inputs: Vec<OpenedInput>,
    partition: Partition,
    options: FileOptions,
    /// The index of the input that is read, and the offset of its first byte.
    current: usize,
    base: u64,
    stream: Option<Stream>,
    /// The size of a plain file when it was opened.
    size: Option<u64>,
    /// The offset of the stream's next byte.
    position: u64,
    /// Where to resume: everything before this offset is skipped.
    from: u64,
    /// The last byte skipped, until it is checked that a record ends there.
    skipped: Option<u8>,
    /// The bytes that end at `position`.
    buffer: Buffer,
    oversized: Option<Oversized>,
    /// The error that ended the last read; reported after the bytes that came before it.
    failed: Option<io::Error>,
    discard: Vec<u8>,
}

impl Reader {
    pub(crate) fn new(
        inputs: Vec<OpenedInput>,
        partition: Partition,
        options: FileOptions,
        from: Offset,
    ) -> Self {
        Self {
            inputs,
            partition,
            options,
            current: 0,
            base: 0,
            stream: None,
            size: None,
            position: 0,
            from: from.0,
            skipped: None,
            buffer: Buffer::new(options.format),
            oversized: None,
            failed: None,
            discard: Vec::new(),
        }
    }

    /// Does a bounded amount of work: at most one read.
    pub(crate) fn step(&mut self) -> Result<Step, Error> {
        self.advance()
            .map_err(|error| Error::from(error).at(&self.partition, Offset(self.position)))
    }

    #[cfg(test)]
    pub(crate) fn held_bytes(&self) -> usize {
        let oversized = self.oversized.as_ref().map_or(0, Oversized::capacity);
        self.buffer.capacity() + self.discard.capacity() + oversized
    }

    fn advance(&mut self) -> Result<Step, FileError> {
        if self.stream.is_none() {
            return self.open_next();
        }
        let whole = self.buffer.whole();
        if whole > 0 && (self.buffer.len() >= self.options.chunk_bytes || self.failed.is_some()) {
            return Ok(self.emit(whole));
        }
        if let Some(cause) = self.failed.take() {
            return Err(self.cannot_read(cause));
        }
        let first = self.first();
        if self.position < first {
            return self.skip(first);
        }
        if self.oversized.is_some() {
            return self.skip_oversized();
        }
        if self.buffer.partial() > MAX_RECORD_BYTES {
            if whole > 0 {
                return Ok(self.emit(whole));
            }
            let record = Oversized::new(self.buffer.take_partial(), self.position);
            self.oversized = Some(record);
            return Ok(Step::Busy);
        }
        self.read_more()
    }

    fn read_more(&mut self) -> Result<Step, FileError> {
        let want = self.buffer.missing(self.options.chunk_bytes);
        let Some(stream) = &mut self.stream else {
            return Ok(Step::Busy);
        };
        let live = matches!(stream, Stream::Live(_));
        let before = self.buffer.len();
        let (read, cause) = self.buffer.fill(stream, want);
        self.position += read as u64;
        self.failed = cause;
        if read == 0 {
            return match self.failed {
                Some(_) => Ok(Step::Busy),
                None => self.at_end(),
            };
        }
        // The last input may have ended without a line end, and got it since.
        let completed = self.is_last() && matches!(self.buffer.byte(before), Some(b'\n' | b'\r'));
        if let Some(last) = self.skipped.take()
            && last != b'\n'
            && !completed
        {
            return Err(FileError::InsideRecord {
                name: self.name(),
                at: self.from - self.base,
            });
        }
        self.buffer.scan(before);
        // A pipe that is silent for now must not hold back the records that came.
        let whole = self.buffer.whole();
        if whole > 0 && live {
            return Ok(self.emit(whole));
        }
        Ok(Step::Busy)
    }

    /// Emits the first `length` bytes of the buffer as a chunk.
    fn emit(&mut self, length: usize) -> Step {
        let start = self.position - self.buffer.len() as u64;
        let bytes = self.buffer.take(length, self.options.chunk_bytes);
        self.chunk(bytes, start, None)
    }

    fn chunk(&self, bytes: Vec<u8>, start: u64, cut: Option<u64>) -> Step {
        let next = Offset(self.position - self.buffer.len() as u64);
        let header = self
            .inputs
            .get(self.current)
            .and_then(|input| input.header.clone());
        let chunk = Chunk {
            bytes,
            start: Offset(start),
            input: self.current,
            header,
            cut,
            ..Chunk::default()
        };
        Step::Chunk(chunk, next)
    }

    /// Handles the end of the stream: emits what is left, then waits or goes to the next input.
    fn at_end(&mut self) -> Result<Step, FileError> {
        let whole = self.buffer.whole();
        if whole > 0 {
            return Ok(self.emit(whole));
        }
        if self.is_last() && matches!(self.options.at_end, AtEnd::Follow { .. }) {
            return self.check_followed().map(|()| Step::Wait);
        }
        let read = self.position - self.base;
        if let Some(before) = self.size
            && read < before
        {
            return Err(FileError::Shrank {
                name: self.name(),
                before,
                now: read,
            });
        }
        if let Some(record) = self.oversized.take() {
            return Ok(self.chunk(record.head, record.start, Some(record.length)));
        }
        if self.buffer.len() > 0 {
            return Ok(self.emit(self.buffer.len()));
        }
        self.stream = None;
        self.base = self.position;
        self.current += 1;
        Ok(Step::Busy)
    }

    fn is_last(&self) -> bool {
        self.current + 1 >= self.inputs.len()
    }

    fn name(&self) -> String {
        let input = self.inputs.get(self.current).or(self.inputs.last());
        input.map_or(String::new(), |input| input.name.to_string())
    }

    fn cannot_read(&self, cause: io::Error) -> FileError {
        let input = self.inputs.get(self.current);
        FileError::Read {
            name: self.name(),
            at: self.position - self.base,
            gzip: input.is_some_and(OpenedInput::is_gzip),
            cause,
        }
    }
}
