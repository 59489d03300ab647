//! Dead letters as messages of a dead-letter topic.

use fleet_core::{EventTime, checkpoint::DeadLetter};

use super::message::{CONTENT_ID, OutboxMessage};
use crate::stored_dead_letter::StoredDeadLetter;

/// What the names of our headers begin with.
pub(crate) const OURS: &str = "dead-letter-";
/// How a source of Kafka names its partitions: `kafka:topic/number`.
const KAFKA: &str = "kafka:";

impl StoredDeadLetter {
    /// The dead letter as a message of a dead-letter topic.
    ///
    /// # Shape
    /// The value has the bytes of the record or row as they came, at most
    /// [64 KiB](fleet_core::decode::MAX_RAW_BYTES); the key is that of the record, if it is known;
    /// the id is that of the dead letter. The record has the time at which it is produced, so
    /// that retention counts from then. Headers are texts:
    ///
    /// | header | holds |
    /// |---|---|
    /// | `dead-letter-pipeline` | the pipeline |
    /// | `dead-letter-step` | the step that refused it: `decode`, or the name of a sink |
    /// | `dead-letter-reason` | the reason |
    /// | `dead-letter-topic` | the topic of origin; for other sources the input, or the partition |
    /// | `dead-letter-partition` | the number of the partition in that topic; else the name of the partition of the source |
    /// | `dead-letter-offset` | the offset there |
    /// | `dead-letter-length` | the full length in bytes; larger than the value if that was cut |
    /// | `dead-letter-time` | when the log appended the record, in milliseconds since 1970, if it is known |
    ///
    /// The headers of the record follow, with `original-` before a name that one of ours has.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{Offset, Partition, checkpoint::DeadLetter};
    /// use fleet_sinks::StoredDeadLetter;
    /// let letter = DeadLetter::new(Offset(7), "decode", "no JSON").with_raw(b"{".to_vec());
    /// let partition = Partition::from("kafka:fleet.telemetry.raw/3");
    /// let stored = StoredDeadLetter { id: letter.id("demo", &partition), partition, letter };
    /// let message = stored.message("demo", "fleet.telemetry.dead");
    /// assert_eq!(message.value.as_deref(), Some(&b"{"[..]));
    /// let header = |name: &str| {
    ///     let found = message.headers.iter().find(|(own, _)| own == name);
    ///     found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    /// };
    /// assert_eq!(header("dead-letter-topic").as_deref(), Some("fleet.telemetry.raw"));
    /// assert_eq!(header("dead-letter-partition").as_deref(), Some("3"));
    /// assert_eq!(header("dead-letter-offset").as_deref(), Some("7"));
    /// ```
    pub fn message(&self, pipeline: &str, topic: &str) -> OutboxMessage {
        let letter = &self.letter;
        let (origin, number, offset) = self.origin();
        let mut headers = vec![
            ours("pipeline", pipeline),
            ours("step", &letter.step),
            ours("reason", &letter.reason),
            ours("topic", origin),
            ours("partition", number),
            ours("offset", &offset.to_string()),
            ours("length", &letter.length.to_string()),
        ];
        let time = letter.log_time.map(EventTime::as_micros);
        let millis = time.map(|micros| micros.div_euclid(1000).to_string());
        headers.extend(millis.map(|millis| ours("time", &millis)));
        headers.extend(originals(letter));
        OutboxMessage {
            id: self.id,
            topic: topic.to_owned(),
            key: letter.key.as_ref().map(|key| key.as_bytes().to_vec()),
            value: Some(letter.raw.clone()),
            // The client takes it as the time of sending.
            at: EventTime::MIN,
            headers,
        }
    }

    /// Topic, partition and offset of the record.
    fn origin(&self) -> (&str, &str, u64) {
        let partition = self.partition.as_str();
        let place = self.letter.place.as_ref();
        let input = place.map_or(partition, |place| &*place.input);
        let offset = place.map_or(self.letter.offset, |place| place.offset).0;
        let place = input.strip_prefix(KAFKA);
        match place.and_then(|place| place.rsplit_once('/')) {
            Some((topic, number)) => (topic, number, offset),
            None => (input, partition, offset),
        }
    }
}

fn ours(name: &str, value: &str) -> (String, Vec<u8>) {
    (format!("{OURS}{name}"), value.as_bytes().to_vec())
}

/// The headers of the record, none of which can be taken for ours: some readers ask for the first
/// header of a name, others for the last.
fn originals(letter: &DeadLetter) -> impl Iterator<Item = (String, Vec<u8>)> {
    letter.headers.iter().map(|(name, value)| {
        let taken = *name == CONTENT_ID || name.starts_with(OURS);
        let prefix = if taken { "original-" } else { "" };
        (format!("{prefix}{name}"), value.clone())
    })
}

#[cfg(test)]
mod tests {
    use fleet_core::{Offset, Partition, checkpoint::InputOffset};

    use super::*;

    fn stored(partition: &str, letter: DeadLetter) -> StoredDeadLetter {
        let partition = Partition::from(partition);
        let id = letter.id("demo", &partition);
        StoredDeadLetter {
            partition,
            id,
            letter,
        }
    }

    #[test]
    fn the_origin_is_that_of_the_input_if_there_are_several() {
        let letter = DeadLetter::new(Offset(9), "decode", "bad");
        assert_eq!(
            stored("kafka:a/b/12", letter.clone()).origin(),
            ("a/b", "12", 9)
        );
        assert_eq!(
            stored("files", letter.clone()).origin(),
            ("files", "files", 9)
        );
        let place = |input: &str| DeadLetter {
            place: Some(InputOffset {
                input: input.into(),
                offset: Offset(70),
            }),
            ..letter.clone()
        };
        assert_eq!(
            stored("merged/0", place("kafka:t/1")).origin(),
            ("t", "1", 70)
        );
        assert_eq!(
            stored("merged/0", place("north.csv")).origin(),
            ("north.csv", "merged/0", 70)
        );
    }

    #[test]
    fn headers_of_the_record_are_kept_and_not_taken_for_ours() {
        let headers = [
            ("traceparent", "t"),
            (CONTENT_ID, "old"),
            ("dead-letter-step", "s"),
        ];
        let letter = DeadLetter {
            headers: headers
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
            log_time: Some(EventTime::from_micros(5_999)),
            key: Some("car-1".into()),
            ..DeadLetter::new(Offset(1), "alerts", "NaN").with_raw(b"{}".to_vec())
        };
        let message = stored("p/0", letter).message("demo", "dead");
        let named = |name: &str| -> Vec<String> {
            let all = message.headers.iter().filter(|(own, _)| own == name);
            all.map(|(_, value)| String::from_utf8(value.clone()).unwrap())
                .collect()
        };
        assert_eq!(named("traceparent"), ["t"]);
        assert_eq!(named("original-content-id"), ["old"]);
        assert_eq!(named("original-dead-letter-step"), ["s"]);
        assert_eq!(named("dead-letter-step"), ["alerts"]);
        assert_eq!(named("dead-letter-time"), ["5"]);
        assert_eq!(named("dead-letter-length"), ["2"]);
        assert!(named(CONTENT_ID).is_empty());
        assert_eq!(message.key.as_deref(), Some(&b"car-1"[..]));
    }
}
