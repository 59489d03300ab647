//! Trips in a stream of telemetry.

mod options;
mod row;
mod state;

pub use options::TripOptions;
pub use row::Trip;
pub use state::TripState;

use fleet_core::{
    ContentId, EventTime, Operator, Row,
    event::Telemetry,
    odometry::{Fix, Segment},
    operator::{Cx, Keep},
    units::{Acceleration, Speed},
};

use crate::{SeedFleetflow, TripSums};
use state::{Part, Phase};

/// Finds the trips of a vehicle and scores them.
///
/// A trip starts with the first row that moves, once the vehicle has moved far or long enough; it ends with the
/// first row of a stop that is long enough, or with the last row before a silence. A vehicle moves at 1 km/h and
/// more; where a row has no speed, the distance since the last one tells; where that is missing too, it goes on
/// with what it did.
///
/// # Guarantees
/// A trip that is too short leaves no row, as in the system its limits come from. Distance is guarded as in
/// [`odometry`](fleet_core::odometry); a stretch of unknown length makes the trip's distance unknown.
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

/// Slower is standing. Our choice: what satellite receivers show of a parked car.
const MOVING_KMH: f64 = 1.0;

impl SegmentTrips {
    /// Finds trips with these limits and scores them with this profile.
    pub fn new(options: TripOptions, profile: SeedFleetflow) -> Self {
        Self { options, profile }
    }

    fn is_long_enough(&self, part: &Part) -> bool {
        let metres = part.sums.distance_um.unwrap_or(0) as f64 / 1e6;
        metres >= self.options.distance.as_m() || part.lasts() >= self.options.duration
    }

    /// What the vehicle does now.
    fn go_on(
        &self,
        phase: Phase,
        moves: bool,
        row: TripSums,
        segment: Option<&Segment>,
        now: EventTime,
    ) -> Phase {
        match (phase, moves) {
            (Phase::Parked, false) => Phase::Parked,
            (Phase::Parked, true) => Phase::Starting(Part::begin(now, row)),
            (Phase::Starting(mut part), moves) => {
                part.add(row, segment, now);
                match (self.is_long_enough(&part), moves) {
                    (false, true) => Phase::Starting(part),
                    (false, false) => Phase::Parked,
                    (true, true) => Phase::Driving(part),
                    (true, false) => Phase::Stopping(part, Part::pause(now)),
                }
            }
            (Phase::Driving(mut part), moves) => {
                part.add(row, segment, now);
                if moves {
                    Phase::Driving(part)
                } else {
                    Phase::Stopping(part, Part::pause(now))
                }
            }
            (Phase::Stopping(part, mut pause), false) => {
                pause.add(row, segment, now);
                Phase::Stopping(part, pause)
            }
            (Phase::Stopping(mut part, mut pause), true) => {
                pause.add(row, segment, now);
                part.join(&pause);
                Phase::Driving(part)
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
        let by_distance = segment
            .filter(|segment| segment.method.is_some())
            .and_then(|segment| {
                let seconds = segment.to.since(segment.from).as_secs_f64();
                (seconds > 0.0).then(|| Speed::from_mps(segment.distance().as_m() / seconds))
            });
        if let Some(speed) = event.speed().or(by_distance) {
            state.moves = speed.as_kmh().abs() >= MOVING_KMH;
        }
        let longitudinal = event.acceleration_longitudinal().map(Acceleration::as_g);
        let tally = self.profile.tally(longitudinal);
        let phase = std::mem::take(&mut state.phase);
        state.phase = self.go_on(phase, state.moves, tally, segment.as_ref(), now);
        cx.forget_timers();
        state.silent_from = Some(now.as_micros());
        cx.wake_at(now + self.options.gap);
        if let Phase::Stopping(_, pause) = &state.phase {
            cx.wake_at(pause.start() + self.options.stop);
        }
    }

    fn on_timer(&self, state: &mut TripState, at: EventTime, cx: &mut Cx<'_, Trip>) -> Keep {
        if let Phase::Driving(part) | Phase::Stopping(part, _) = std::mem::take(&mut state.phase) {
            let id = cx.content_id("trip", part.start().as_micros().cast_unsigned());
            self.emit(id, &part, cx);
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
    fn emit(&self, id: ContentId, part: &Part, cx: &mut Cx<'_, Trip>) {
        // Keys are vehicles: an event's key was checked when its id was made.
        let Ok(vehicle) = fleet_core::VehicleId::new(cx.key()) else {
            return;
        };
        let sums = part.sums();
        let verdict = self.profile.judge(&sums);
        cx.emit(Trip {
            id,
            vehicle,
            driver: None,
            start: part.start(),
            end: part.end(),
            sums,
            verdict,
        });
    }
}
