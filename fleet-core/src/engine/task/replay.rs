//! The replay after a restart, which recomputes the records from the last snapshot to the position.

use crate::{
    data::Offset,
    planted::{Bug, planted},
    rows::Events,
};

/// The records to recompute for their state. Their results are committed already.
#[derive(Debug)]
pub(super) struct Replay {
    pub(super) upto: Offset,
    /// The records that became dead letters, sorted.
    pub(super) dead: Vec<Offset>,
}

impl Replay {
    /// Returns the offset of the first new record.
    pub(super) fn upto(&self) -> Offset {
        self.upto
    }

    /// Returns whether the replay skips the record, because it is a dead letter.
    pub(super) fn leaves_out(&self, record: Offset) -> bool {
        record < self.upto && self.dead.binary_search(&record).is_ok()
    }

    /// Splits off the events to recompute, without the dead letters.
    pub(super) fn take<E>(&self, events: &mut Events<E>) -> Events<E> {
        let whole = planted(Bug::ReplayTakesWholeBatches);
        let upto = if whole { Offset(u64::MAX) } else { self.upto };
        let mut again = events.take_before(upto);
        if !self.dead.is_empty() {
            again.retain(|at| self.dead.binary_search(&at).is_err());
        }
        again
    }
}
