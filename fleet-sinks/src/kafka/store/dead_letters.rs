//! Dead letters as records of their topic.

use std::sync::Arc;

use fleet_core::{EventTime, checkpoint::Sealed};

use super::{changelog::Names, tx::Record};
use crate::stored_dead_letter::StoredDeadLetter;

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
