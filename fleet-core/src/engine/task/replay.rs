//! Records that are computed again after a restart, from the last snapshot to the position.

use crate::{
    data::Offset,
    planted::{Bug, planted},
    rows::Events,
};

/// Records that are computed again for their state: their results are committed.
#[derive(Debug)]
pub(super) struct Replay {
    pub(super) from: Offset,
    pub(super) upto: Offset,
    /// The records that became dead letters, sorted.
    pub(super) dead: Vec<Offset>,
}

impl Replay {
    /// Where to read from.
    pub(super) fn from(&self) -> Offset {
        self.from
    }

    /// The first record that is new.
    pub(super) fn upto(&self) -> Offset {
        self.upto
    }

    /// Whether the record is a dead letter, which the replay leaves out.
    pub(super) fn leaves_out(&self, record: Offset) -> bool {
        record < self.upto && self.dead.binary_search(&record).is_ok()
    }

    /// Splits off the events that are computed again, without the dead letters.
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
