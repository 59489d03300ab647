//! The payload of sources of bytes.

use std::sync::Arc;

use crate::{
    contracts::decode::SingleRecord,
    data::{EventTime, Offset},
};

/// A run of bytes that holds whole records, each terminated by a line feed. Only the last record of
/// an input may lack it.
///
/// # Shape
/// If `cut` is `None`, any number of records. If it is set, the beginning of a single record that
/// exceeds the source's size limit: the source dropped the rest, and a decoder refuses the record.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    /// The records.
    pub bytes: Vec<u8>,
    /// The offset of the first byte.
    pub start: Offset,
    /// The index of the input within its partition, from 0.
    pub input: usize,
    /// The first record of that input, if the format has a header.
    pub header: Option<Arc<[u8]>>,
    /// The full length of the record of which `bytes` hold the beginning.
    pub cut: Option<u64>,
    /// The newest event time before this chunk in its input. Only
    /// [`NewestTimes`](crate::dialect::NewestTimes) sets it.
    pub newest: Option<EventTime>,
}

impl Chunk {
    /// Splits a chunk at line feeds into up to `parts` chunks of similar size. Records must not
    /// contain line feeds.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{Offset, source::Chunk};
    /// let bytes = b"a\nbb\nccc\n".to_vec();
    /// let chunk = Chunk { bytes, start: Offset(100), ..Chunk::default() };
    /// let parts = chunk.divide(2);
    /// assert_eq!((&*parts[0].bytes, parts[0].start), (&b"a\nbb\n"[..], Offset(100)));
    /// assert_eq!((&*parts[1].bytes, parts[1].start), (&b"ccc\n"[..], Offset(105)));
    /// ```
    pub fn divide(mut self, parts: usize) -> Vec<Self> {
        let each = self.bytes.len().div_ceil(parts.max(1)).max(1);
        let mut divided = Vec::new();
        // A cut record has no line feed to split at. Splitting from the back moves each byte once.
        for part in (1..parts).rev().filter(|_| self.cut.is_none()) {
            // Start one byte early: a record may end exactly at the boundary.
            let before = part * each - 1;
            let behind = self.bytes.get(before..).unwrap_or_default();
            let end = memchr::memchr(b'\n', behind).map(|length| before + length + 1);
            if let Some(end) = end.filter(|end| *end < self.bytes.len()) {
                let bytes = self.bytes.split_off(end);
                let start = Offset(self.start.0 + end as u64);
                let header = self.header.clone();
                let (input, newest) = (self.input, self.newest);
                divided.push(Self {
                    bytes,
                    start,
                    input,
                    header,
                    cut: None,
                    newest,
                });
            }
        }
        divided.push(self);
        divided.reverse();
        divided
    }

    /// Splits a chunk into its records, which must not contain line feeds.
    pub(crate) fn records(self) -> Vec<SingleRecord<Self>> {
        let most = self.bytes.len();
        let single = |payload: Self| SingleRecord {
            at: payload.start,
            place: None,
            raw: payload.bytes.trim_ascii_end().to_vec(),
            payload,
        };
        self.divide(most).into_iter().map(single).collect()
    }
}
