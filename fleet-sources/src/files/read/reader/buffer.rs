//! Bytes that were read but not yet emitted, and where the records in them end.

use std::io;

use fleet_core::dialect::MAX_RECORD_BYTES;

use crate::files::{
    bytes::{record_ends::RecordEnds, stream::Stream},
    options::Format,
};

/// Whole records, followed by the beginning of the next one.
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// How many of the bytes belong to whole records.
    whole: usize,
    ends: RecordEnds,
}

impl Buffer {
    pub(super) fn new(format: Format) -> Self {
        Self {
            bytes: Vec::new(),
            whole: 0,
            ends: RecordEnds::new(format),
        }
    }

    /// Expects the beginning of a record next.
    pub(super) fn begin_record(&mut self, format: Format) {
        self.ends = RecordEnds::new(format);
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The length of the whole records.
    pub(super) fn whole(&self) -> usize {
        self.whole
    }

    /// The length of the record that is not complete yet.
    pub(super) fn partial(&self) -> usize {
        self.bytes.len() - self.whole
    }

    /// How much to read next for chunks of `chunk` bytes.
    pub(super) fn missing(&self, chunk: usize) -> usize {
        let missing = chunk.saturating_sub(self.bytes.len());
        let want = if missing > 0 { missing } else { chunk };
        // This way no record over the limit is ever complete in the buffer.
        want.min(MAX_RECORD_BYTES + 1 - self.partial())
    }

    /// Reads at most `most` bytes; returns how many came, and the error that ended the read.
    pub(super) fn fill(&mut self, stream: &mut Stream, most: usize) -> (usize, Option<io::Error>) {
        stream.read_to(&mut self.bytes, most)
    }

    pub(super) fn byte(&self, index: usize) -> Option<u8> {
        self.bytes.get(index).copied()
    }

    /// Looks for record ends in the bytes from `from` on.
    pub(super) fn scan(&mut self, from: usize) {
        let new = self.bytes.get(from..).unwrap_or_default();
        if let Some(end) = self.ends.scan(new) {
            self.whole = from + end;
        }
    }

    /// Finds the end of the record that bytes outside the buffer continue.
    pub(super) fn find_end(&mut self, bytes: &[u8]) -> Option<usize> {
        self.ends.scan_one(bytes)
    }

    /// Appends bytes that begin with a record.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.whole = self.ends.scan(&self.bytes).unwrap_or(0);
    }

    /// Takes the first `length` bytes, and reserves room for the next chunk.
    pub(super) fn take(&mut self, length: usize, chunk: usize) -> Vec<u8> {
        let rest = self.bytes.get(length..).unwrap_or_default();
        let mut next = Vec::with_capacity(rest.len().max(chunk));
        next.extend_from_slice(rest);
        let mut bytes = std::mem::replace(&mut self.bytes, next);
        bytes.truncate(length);
        self.whole = 0;
        bytes
    }

    /// Takes the record that is not complete; there are no whole records before it.
    pub(super) fn take_partial(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}
