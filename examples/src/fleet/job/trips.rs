//! The job on trip requests: every trip is scored and stored.

use fleet_core::{Decode, Graph, Result, Stream, dialect::TripRequest, source::Replayable};
use fleet_scoring::{ScoreTrips, SeedFleetflow, Trip};

use crate::{
    job::work::{ExactlyOncePipeline, Work},
    sink::Destination,
};

/// Scores trip requests with the profile of their own system.
#[derive(Default)]
pub(crate) struct TripWork(SeedFleetflow);

impl Work for TripWork {
    type Event = TripRequest;
    type Streams = Stream<Trip>;

    fn graph(self) -> Result<(Graph<TripRequest>, Stream<Trip>)> {
        let (mut graph, requests) = Graph::<TripRequest>::new();
        let trips = graph.apply("trips", requests, ScoreTrips::new(self.0));
        Ok((graph, trips))
    }

    async fn store<Src, D, To>(
        trips: Stream<Trip>,
        pipeline: ExactlyOncePipeline<Src, D, To::Store>,
        to: &To,
    ) -> Result<ExactlyOncePipeline<Src, D, To::Store>>
    where
        Src: Replayable,
        D: Decode<Src::Payload, Event = TripRequest>,
        To: Destination,
    {
        Ok(pipeline.store("trips", trips, to.table("trips").await?))
    }
}
