//! The contract of a job's work: a graph over events of one type.

use fleet_core::{
    BoxStore, Decode, Event, Graph, Pipeline,
    pipeline::ExactlyOnce,
    source::{Chunk, Replayable},
};

use crate::job::results::Results;

/// A source whose type is forgotten, so that no pipeline is compiled for it alone.
pub(crate) type BoxSource<P = Chunk> = Box<dyn Replayable<Payload = P>>;

/// A decoder of events of type `E`.
pub(crate) type BoxDecode<E, P = Chunk> = Box<dyn Decode<P, Event = E>>;

/// A pipeline that stores each result exactly once, unless `G` says at least once.
pub(crate) type JobPipeline<E, P, G = ExactlyOnce> =
    Pipeline<BoxSource<P>, BoxDecode<E, P>, BoxStore, G>;

/// A graph over events of one type, and its results.
pub(crate) trait Work: Sized {
    type Event: Event;

    /// Builds the graph.
    fn graph(self) -> (Graph<Self::Event>, Results);
}
