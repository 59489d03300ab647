//! The operator that scores complete trips.

use fleet_core::{Event, Operator, Row, dialect::TripRequest, operator::Cx};

use crate::{SeedFleetflow, Trip};

/// Scores complete trips, one per request.
///
/// # Guarantees
/// Stateless: score and id depend on the content of the request alone. A trip ends at the time of
/// its request. Without sample times or a sample rate its duration is unknown, and it starts when
/// it ends.
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
    /// An operator that scores with this profile.
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
        let scored = self.profile.score_samples(&request.trip);
        let length = scored.sums.duration().unwrap_or_default();
        cx.emit(Trip {
            id: cx.content_id("trip", request.identity()),
            vehicle: request.trip.vehicle.clone(),
            driver: scored.driver_id,
            start: cx.now() - length,
            end: cx.now(),
            sums: scored.sums,
            score: scored.score,
        });
    }
}
