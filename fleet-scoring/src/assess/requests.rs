//! The operator that assesses trips that come whole.

use std::time::Duration;

use fleet_core::{Event, EventTime, Operator, Row, dialect::TripRequest, operator::Cx};

use super::{Assess, AssessedTrip, Driven, TripSignals};

/// Assesses complete trips, one for each request.
///
/// # Guarantees
/// Stateless: results depend on the content of the request alone. A trip ends at the time of its
/// request. Without sample times or a sample rate it starts when it ends, and its samples can only
/// be counted.
///
/// # Examples
/// ```
/// use fleet_core::{Graph, dialect::TripRequest};
/// use fleet_scoring::{VehicleClass, profile};
/// use fleet_scoring::assess::{Assess, AssessRequests, Finder};
/// let finder = Finder::production(VehicleClass::Van);
/// let assess = Assess::new(finder, profile::per_100km())?;
/// let (mut graph, requests) = Graph::<TripRequest>::new();
/// let trips = graph.apply("trips", requests, AssessRequests::new(assess));
/// // Rows of a log by driver, which a second pipeline reads into rolling scores.
/// let by_driver = graph.flat_map("by driver", trips, |trip| {
///     trip.driver.clone().map(|driver| trip.scored(driver))
/// });
/// # let _ = by_driver;
/// # Ok::<(), fleet_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct AssessRequests {
    assess: Assess,
}

impl AssessRequests {
    /// An operator that assesses trips so.
    pub fn new(assess: Assess) -> Self {
        Self { assess }
    }
}

impl Operator for AssessRequests {
    type In = TripRequest;
    type Out = AssessedTrip;
    type State = ();

    fn init(&self) {}

    fn on_row(&self, (): &mut (), row: &Row<TripRequest>, cx: &mut Cx<'_, AssessedTrip>) {
        let request = &row.value;
        let trip = &request.trip;
        let signals = TripSignals::of_samples(trip);
        let start = start(cx.now(), &signals);
        let id = cx.content_id("trip", request.identity());
        let name = id.to_string();
        cx.emit(AssessedTrip {
            id,
            vehicle: trip.vehicle.clone(),
            driver: Some(trip.driver.clone()),
            start,
            end: cx.now(),
            samples: signals.len() as u64,
            assessment: self.assess.trip(&Driven::new(&name, start, &signals)),
        });
    }
}

/// When a trip started that ended at this time.
fn start(end: EventTime, signals: &TripSignals) -> EventTime {
    let length = signals.duration_s().unwrap_or_default();
    end - Duration::try_from_secs_f64(length).unwrap_or_default()
}
