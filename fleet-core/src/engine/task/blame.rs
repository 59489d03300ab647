//! What is left out of a pass because it panicked.

use crate::{
    data::{EventTime, Offset},
    rows::Slab,
};

/// What a pass leaves out, because an earlier try panicked over it.
#[derive(Debug, Default)]
pub(super) struct Blame {
    /// Rows of events.
    rows: Vec<(Offset, EventTime)>,
    /// Nodes, by place: a timer panicked, or a row that a timer made, and leaving out an event of
    /// this pass would not help.
    nodes: Vec<usize>,
    /// All results.
    results: bool,
    /// The rows of events that the last try let in.
    seen: Vec<(Offset, EventTime)>,
}

impl Blame {
    /// Takes the rows that are to blame out of the events of a pass.
    pub(super) fn leave_out<E>(&mut self, events: &mut Slab<E>) {
        events.leave_out(|row| self.rows.contains(&(row.offset, row.at)));
        let seen = events.released().iter().map(|row| (row.offset, row.at));
        self.seen.extend(seen);
    }

    /// The nodes that are skipped.
    pub(super) fn nodes(&self) -> &[usize] {
        &self.nodes
    }

    /// Whether results are emitted.
    pub(super) fn emits(&self) -> bool {
        !self.results
    }

    /// Begins another try.
    pub(super) fn begin_try(&mut self) {
        self.seen.clear();
    }

    /// Whether the last try let this row in.
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
