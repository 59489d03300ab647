//! The job on trip requests: every trip is scored and stored.

use fleet_core::{Graph, dialect::TripRequest};
use fleet_scoring::{ScoreTrips, SeedFleetflow};

use crate::job::{results::Results, work::Work};

/// Scores trip requests with the profile of their own system.
#[derive(Default)]
pub(crate) struct TripWork(SeedFleetflow);

impl Work for TripWork {
    type Event = TripRequest;

    fn graph(self) -> (Graph<TripRequest>, Results) {
        let (mut graph, requests) = Graph::<TripRequest>::new();
        let results = Results {
            trips: Some(graph.apply("trips", requests, ScoreTrips::new(self.0))),
            ..Results::default()
        };
        (graph, results)
    }
}
