use fleet_core::{Event, Operator, Row, dialect::TripRequest, operator::Cx};

use crate::{SeedFleetflow, Trip};

/// Scores trips that come whole, one request each.
///
/// # Guarantees
/// Looks at one request at a time: the score depends on its samples alone, and its id on what it holds. Without times
/// or a rate the trip has no known length, and starts when it ends.
///
/// # Examples
/// ```
/// use fleet_core::{Graph, dialect::TripRequest};
/// use fleet_scoring::{ScoreTrips, SeedFleetflow};
/// let (mut graph, requests) = Graph::<TripRequest>::new();
/// let trips = graph.apply("trips", requests, ScoreTrips::new(SeedFleetflow::default()));
/// # let _ = trips;
/// assert!(graph.mermaid().contains("trips"));
/// ```
#[derive(Clone, Debug)]
pub struct ScoreTrips {
    profile: SeedFleetflow,
}

impl ScoreTrips {
    /// Scores with this profile.
    pub fn new(profile: SeedFleetflow) -> Self {
        Self { profile }
    }
}

impl Operator for ScoreTrips {
    type In = TripRequest;
    type Out = Trip;
    type State = ();

    fn init(&self) {}

    fn on_row(&self, (): &mut (), row: &Row<TripRequest>, cx: &mut Cx<'_, Trip>) {
        let request = &row.value;
        let score = self.profile.score_samples(&request.trip);
        let length = score.sums.duration().unwrap_or_default();
        cx.emit(Trip {
            id: cx.content_id("trip", request.identity()),
            vehicle: request.trip.vehicle.clone(),
            driver: score.driver_id,
            start: cx.now() - length,
            end: cx.now(),
            sums: score.sums,
            verdict: score.verdict,
        });
    }
}
