//! What a store reports about a pipeline: the same types for every kind of store.

use std::{collections::BTreeMap, io::Write};

use fleet_core::{
    Error, ErrorKind, Result,
    checkpoint::{Counts, Tallies},
    state::{put_bytes, put_length, take_bytes, take_length},
};

use crate::{log_report::LogSummary, stored_dead_letter::StoredDeadLetter};

/// How many classes of dead letters a summary lists. Our choice: what fits on a screen.
pub(crate) const CLASSES: u32 = 10;

/// What a store holds of one pipeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreSummary {
    /// The name of the pipeline.
    pub pipeline: String,
    /// The number of partitions that were ever claimed.
    pub partitions: u64,
    /// Whether there is at least one partition, and all have reached the end of their input.
    pub ended: bool,
    /// What happened to the records, over all partitions.
    pub counts: Counts,
    /// Totals by name, over all partitions.
    pub tallies: Tallies,
    /// The number of dead letters: records that could not be read and rows that a sink refused.
    pub dead_letters: u64,
    /// The ten most frequent reasons for dead letters, the most frequent first.
    pub refused: Vec<RefusalClass>,
    /// The number of rows in each result table, including those of other pipelines.
    pub tables: BTreeMap<String, u64>,
    /// The logs of the store, by name, including those of other pipelines.
    pub logs: BTreeMap<String, LogSummary>,
}

/// Dead letters that the same step refused for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalClass {
    /// The step that refused them: `decode`, or the name of a sink.
    pub step: String,
    /// The reason that was given.
    pub reason: String,
    /// The number of dead letters.
    pub count: u64,
}

/// The result of an export of dead letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// The number of records or rows that were written.
    pub written: u64,
    /// The number of records or rows that were left out because the store holds only their
    /// beginning. Read records from the input, at their offset.
    pub cut: u64,
}

impl Exported {
    /// Writes one record as a line, if it is `whole`.
    pub(crate) fn record(&mut self, raw: &[u8], whole: bool, to: &mut dyn Write) -> Result<()> {
        if !whole {
            self.cut += 1;
            return Ok(());
        }
        to.write_all(raw).map_err(|cause| unwritten(&cause))?;
        if !raw.ends_with(b"\n") {
            to.write_all(b"\n").map_err(|cause| unwritten(&cause))?;
        }
        self.written += 1;
        Ok(())
    }

    /// Writes one rejected row as a line of JSON, if the store holds all of it.
    pub(crate) fn row(&mut self, stored: &StoredDeadLetter, to: &mut dyn Write) -> Result<()> {
        let StoredDeadLetter {
            partition,
            id,
            letter,
        } = stored;
        if letter.is_cut() {
            self.cut += 1;
            return Ok(());
        }
        let json = |text: &str| serde_json::Value::from(text).to_string();
        let key = letter.key.as_deref();
        let (key, raw) = (key.map_or_else(|| "null".to_owned(), json), &letter.raw);
        let one_line = !raw.contains(&b'\n');
        let row = std::str::from_utf8(raw)
            .ok()
            .filter(|row| one_line && serde_json::from_str::<serde::de::IgnoredAny>(row).is_ok());
        let row = row.map_or_else(|| json(&String::from_utf8_lossy(raw)), str::to_owned);
        let (partition, reason) = (json(partition.as_str()), json(&letter.reason));
        let offset = letter.offset;
        writeln!(
            to,
            r#"{{"id":"{id}","partition":{partition},"offset":{offset},"key":{key},"reason":{reason},"row":{row}}}"#
        )
        .map_err(|cause| unwritten(&cause))?;
        self.written += 1;
        Ok(())
    }

    /// Flushes the output.
    pub(crate) fn finish(self, to: &mut dyn Write) -> Result<Self> {
        to.flush().map_err(|cause| unwritten(&cause))?;
        Ok(self)
    }
}

fn unwritten(cause: &std::io::Error) -> Error {
    Error::new(
        ErrorKind::Sink,
        format!("cannot export dead letters: {cause}"),
    )
}

/// Packs the headers of a message into one value, or `None` if it has none.
///
/// # Layout
/// `count u32`, then name and value of each header, each preceded by its length as u32.
pub(crate) fn pack_headers<N: AsRef<str>>(headers: &[(N, Vec<u8>)]) -> Option<Vec<u8>> {
    if headers.is_empty() {
        return None;
    }
    let mut to = Vec::new();
    put_length(headers.len(), &mut to);
    for (name, value) in headers {
        put_bytes(name.as_ref().as_bytes(), &mut to);
        put_bytes(value, &mut to);
    }
    Some(to)
}

/// Unpacks headers. Leaves out what cannot be read: nothing depends on it.
pub(crate) fn unpack_headers<N: for<'a> From<&'a str>>(mut from: &[u8]) -> Vec<(N, Vec<u8>)> {
    let (from, mut headers) = (&mut from, Vec::new());
    for _ in 0..take_length(from).unwrap_or_default() {
        let (Some(name), Some(value)) = (take_bytes(from), take_bytes(from)) else {
            break;
        };
        let name = String::from_utf8_lossy(name);
        headers.push((N::from(&name), value.to_vec()));
    }
    headers
}

#[cfg(test)]
mod tests {
    use fleet_core::{ContentId, Partition, checkpoint::DeadLetter};

    use super::*;

    #[test]
    fn a_row_is_exported_as_json_if_it_is_json_and_as_a_text_if_not() {
        let lines = |raw: &[u8]| {
            let letter = DeadLetter::new(fleet_core::Offset(7), "rows", "a \"reason\"");
            let stored = StoredDeadLetter {
                partition: Partition::from("p/0"),
                id: ContentId(1),
                letter: letter.with_raw(raw.to_vec()),
            };
            let (mut exported, mut to) = (Exported::default(), Vec::new());
            exported.row(&stored, &mut to).unwrap();
            assert_eq!((exported.written, exported.cut), (1, 0));
            let end = to.iter().position(|byte| *byte == b'\n');
            assert_eq!(end, Some(to.len() - 1));
            serde_json::from_slice::<serde_json::Value>(&to).unwrap()
        };
        assert_eq!(
            lines(br#"{"n":1}"#),
            serde_json::json!({
                "id": "00000000-0000-0000-0000-000000000001", "partition": "p/0", "offset": 7,
                "key": null, "reason": "a \"reason\"", "row": {"n": 1},
            })
        );
        assert_eq!(lines(b"{\"n\":\n1}")["row"], "{\"n\":\n1}");
        assert_eq!(lines(b"{}{}")["row"], "{}{}");
        assert_eq!(lines(b"\xff")["row"], "\u{fffd}");
    }

    #[test]
    fn headers_come_back_and_damaged_ones_do_no_harm() {
        let none: [(String, Vec<u8>); 0] = [];
        assert_eq!(pack_headers(&none), None);
        let headers = [
            ("a".to_owned(), vec![0, 255]),
            (String::new(), vec![]),
            ("a".to_owned(), vec![1]),
        ];
        let packed = pack_headers(&headers).unwrap();
        for end in 0..=packed.len() {
            let found: Vec<(String, Vec<u8>)> = unpack_headers(&packed[..end]);
            assert!(headers.starts_with(&found));
            assert_eq!(found == headers, end == packed.len());
        }
    }
}
