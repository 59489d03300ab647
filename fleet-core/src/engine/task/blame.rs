//! The rows, nodes and results that a pass leaves out because they panicked.

use crate::{
    data::{EventTime, Offset},
    rows::Slab,
};

/// What a pass leaves out because an earlier attempt panicked.
#[derive(Debug, Default)]
pub(super) struct Blame {
    /// The rows of events to leave out.
    rows: Vec<(Offset, EventTime)>,
    /// The nodes to skip, by index: their panic was caused by a timer, or by a row that a timer
    /// emitted, so leaving out an event of this pass would not help.
    nodes: Vec<usize>,
    /// Whether to drop all results.
    results: bool,
    /// The rows of events that the last attempt admitted.
    seen: Vec<(Offset, EventTime)>,
}

impl Blame {
    /// Removes the rows to blame from the events of a pass.
    pub(super) fn leave_out<E>(&mut self, events: &mut Slab<E>) {
        events.leave_out(|row| self.rows.contains(&(row.offset, row.at)));
        let seen = events.released().iter().map(|row| (row.offset, row.at));
        self.seen.extend(seen);
    }

    /// Returns the nodes to skip.
    pub(super) fn nodes(&self) -> &[usize] {
        &self.nodes
    }

    /// Returns whether to emit results.
    pub(super) fn emits(&self) -> bool {
        !self.results
    }

    /// Begins another attempt.
    pub(super) fn begin_attempt(&mut self) {
        self.seen.clear();
    }

    /// Returns whether the last attempt admitted this row.
    pub(super) fn has_seen(&self, offset: Offset, at: EventTime) -> bool {
        self.seen.contains(&(offset, at))
    }

    pub(super) fn add_row(&mut self, offset: Offset, at: EventTime) {
        self.rows.push((offset, at));
    }

    pub(super) fn add_node(&mut self, place: usize) {
        self.nodes.push(place);
    }

    pub(super) fn add_results(&mut self) {
        self.results = true;
    }
}
