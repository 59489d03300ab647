//! The operator that finds trips in telemetry and scores them.

mod options;
mod row;
mod state;
mod stored;

pub use options::TripOptions;
pub use row::Trip;
pub use state::TripState;
pub use stored::{DriverScore, TripLog};

use fleet_core::{
    ContentId, EventTime, Operator, Row,
    event::Telemetry,
    odometry::{Fix, Segment},
    operator::{Cx, Keep},
    units::Acceleration,
};

use crate::{SeedFleetflow, TripSums, motion::moves};
use state::{Interval, Phase};

/// Finds the trips of a vehicle and scores them.
///
/// A trip starts at the first event in motion, once the vehicle has moved far enough or long
/// enough. It ends at the first event of a stop that is long enough, or at the last event before a
/// long silence. A vehicle is in motion at 1 km/h or more. Where an event has no speed, the speed
/// is computed from the distance since the last event; without a distance either, the vehicle's
/// motion is unchanged.
///
/// # Guarantees
/// A trip that is too short is not emitted, as in the system that the limits come from. Distance is
/// measured as described in [`odometry`](fleet_core::odometry); a segment of unknown distance makes
/// the distance of the trip unknown.
///
/// # Examples
/// ```
/// use fleet_core::{Graph, event::Telemetry};
/// use fleet_scoring::{SeedFleetflow, SegmentTrips, TripOptions};
/// let (mut graph, telemetry) = Graph::<Telemetry>::new();
/// let trips = SegmentTrips::new(TripOptions::default(), SeedFleetflow::default());
/// let trips = graph.apply("trips", telemetry, trips);
/// # let _ = trips;
/// assert!(graph.mermaid().contains("trips"));
/// ```
#[derive(Clone, Debug)]
pub struct SegmentTrips {
    options: TripOptions,
    profile: SeedFleetflow,
}

impl SegmentTrips {
    /// An operator that finds trips with these limits and scores them with this profile.
    pub fn new(options: TripOptions, profile: SeedFleetflow) -> Self {
        Self { options, profile }
    }

    fn is_long_enough(&self, trip: &Interval) -> bool {
        let metres = trip.sums.distance_um.unwrap_or(0) as f64 / 1e6;
        metres >= self.options.distance.as_m() || trip.duration() >= self.options.duration
    }

    /// The phase after the next event.
    fn next_phase(
        &self,
        phase: Phase,
        moves: bool,
        row: TripSums,
        segment: Option<&Segment>,
        now: EventTime,
    ) -> Phase {
        match (phase, moves) {
            (Phase::Parked, false) => Phase::Parked,
            (Phase::Parked, true) => Phase::Starting(Interval::begin(now, row)),
            (Phase::Starting(mut trip), moves) => {
                trip.add(row, segment, now);
                match (self.is_long_enough(&trip), moves) {
                    (false, true) => Phase::Starting(trip),
                    (false, false) => Phase::Parked,
                    (true, true) => Phase::Driving(trip),
                    (true, false) => Phase::Stopping(trip, Interval::after(now)),
                }
            }
            (Phase::Driving(mut trip), moves) => {
                trip.add(row, segment, now);
                if moves {
                    Phase::Driving(trip)
                } else {
                    Phase::Stopping(trip, Interval::after(now))
                }
            }
            (Phase::Stopping(trip, mut stop), false) => {
                stop.add(row, segment, now);
                Phase::Stopping(trip, stop)
            }
            (Phase::Stopping(mut trip, mut stop), true) => {
                stop.add(row, segment, now);
                trip.join(&stop);
                Phase::Driving(trip)
            }
        }
    }
}

impl Operator for SegmentTrips {
    type In = Telemetry;
    type Out = Trip;
    type State = TripState;

    fn init(&self) -> TripState {
        TripState::default()
    }

    fn on_row(&self, state: &mut TripState, row: &Row<Telemetry>, cx: &mut Cx<'_, Trip>) {
        let (event, now) = (&row.value, cx.now());
        let segment = state.meter.observe(&self.options.meter, &Fix::from(event));
        state.moves = moves(event, segment.as_ref(), state.moves);
        let longitudinal = event.acceleration_longitudinal().map(Acceleration::as_g);
        let sums = self.profile.sums_of_sample(longitudinal);
        let phase = std::mem::take(&mut state.phase);
        state.phase = self.next_phase(phase, state.moves, sums, segment.as_ref(), now);
        cx.forget_timers();
        state.silent_from = Some(now.as_micros());
        cx.wake_at(now + self.options.gap);
        if let Phase::Stopping(_, stop) = &state.phase {
            cx.wake_at(stop.start() + self.options.stop);
        }
    }

    fn on_timer(&self, state: &mut TripState, at: EventTime, cx: &mut Cx<'_, Trip>) -> Keep {
        if let Phase::Driving(trip) | Phase::Stopping(trip, _) = std::mem::take(&mut state.phase) {
            let id = cx.content_id("trip", trip.start().as_micros().cast_unsigned());
            self.emit(id, &trip, cx);
        }
        let silence = state
            .silent_from
            .map(|from| EventTime::from_micros(from) + self.options.gap);
        if silence.is_none_or(|silence| at >= silence) {
            Keep::Nothing
        } else {
            Keep::State
        }
    }
}

impl SegmentTrips {
    fn emit(&self, id: ContentId, trip: &Interval, cx: &mut Cx<'_, Trip>) {
        // The key is a vehicle id that was checked when the event was made.
        let Ok(vehicle) = fleet_core::VehicleId::new(cx.key()) else {
            return;
        };
        let sums = trip.sums();
        let score = self.profile.score_sums(&sums);
        cx.emit(Trip {
            id,
            vehicle,
            driver: None,
            start: trip.start(),
            end: trip.end(),
            sums,
            score,
        });
    }
}
