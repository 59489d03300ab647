//! Dead letters: records and rows that could not be used.

use std::{collections::HashMap, sync::Arc};

use compact_str::CompactString;

use crate::{
    data::{ContentId, EventTime, InputOffset, Offset, Partition},
    event::ContentHasher,
};

/// The longest prefix of a record that a dead letter stores, in bytes. Our choice: enough to
/// recognize the record; its offset locates the rest.
pub const MAX_RAW_BYTES: usize = 64 * 1024;

/// A record or row that could not be processed, with everything needed to retry it later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadLetter {
    /// The offset of the record; for a rejected row, of the record that produced it.
    pub offset: Offset,
    /// The step that refused it: `decode`, `key`, `tenant`, `order`, `keys`, or the name of an
    /// operator or a sink.
    /// Stores and metrics call this `stage`.
    pub step: Arc<str>,
    /// A human-readable reason.
    pub reason: String,
    /// The record's bytes, truncated to [`MAX_RAW_BYTES`].
    pub raw: Vec<u8>,
    /// The record's full length, in bytes.
    pub length: u64,
    /// The input of the partition that holds the record, and the offset there, if the partition has
    /// several inputs.
    pub place: Option<InputOffset>,
    /// The key of the record or row, if it is known.
    pub key: Option<CompactString>,
    /// The time at which the log appended the record, if it is known.
    pub log_time: Option<EventTime>,
    /// The headers of the message, by name, if it has any.
    pub headers: Vec<(CompactString, Vec<u8>)>,
    /// How many dead letters of the same record, step and bytes come before it in its commit. The
    /// engine sets it when the commit is complete.
    pub ordinal: u32,
}

impl DeadLetter {
    /// Returns a dead letter of the record at this offset, without its bytes.
    pub fn new(offset: Offset, step: impl Into<Arc<str>>, reason: impl Into<String>) -> Self {
        Self {
            offset,
            step: step.into(),
            reason: reason.into(),
            ..Self::default()
        }
    }

    /// Sets the bytes of the record, truncated to [`MAX_RAW_BYTES`], and its length.
    #[must_use]
    pub fn with_raw(mut self, mut raw: Vec<u8>) -> Self {
        self.length = raw.len() as u64;
        raw.truncate(MAX_RAW_BYTES);
        self.raw = raw;
        self
    }

    /// Returns its id: a hash of pipeline, partition, offset, step, bytes and ordinal.
    ///
    /// A commit that is repeated has the same ids: what is sent again can be told from what was
    /// sent before. Equal letters of one record and step are numbered within their commit. So if
    /// an operator makes the same row twice of one record, at its time and at a timer, and both
    /// are rejected in different commits, they share an id: give such rows their time.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{Offset, Partition, checkpoint::DeadLetter};
    /// let letter = DeadLetter::new(Offset(7), "alerts", "unknown").with_raw(b"{}".to_vec());
    /// let id = letter.id("demo", &Partition::from("telemetry/0"));
    /// // The reason may be worded differently by another version.
    /// let reworded = DeadLetter { reason: "unknown car".into(), ..letter.clone() };
    /// assert_eq!(reworded.id("demo", &Partition::from("telemetry/0")), id);
    /// let second = DeadLetter { ordinal: 1, ..letter };
    /// assert_ne!(second.id("demo", &Partition::from("telemetry/0")), id);
    /// ```
    pub fn id(&self, pipeline: &str, partition: &Partition) -> ContentId {
        let mut content = ContentHasher::new();
        content.text(pipeline).text(partition.as_str());
        content.integer(self.offset.0).text(&self.step);
        content.bytes(&self.raw).integer(self.ordinal.into());
        content.finish_id()
    }

    /// The memory it takes, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let headers = self.headers.iter();
        let headers: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
        self.raw.len() + self.reason.len() + headers + size_of::<Self>()
    }

    /// Returns whether `raw` holds only the beginning of the record.
    pub fn is_cut(&self) -> bool {
        self.length > self.raw.len() as u64
    }
}

/// Numbers the dead letters of a commit among those of the same record, step and bytes.
pub(crate) fn number(letters: &mut [DeadLetter]) {
    let mut before: HashMap<(Offset, Arc<str>, u64), u32> = HashMap::new();
    for letter in letters {
        let raw = ContentHasher::new().bytes(&letter.raw).finish();
        let same = (letter.offset, Arc::clone(&letter.step), raw);
        let next = before.entry(same).or_default();
        letter.ordinal = *next;
        *next += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_letters_are_numbered_in_their_order() {
        let letter = |offset, step: &str, raw: u8| {
            DeadLetter::new(Offset(offset), step, "").with_raw(vec![raw])
        };
        let mut letters = [
            letter(1, "decode", 7),
            letter(1, "rows", 7),
            letter(2, "rows", 7),
            letter(1, "rows", 8),
            letter(1, "rows", 7),
        ];
        for _ in 0..2 {
            number(&mut letters);
            let ordinals = letters.each_ref().map(|letter| letter.ordinal);
            assert_eq!(ordinals, [0, 0, 0, 0, 1]);
        }
    }

    #[test]
    fn an_id_tells_every_part_of_its_content() {
        let partition = Partition::from("p/0");
        let letter = DeadLetter::new(Offset(1), "rows", "bad").with_raw(b"x".to_vec());
        let others = [
            DeadLetter {
                offset: Offset(2),
                ..letter.clone()
            },
            DeadLetter {
                step: "row".into(),
                ..letter.clone()
            },
            DeadLetter {
                raw: b"y".to_vec(),
                ..letter.clone()
            },
            DeadLetter {
                ordinal: 1,
                ..letter.clone()
            },
        ];
        let mut ids: Vec<_> = others
            .iter()
            .map(|other| other.id("demo", &partition))
            .collect();
        ids.push(letter.id("dem", &partition));
        ids.push(letter.id("demo", &Partition::from("p/1")));
        let id = letter.id("demo", &partition);
        assert!(!ids.contains(&id));
        // Stores hold it.
        assert_eq!(id.to_string(), "ac3d232b-4f01-38f8-9453-b46a28635d96");
    }
}
