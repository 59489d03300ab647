//! Decoding chunks of lines with any dialect.

use super::Dialect;
use crate::{
    contracts::{
        Decode,
        decode::{Entry, RetryCopy},
        source::Chunk,
    },
    data::Offset,
};

/// The most bytes of a record (1 MiB); a source cuts longer ones.
pub const MAX_RECORD_BYTES: usize = 1 << 20;

/// One record per line. UTF-8 is checked once per chunk; only a chunk that fails is checked line by
/// line.
impl<D: Dialect> Decode<Chunk> for D {
    type Event = D::Event;

    fn decode(&self, chunk: Chunk, entry: &mut Entry<'_, D::Event>) {
        if refuse_cut(&chunk, entry) {
            return;
        }
        let mut memo = self.memo(chunk.newest);
        let text = std::str::from_utf8(&chunk.bytes).ok();
        let mut from = 0;
        while let Some(rest) = chunk.bytes.get(from..).filter(|rest| !rest.is_empty()) {
            let at = Offset(chunk.start.0 + from as u64);
            let first = text
                .and_then(|text| text.get(from..))
                .and_then(|text| self.enter_first(text, &mut memo, at, entry));
            if let Some(length) = first {
                from += length;
                continue;
            }
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = (from, from + length);
            from += length + 1;
            let raw = chunk.bytes.get(line.0..line.1).unwrap_or_default();
            let record = match text {
                Some(text) => text.get(line.0..line.1),
                None => std::str::from_utf8(raw).ok(),
            };
            // An empty line is not a record.
            if raw.trim_ascii().is_empty() {
                continue;
            }
            let Some(record) = record else {
                entry.malformed(at, raw, "the record is not UTF-8");
                continue;
            };
            match self.read(record, &mut memo) {
                Ok(Some(event)) => entry.row(at, event),
                Ok(None) => entry.filtered(at),
                Err(refused) => entry.malformed(at, raw, refused.0),
            }
        }
    }

    fn copy_for_retry(&self, chunk: &Chunk) -> Option<RetryCopy<Chunk>> {
        self.stands_alone().then(|| RetryCopy {
            payload: chunk.clone(),
            records: Chunk::records,
        })
    }

    fn divide(&self, chunk: Chunk, parts: usize) -> Vec<Chunk> {
        chunk.divide(if self.stands_alone() { parts } else { 1 })
    }
}

/// Refuses a chunk that holds the beginning of a cut record, and returns whether it did.
pub(super) fn refuse_cut<E>(chunk: &Chunk, entry: &mut Entry<'_, E>) -> bool {
    let Some(length) = chunk.cut else {
        return false;
    };
    let reason = format!("the record has {length} bytes, the limit is {MAX_RECORD_BYTES}");
    entry.cut(chunk.start, &chunk.bytes, length, reason);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        contracts::checkpoint::Fates,
        data::VehicleId,
        dialect::{OpenXc, VehicleOps},
        event::Event,
    };

    fn chunk(text: &str) -> Chunk {
        let (bytes, start) = (text.as_bytes().to_vec(), Offset(1_000));
        Chunk {
            bytes,
            start,
            ..Chunk::default()
        }
    }

    /// Decodes a chunk in parts, and returns their number and the result.
    fn decoded<D: Decode<Chunk>>(decode: &D, chunk: Chunk, parts: usize) -> (usize, String) {
        let (mut rows, mut fates) = (Vec::new(), Fates::default());
        let parts = decode.divide(chunk, parts);
        let count = parts.len();
        for part in parts {
            decode.decode(part, &mut Entry::new(&mut rows, &mut fates));
        }
        let rows: Vec<_> = rows
            .iter()
            .map(|(at, event)| (at, event.key(), event.at()))
            .collect();
        (
            count,
            format!("{rows:?} {:?} {:?}", fates.counts, fates.dead),
        )
    }

    #[test]
    fn a_divided_chunk_gives_the_events_of_the_whole() {
        let line = r#"{"vehicle_id":"car-1","timestamp":"2024-02-15T14:32:18Z"}"#;
        for text in [
            format!("{line}\n\nbroken\n{line}\n{line}"),
            format!("{line}\n{line}\n"),
            line.to_owned(),
            "\n\n\n".into(),
            String::new(),
        ] {
            let (_, whole) = decoded(&VehicleOps::default(), chunk(&text), 1);
            for parts in 2..9 {
                let (count, divided) = decoded(&VehicleOps::default(), chunk(&text), parts);
                assert_eq!(divided, whole, "{parts} parts of {text:?}");
                assert!((1..=parts).contains(&count));
            }
        }
        let (count, _) = decoded(
            &VehicleOps::default(),
            chunk(&format!("{line}\n").repeat(9)),
            3,
        );
        assert_eq!(count, 3);
    }

    #[test]
    fn cut_records_and_records_that_need_earlier_ones_are_not_divided() {
        let openxc = OpenXc::new(VehicleId::new("car").unwrap());
        assert_eq!(openxc.divide(chunk("{}\n{}\n{}\n"), 2).len(), 1);
        let cut = Chunk {
            cut: Some(9),
            ..chunk("a\nb")
        };
        assert_eq!(VehicleOps::default().divide(cut, 2).len(), 1);
    }
}
