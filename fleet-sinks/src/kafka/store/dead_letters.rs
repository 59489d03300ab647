//! Dead letters as records of their topic.

use fleet_core::{EventTime, checkpoint::Sealed};
use rdkafka::message::OwnedHeaders;

use super::{changelog::Names, tx::Record};
use crate::{
    kafka::producer::with_header, outbox::CONTENT_ID, stored_dead_letter::StoredDeadLetter,
};

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
        let id = message.id.to_string();
        let first = with_header(OwnedHeaders::new(), CONTENT_ID, id.as_bytes());
        let others = message.headers.iter();
        let headers = others.fold(first, |all, (name, value)| with_header(all, name, value));
        to.push(Record {
            topic: names.dead_letters.clone(),
            partition: None,
            key: message.key,
            value: message.value,
            // The time at which it is produced.
            at: Some(message.at).filter(|at| *at != EventTime::MIN),
            headers: Some(headers),
        });
    }
}
