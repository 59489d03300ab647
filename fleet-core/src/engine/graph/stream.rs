//! A handle to the rows that a node produces.

use std::{fmt, marker::PhantomData};

/// A handle to a stream of rows in one graph. Handles are cheap to copy.
pub struct Stream<T> {
    pub(crate) slot: usize,
    /// The id of its graph, so that handles of other graphs are rejected.
    pub(crate) graph: u64,
    of: PhantomData<fn() -> T>,
}

/// The slot of the events of a graph.
const EVENTS: usize = 0;

/// The slot of the late events of a graph. It is none of the numbers of other streams, so that a
/// graph keeps its structure if its late events are bound to a sink.
const LATE: usize = usize::MAX;

impl<T> Stream<T> {
    /// The handle of a slot in the graph with this id.
    pub(super) fn new(slot: usize, graph: u64) -> Self {
        let of = PhantomData;
        Self { slot, graph, of }
    }

    /// The handle of the input events of the graph with this id.
    pub(super) fn of_events(graph: u64) -> Self {
        Self::new(EVENTS, graph)
    }

    /// The handle of the late events of the graph with this id.
    pub(super) fn of_late(graph: u64) -> Self {
        Self::new(LATE, graph)
    }

    /// Whether its rows are the input events.
    pub(super) fn is_of_events(self) -> bool {
        self.slot == EVENTS
    }
}

/// Whether a slot is that of the late events of a graph.
pub(crate) fn is_of_late(slot: usize) -> bool {
    slot == LATE
}

impl<T> Clone for Stream<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Stream<T> {}

impl<T> fmt::Debug for Stream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({})", self.slot)
    }
}
