//! The contract of a job's work: a graph, and the tables of its streams.

use fleet_core::{
    Decode, Event, Graph, Pipeline, Result, pipeline::ExactlyOnce, source::Replayable,
};

use crate::sink::Destination;

/// A graph over events of one type, and the tables of its results.
pub(crate) trait Work: Sized {
    type Event: Event;
    type Streams;

    /// Builds the graph, and returns it with the streams to store.
    ///
    /// # Errors
    /// Refuses settings from which no graph can be built.
    fn graph(self) -> Result<(Graph<Self::Event>, Self::Streams)>;

    /// Binds each stream to its table.
    ///
    /// # Errors
    /// Refuses a table that exists with other columns.
    async fn store<Src, D, To>(
        streams: Self::Streams,
        pipeline: ExactlyOncePipeline<Src, D, To::Store>,
        to: &To,
    ) -> Result<ExactlyOncePipeline<Src, D, To::Store>>
    where
        Src: Replayable,
        D: Decode<Src::Payload, Event = Self::Event>,
        To: Destination;
}

/// A pipeline that stores each result exactly once.
pub(crate) type ExactlyOncePipeline<Src, D, S> = Pipeline<Src, D, S, ExactlyOnce>;
