//! The contract of a job's work: a graph, and the tables of its streams.

use fleet_core::{
    BoxStore, Decode, Event, Graph, Pipeline, Result, Stream, TableRow,
    event::Alert,
    pipeline::ExactlyOnce,
    source::{Chunk, Replayable},
};

use crate::{job::speed_window::SpeedWindow, sink::Destination};

/// A source whose type is forgotten, so that no pipeline is compiled for it alone.
pub(crate) type BoxSource = Box<dyn Replayable<Payload = Chunk>>;

/// A decoder of events of type `E`.
pub(crate) type BoxDecode<E> = Box<dyn Decode<Chunk, Event = E>>;

/// A pipeline that stores each result exactly once.
pub(crate) type JobPipeline<E> = Pipeline<BoxSource, BoxDecode<E>, BoxStore, ExactlyOnce>;

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
    async fn store(
        streams: Self::Streams,
        pipeline: JobPipeline<Self::Event>,
        to: &Destination,
    ) -> Result<JobPipeline<Self::Event>>;
}

/// Binds a stream to the table of this name. Where nothing is stored no rows are made; without a
/// stream the table stays empty, so that every database has the same tables.
pub(super) async fn store<E: Event, R: TableRow + Clone + Send + Sync + 'static>(
    pipeline: JobPipeline<E>,
    name: &str,
    stream: impl Into<Option<Stream<R>>>,
    to: &Destination,
) -> Result<JobPipeline<E>> {
    Ok(match (to.table::<R>(name).await?, stream.into()) {
        (Some(table), Some(stream)) => pipeline.store(name, stream, table),
        _ => pipeline,
    })
}

/// Counts alerts by kind, and windows by whether they are revised.
pub(super) fn tally<E: Event>(
    pipeline: JobPipeline<E>,
    alerts: Stream<Alert>,
    windows: Stream<SpeedWindow>,
) -> JobPipeline<E> {
    pipeline
        .tally("alerts", alerts, |alert| alert.kind.as_word())
        .tally("windows", windows, |window| window.tally())
}
