//! The operator that finds trips in telemetry and assesses each at its end.

use fleet_core::{
    EventTime, Operator, Row, State, VehicleId,
    event::Telemetry,
    odometry::{Fix, Meter},
    operator::{Cx, Keep},
};

use super::{Assess, AssessedTrip, TripRecorder, codec::METER_VERSION, recorder::Sums};
use crate::{TripOptions, motion::moves};

/// Finds the trips of a vehicle, and assesses each at its end with the evidence of all of it.
///
/// A trip starts when the engine starts, or at the first event in motion: at 1 km/h or more, by
/// distance where an event has no speed. It ends at the first event of a stop that lasts for
/// [`TripOptions::stop`], or at the last event before a silence of [`TripOptions::gap`]. One that
/// is shorter than both [`TripOptions::distance`] and, in motion, [`TripOptions::duration`] is not
/// emitted.
///
/// A trip without a score is emitted with the reason, and its events are listed either way.
///
/// # Guarantees
/// The assessment is what [`TripRecorder`] gives of the same events, bit for bit, in any batching
/// and over any restart.
///
/// # Cost
/// The state of a vehicle holds the signals of its trip: 8 bytes for each event and 4 for each
/// signal. It is saved with every commit while the trip lasts. Vehicles that send more than ten
/// events in a second belong behind [`Resample`](crate::signal::Resample), or send their trips
/// whole: see [`AssessRequests`](super::AssessRequests). A trip of 300,000 events is ended, and
/// another one starts: see [`with_most_events`](Self::with_most_events).
///
/// # Examples
/// ```
/// use fleet_core::{Graph, event::Telemetry};
/// use fleet_scoring::{TripOptions, VehicleClass, profile};
/// use fleet_scoring::assess::{Assess, AssessTrips, Finder};
/// let finder = Finder::production(VehicleClass::Passenger);
/// let assess = Assess::new(finder, profile::per_100km())?;
/// let (mut graph, telemetry) = Graph::<Telemetry>::new();
/// let trips = graph.apply("trips", telemetry, AssessTrips::new(TripOptions::default(), assess));
/// let events = graph.flat_map("events", trips, |trip| trip.events());
/// # let _ = events;
/// assert!(graph.mermaid().contains("trips"));
/// # Ok::<(), fleet_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct AssessTrips {
    options: TripOptions,
    assess: Assess,
    most_events: usize,
}

/// Events of a trip at most. Our choice: eight hours at ten in a second; with four signals they
/// take 7 MB.
const MOST_EVENTS: usize = 300_000;

impl AssessTrips {
    /// An operator that finds trips with these limits.
    pub fn new(options: TripOptions, assess: Assess) -> Self {
        Self {
            options,
            assess,
            most_events: MOST_EVENTS,
        }
    }

    /// Sets the number of events at which a trip is ended and another one started, so that the
    /// state of a vehicle is bounded. At least 2.
    #[must_use]
    pub fn with_most_events(mut self, events: usize) -> Self {
        self.most_events = events.max(2);
        self
    }

    /// Ends the trip of a vehicle, and emits it if it is long enough.
    fn close(&self, state: &mut AssessState, cx: &mut Cx<'_, AssessedTrip>) {
        let Some(Open { mut trip, stop }) = state.open.take() else {
            return;
        };
        if let Some(stop) = stop {
            trip.cut(stop);
        }
        let driven = trip.sums().at_least();
        let far = driven.distance() >= self.options.distance;
        if !far && driven.driving() < self.options.duration {
            return;
        }
        // The key is a vehicle id that was checked when the event was made.
        let Ok(vehicle) = VehicleId::new(cx.key()) else {
            return;
        };
        let start = trip.start();
        let name = AssessedTrip::name(&vehicle, start);
        cx.emit(AssessedTrip {
            id: cx.content_id("trip", start.as_micros().cast_unsigned()),
            vehicle,
            driver: None,
            start,
            end: trip.end(),
            samples: trip.len() as u64,
            assessment: trip.assess(&name, &self.assess),
        });
    }
}

/// The state of one vehicle.
#[derive(Clone, Debug, Default)]
pub struct AssessState {
    meter: Meter,
    moves: bool,
    /// Whether the engine runs, if the vehicle says so.
    engine: Option<bool>,
    newest: Option<EventTime>,
    open: Option<Open>,
}

