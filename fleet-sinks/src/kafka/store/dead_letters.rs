//! Dead letters as records of their topic.

use std::sync::Arc;

use fleet_core::{
    EventTime,
    checkpoint::{MAX_RAW_BYTES, Sealed},
};

use super::{changelog::Names, tx::Record};
use crate::{
    outbox::{DEAD_LETTER_HEADERS as OURS, OutboxMessage},
    stored_dead_letter::StoredDeadLetter,
};

/// The most that key and headers may take, each, in bytes. Our choice: as much as the value may.
const MOST: usize = MAX_RAW_BYTES;

/// Adds the dead letters of a commit.
pub(super) fn add(pipeline: &str, names: &Names, sealed: &Sealed, to: &mut Vec<Record>) {
    for letter in &sealed.dead {
        let partition = sealed.partition.clone();
        let stored = StoredDeadLetter {
            id: letter.id(pipeline, &partition),
            partition,
            letter: letter.clone(),
        };
        let message = stored.message(pipeline, &names.dead_letters);
        let message = bounded(message);
        to.push(Record {
            topic: Arc::clone(&names.dead_letters),
            partition: None,
            key: message.key,
            value: message.value,
            // The time at which it is produced.
            at: Some(message.at).filter(|at| *at != EventTime::MIN),
            id: Some(message.id),
            headers: message.headers,
        });
    }
}

/// A message whose key and headers leave room for the record in a topic: the headers of ours stay,
/// and those of the record are left out if they are too large.
fn bounded(mut message: OutboxMessage) -> OutboxMessage {
    let size = |headers: &[(String, Vec<u8>)]| -> usize {
        headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum()
    };
    if size(&message.headers) > MOST {
        message.headers.retain(|(name, _)| name.starts_with(OURS));
        for (_, value) in &mut message.headers {
            value.truncate(MOST / 16);
        }
        let cut = (format!("{OURS}headers"), b"left out: too large".to_vec());
        message.headers.push(cut);
    }
    if let Some(key) = &mut message.key {
        key.truncate(MOST);
    }
    message
}

#[cfg(test)]
mod tests {
    use fleet_core::{Offset, Partition, checkpoint::DeadLetter};

    use super::*;

    #[test]
    fn a_dead_letter_fits_into_a_topic_whatever_its_record_has() {
        let large = vec![b'x'; 900_000];
        let letter = DeadLetter {
            key: Some(String::from_utf8(large.clone()).unwrap().into()),
            headers: vec![("x".into(), large)],
            ..DeadLetter::new(Offset(7), "decode", "y".repeat(900_000)).with_raw(vec![0; 900_000])
        };
        let partition = Partition::from("kafka:t/0");
        let id = letter.id("demo", &partition);
        let stored = StoredDeadLetter {
            partition,
            id,
            letter,
        };
        let message = bounded(stored.message("demo", "dead"));
        let headers = message.headers.iter();
        let headers: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
        let key = message.key.map_or(0, |key| key.len());
        assert!(headers + key + message.value.unwrap().len() < 500_000);
        let names: Vec<_> = message.headers.iter().map(|(name, _)| &**name).collect();
        assert!(names.contains(&"dead-letter-offset") && names.contains(&"dead-letter-headers"));
    }
}
