//! The job on trip requests: every trip is scored and stored.

use fleet_core::{Graph, Result, Stream, dialect::TripRequest};
use fleet_scoring::{ScoreTrips, SeedFleetflow, Trip};

use crate::{
    job::work::{self, JobPipeline, Work},
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

    async fn store(
        trips: Stream<Trip>,
        pipeline: JobPipeline<TripRequest>,
        to: &Destination,
    ) -> Result<JobPipeline<TripRequest>> {
        work::store(pipeline, "trips", trips, to).await
    }
}