/// A trip that has not ended.
#[derive(Clone, Debug, Default)]
struct Open {
    trip: TripRecorder,
    /// The sums at the first event of the stop that the vehicle is in.
    stop: Option<Sums>,
}

impl Open {
    fn add(&mut self, options: &TripOptions, event: &Telemetry, moves: bool) {
        self.trip.push_measured(&options.meter, event);
        if moves {
            self.stop = None;
        } else {
            self.stop.get_or_insert(self.trip.sums());
        }
    }
}

impl Operator for AssessTrips {
    type In = Telemetry;
    type Out = AssessedTrip;
    type State = AssessState;

    fn init(&self) -> AssessState {
        AssessState::default()
    }

    fn on_row(&self, state: &mut AssessState, row: &Row<Telemetry>, cx: &mut Cx<'_, AssessedTrip>) {
        let (event, now) = (&row.value, cx.now());
        let segment = state.meter.observe(&self.options.meter, &Fix::from(event));
        state.moves = moves(event, segment.as_ref(), state.moves);
        let runs = event.engine_speed().map(|speed| speed.as_rpm() > 0.0);
        let starts = runs == Some(true) && state.engine != Some(true);
        state.engine = runs.or(state.engine);
        if state.open.is_none() && (state.moves || starts) {
            state.open = Some(Open::default());
        }
        if let Some(open) = &mut state.open {
            open.add(&self.options, event, state.moves);
            if open.trip.len() >= self.most_events {
                self.close(state, cx);
                if state.moves {
                    let mut next = Open::default();
                    next.add(&self.options, event, true);
                    state.open = Some(next);
                }
            }
        }
        state.newest = Some(now);
        cx.forget_timers();
        cx.wake_at(now + self.options.gap);
        if let Some(stop) = state.open.as_ref().and_then(|open| open.stop) {
            cx.wake_at(stop.last + self.options.stop);
        }
    }

    fn on_timer(
        &self,
        state: &mut AssessState,
        at: EventTime,
        cx: &mut Cx<'_, AssessedTrip>,
    ) -> Keep {
        self.close(state, cx);
        let silent = state
            .newest
            .is_none_or(|newest| at >= newest + self.options.gap);
        if silent { Keep::Nothing } else { Keep::State }
    }
}

/// The engine is known, and runs.
const ENGINE_KNOWN: u8 = 1;
const ENGINE_RUNS: u8 = 2;
const MOVES: u8 = 4;
const NEWEST: u8 = 8;
const OPEN: u8 = 16;
const STOP: u8 = 32;

/// # Layout
/// `flags u8 · meter`, then by the flags `newest i64 · trip · sums at the stop`
impl State for AssessState {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let stop = self.open.as_ref().and_then(|open| open.stop);
        let flags = flag(self.engine.is_some(), ENGINE_KNOWN)
            | flag(self.engine == Some(true), ENGINE_RUNS)
            | flag(self.moves, MOVES)
            | flag(self.newest.is_some(), NEWEST)
            | flag(self.open.is_some(), OPEN)
            | flag(stop.is_some(), STOP);
        flags.encode(to);
        self.meter.encode(to);
        if let Some(newest) = self.newest {
            newest.encode(to);
        }
        if let Some(open) = &self.open {
            open.trip.encode(to);
        }
        if let Some(stop) = stop {
            stop.encode(to);
        }
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        if version != Self::VERSION {
            return None;
        }
        let flags = u8::decode(0, from)?;
        let has = |flag: u8| flags & flag != 0;
        let mut state = Self {
            meter: Meter::decode(METER_VERSION, from)?,
            moves: has(MOVES),
            engine: has(ENGINE_KNOWN).then_some(has(ENGINE_RUNS)),
            ..Self::default()
        };
        if has(NEWEST) {
            state.newest = Some(EventTime::decode(0, from)?);
        }
        if has(OPEN) {
            let trip = TripRecorder::decode(version, from)?;
            let stop = if has(STOP) {
                Some(Sums::decode(version, from)?)
            } else {
                None
            };
            state.open = Some(Open { trip, stop });
        }
        Some(state)
    }
}
