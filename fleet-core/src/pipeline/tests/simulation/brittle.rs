//! A decoder that panics where panics are isolated.

use super::audit::Audit;
use crate::{
    contracts::{
        Decode,
        decode::{Entry, RetryCopy, Typed},
    },
    pipeline::tests::model::{Reading, Records},
    testing::Logged,
};

/// What the reason of a dead letter begins with after a panic.
const PANICKED: &str = "it panicked: ";

/// The reason for a record that cannot be read: every fourth makes a decoder panic, which says the same.
pub(super) fn cut_short(id: u16) -> String {
    let panicked = if id.is_multiple_of(4) { PANICKED } else { "" };
    format!("{panicked}record {id} is cut short")
}

/// Refuses what it cannot read, or panics over it, which must come to the same.
pub(super) struct Brittle {
    inner: Typed<Reading>,
    /// Who hears of panics; `None` where there are none.
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
                // No hook prints it: it is one of thousands.
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
