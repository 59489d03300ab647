//! Splitting CSV into records and cells.

use csv_core::{ReadRecordResult, Reader};

/// Iterates over the records of some bytes without allocating for each.
pub(super) struct Records<'a> {
    reader: Reader,
    bytes: &'a [u8],
    at: usize,
    cells: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
}

/// The position and the bytes of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawRecord<'a> {
    pub(super) start: usize,
    pub(super) raw: &'a [u8],
}

impl<'a> Records<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(),
            bytes,
            at: 0,
            cells: vec![0; 1024],
            ends: vec![0; 64],
            count: 0,
        }
    }

    /// Reads the next record, whose cells are valid until the next call. An empty line is not a
    /// record.
    pub(super) fn next(&mut self) -> Option<RawRecord<'a>> {
        let rest = self.bytes.get(self.at..)?;
        let line_ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        self.at += line_ends.count();
        let start = self.at;
        let (mut written, mut ends) = (0, 0);
        loop {
            let input = self.bytes.get(self.at..).unwrap_or_default();
            let (result, read, wrote, ended) = self.reader.read_record(
                input,
                self.cells.get_mut(written..).unwrap_or_default(),
                self.ends.get_mut(ends..).unwrap_or_default(),
            );
            self.at += read;
            written += wrote;
            ends += ended;
            match result {
                // Called again without input, the reader ends the last record.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.cells.resize(self.cells.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return None,
            }
        }
        self.count = ends;
        let raw = self.bytes.get(start..self.at).unwrap_or_default();
        let line_end = raw
            .iter()
            .rev()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let raw = raw.get(..raw.len() - line_end.count()).unwrap_or(raw);
        Some(RawRecord { start, raw })
    }

    /// Returns the number of cells.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Returns a cell without its quotes.
    pub(super) fn cell(&self, index: usize) -> Option<&[u8]> {
        if index >= self.count {
            return None;
        }
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.cells.get(start..*self.ends.get(index)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_know_where_they_begin_and_what_their_cells_hold() {
        let long = "x".repeat(5000);
        let many = "1,".repeat(200);
        let bytes = format!("a,\"b\n\"\"c\"\"\",\r\n\n\r\n{long},2\r\n{many}\nlast");
        let mut records = Records::new(bytes.as_bytes());
        let first = records.next().unwrap();
        assert_eq!((first.start, records.count()), (0, 3));
        assert_eq!(first.raw, b"a,\"b\n\"\"c\"\"\",");
        assert_eq!(records.cell(1), Some(&b"b\n\"c\""[..]));
        assert_eq!(records.cell(2), Some(&b""[..]));
        assert_eq!(records.cell(3), None);
        let second = records.next().unwrap();
        assert_eq!(
            (second.start, second.raw.len()),
            (bytes.find("xx").unwrap(), 5002)
        );
        assert_eq!(records.cell(1), Some(&b"2"[..]));
        let third = records.next().unwrap();
        assert_eq!(
            (third.start, records.count()),
            (bytes.find("1,1").unwrap(), 201)
        );
        let last = records.next().unwrap();
        assert_eq!((last.start, last.raw), (bytes.len() - 4, &b"last"[..]));
        assert!(records.next().is_none());
        assert!(Records::new(b"\n\n").next().is_none());
    }
}
