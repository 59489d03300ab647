//! From inputs to chunks of whole records: a state machine that a thread drives step by step.

mod enter;

use std::io;

use fleet_core::{Error, Offset, Partition, dialect::MAX_RECORD_BYTES, source::Chunk};

use crate::files::{
    bytes::{record_ends::RecordEnds, stream::Stream},
    error::FileError,
    open::opened::Opened,
    options::{AtEnd, FileOptions},
};

/// How much of a record that is too long is kept, bytes. Our choice: enough to see what it is.
pub(crate) const CUT_BYTES: usize = 4 * 1024;
/// How much is read at once where it is thrown away, bytes. Our choice.
const DISCARD_BYTES: usize = 64 * 1024;

/// What one step gave.
#[derive(Debug)]
pub(crate) enum Step {
    /// Records, and the place after the last of them.
    Chunk(Chunk, Offset),
    /// Nothing yet: go on.
    Busy,
    /// The followed file has nothing new: look again later.
    Wait,
    /// No input has more.
    End,
}

/// A record that grew over the limit: only its beginning is kept.
struct Cut {
    kept: Vec<u8>,
    start: u64,
    length: u64,
}

pub(crate) struct Reader {
    inputs: Vec<Opened>,
    partition: Partition,
    options: FileOptions,
    /// Which input is read, and the offset of its first byte.
    current: usize,
    base: u64,
    stream: Option<Stream>,
    /// The size of a plain file when it was opened.
    size: Option<u64>,
    /// The offset of the next byte that the stream gives.
    position: u64,
    /// Everything before is skipped.
    from: u64,
    /// The last byte skipped, while it is to be checked that a record ends there.
    skipped: Option<u8>,
    /// Bytes from `position - bytes.len()` on, whole records up to `whole`.
    bytes: Vec<u8>,
    whole: usize,
    ends: RecordEnds,
    cut: Option<Cut>,
    failed: Option<io::Error>,
    discard: Vec<u8>,
}

impl Reader {
    pub(crate) fn new(
        inputs: Vec<Opened>,
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
            bytes: Vec::new(),
            whole: 0,
            ends: RecordEnds::new(options.format),
            cut: None,
            failed: None,
            discard: Vec::new(),
        }
    }

    /// Does a bounded piece of work: at most one read.
    pub(crate) fn step(&mut self) -> Result<Step, Error> {
        self.advance()
            .map_err(|fault| Error::from(fault).at(&self.partition, Offset(self.position)))
    }

    #[cfg(test)]
    pub(crate) fn held_bytes(&self) -> usize {
        let cut = self.cut.as_ref().map_or(0, |cut| cut.kept.capacity());
        self.bytes.capacity() + self.discard.capacity() + cut
    }

    fn advance(&mut self) -> Result<Step, FileError> {
        if self.stream.is_none() {
            return self.open_next();
        }
        if self.whole > 0 && (self.bytes.len() >= self.options.chunk_bytes || self.failed.is_some())
        {
            return Ok(self.give(self.whole));
        }
        if let Some(cause) = self.failed.take() {
            return Err(self.cannot_read(cause));
        }
        let first = self.first();
        if self.position < first {
            return self.skip(first);
        }
        let tail = self.bytes.len() - self.whole;
        if self.cut.is_some() {
            return self.skip_cut();
        }
        if tail > MAX_RECORD_BYTES {
            if self.whole > 0 {
                return Ok(self.give(self.whole));
            }
            self.begin_cut();
            return Ok(Step::Busy);
        }
        self.pull(tail)
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
            gzip: input.is_some_and(Opened::is_gzip),
            cause,
        }
    }

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

    fn pull(&mut self, tail: usize) -> Result<Step, FileError> {
        let chunk = self.options.chunk_bytes;
        let missing = chunk.saturating_sub(self.bytes.len());
        let want = if missing > 0 { missing } else { chunk };
        // So that no record over the limit is ever found whole.
        let want = want.min(MAX_RECORD_BYTES + 1 - tail);
        let Some(stream) = &mut self.stream else {
            return Ok(Step::Busy);
        };
        let live = matches!(stream, Stream::Live(_));
        let before = self.bytes.len();
        let (read, cause) = stream.read_to(&mut self.bytes, want);
        self.position += read as u64;
        self.failed = cause;
        if read == 0 {
            return match self.failed {
                Some(_) => Ok(Step::Busy),
                None => self.at_end(),
            };
        }
        let new = self.bytes.get(before..).unwrap_or_default();
        // The last input may have ended without the line end that it got since.
        let got_its_end = self.is_last() && matches!(new.first(), Some(b'\n' | b'\r'));
        if let Some(last) = self.skipped.take()
            && last != b'\n'
            && !got_its_end
        {
            return Err(FileError::InsideRecord {
                name: self.name(),
                at: self.from - self.base,
            });
        }
        if let Some(end) = self.ends.scan(new) {
            self.whole = before + end;
        }
        // A pipe that has no more right now must not hold back what came.
        if self.whole > 0 && live {
            return Ok(self.give(self.whole));
        }
        Ok(Step::Busy)
    }

    /// Gives the first `length` bytes as a chunk.
    fn give(&mut self, length: usize) -> Step {
        let start = self.position - self.bytes.len() as u64;
        let rest = self.bytes.get(length..).unwrap_or_default();
        let mut next = Vec::with_capacity(rest.len().max(self.options.chunk_bytes));
        next.extend_from_slice(rest);
        let mut bytes = std::mem::replace(&mut self.bytes, next);
        bytes.truncate(length);
        self.whole = 0;
        self.chunk(bytes, start, None)
    }

    fn chunk(&self, bytes: Vec<u8>, start: u64, cut: Option<u64>) -> Step {
        let next = Offset(self.position - self.bytes.len() as u64);
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

    fn begin_cut(&mut self) {
        let mut kept = std::mem::take(&mut self.bytes);
        let length = kept.len() as u64;
        kept.truncate(CUT_BYTES);
        kept.shrink_to_fit();
        self.cut = Some(Cut {
            kept,
            start: self.position - length,
            length,
        });
    }

    fn skip_cut(&mut self) -> Result<Step, FileError> {
        if self.discard_some(self.options.chunk_bytes)? == 0 {
            return self.at_end();
        }
        let end = self.ends.scan_one(&self.discard);
        let Some(mut cut) = self.cut.take() else {
            return Ok(Step::Busy);
        };
        let Some(end) = end else {
            cut.length += self.discard.len() as u64;
            self.cut = Some(cut);
            return Ok(Step::Busy);
        };
        cut.length += end as u64 - 1;
        self.bytes
            .extend_from_slice(self.discard.get(end..).unwrap_or_default());
        self.whole = self.ends.scan(&self.bytes).unwrap_or(0);
        Ok(self.chunk(cut.kept, cut.start, Some(cut.length)))
    }

    /// The stream has no more bytes.
    fn at_end(&mut self) -> Result<Step, FileError> {
        if self.is_last() && matches!(self.options.at_end, AtEnd::Follow { .. }) {
            if self.whole > 0 {
                return Ok(self.give(self.whole));
            }
            return self.check_followed().map(|()| Step::Wait);
        }
        if self.whole > 0 {
            return Ok(self.give(self.whole));
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
        if let Some(cut) = self.cut.take() {
            return Ok(self.chunk(cut.kept, cut.start, Some(cut.length)));
        }
        if !self.bytes.is_empty() {
            return Ok(self.give(self.bytes.len()));
        }
        self.stream = None;
        self.base = self.position;
        self.current += 1;
        Ok(Step::Busy)
    }
}
