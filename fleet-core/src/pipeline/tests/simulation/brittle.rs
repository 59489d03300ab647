//! A decoder that panics over some records, if panics are isolated.

use super::audit::Audit;
use crate::{
    contracts::{
        Decode,
        decode::{Entry, RetryCopy, Typed},
    },
    pipeline::tests::model::{Reading, Records},
    testing::Logged,
};

/// The prefix of the reason of a dead letter after a panic.
const PANICKED: &str = "it panicked: ";

/// Returns the reason for a malformed record. Every fourth makes the decoder panic, and the dead
/// letter must have the same reason.
pub(super) fn cut_short(id: u16) -> String {
    let panicked = if id.is_multiple_of(4) { PANICKED } else { "" };
    format!("{panicked}record {id} is cut short")
}

/// Refuses malformed records, or panics over them. Both must lead to the same dead letters.
pub(super) struct Brittle {
    inner: Typed<Reading>,
    /// Counts the panics; `None` if it must not panic.
    panics: Option<Audit>,
}

impl Brittle {
    pub(super) fn new(panics: Option<Audit>) -> Self {
        let inner = Typed::default();
        Self { inner, panics }
    }
}

impl Decode<Records> for Brittle {
    type Event = Reading;

    fn decode(&self, records: Records, entry: &mut Entry<'_, Reading>) {
        let Some(audit) = &self.panics else {
            return self.inner.decode(records, entry);
        };
        for (at, record) in records {
            if let Logged::Malformed { reason, .. } = &record
                && let Some(reason) = reason.strip_prefix(PANICKED)
            {
                audit.see("a panic");
                // Bypasses the panic hook, which would print thousands of messages.
                std::panic::resume_unwind(Box::new(reason.to_owned()));
            }
            self.inner.decode(vec![(at, record)], entry);
        }
    }

    fn copy_for_retry(&self, records: &Records) -> Option<RetryCopy<Records>> {
        self.inner.copy_for_retry(records)
    }

    fn divide(&self, records: Records, parts: usize) -> Vec<Records> {
        self.inner.divide(records, parts)
    }
}
