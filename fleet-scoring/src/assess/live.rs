//! The operator that reports harsh manoeuvres at once.

use std::time::Duration;

use fleet_core::{
    ContentId, EventTime, Operator, Row, State, VehicleId,
    event::{AlertKind, Severity, Telemetry},
    operator::{Cx, Keep},
    table::{Column, Fields, TableRow, Value},
};

use super::{TripSignals, found::after};
use crate::{
    VehicleClass,
    detect::{Detector, Kind, Manoeuvre},
};

/// Reports harsh manoeuvres of a vehicle at once, with what the last minute tells.
///
/// A trip's events are those of [`AssessTrips`](super::AssessTrips), which knows the whole trip.
/// This operator is for a driver who is to hear of a harsh brake while the car still rolls: it
/// looks at the last minute twice in a second of event time, and reports each manoeuvre as soon as
/// it is found, once. What follows may show that the driver did nothing of the kind.
///
/// # Guarantees
/// The confidence is 0.7 times that of the detector for the same minute, so lower than that of the
/// same manoeuvre on a finished trip of known axes. Manoeuvres of a kind less than 1 s apart are
/// one. Firm manoeuvres are never reported.
///
/// # Cost
/// Holds the signals of a minute for each vehicle, at most 12,000 events: with more than 200 in a
/// second the window is shorter.
///
/// # Examples
/// ```
/// use fleet_core::{Graph, event::Telemetry};
/// use fleet_scoring::{VehicleClass, assess::DetectLive};
/// let (mut graph, telemetry) = Graph::<Telemetry>::new();
/// let live = graph.apply("live", telemetry, DetectLive::new(VehicleClass::Passenger));
/// # let _ = live;
/// assert!(graph.mermaid().contains("live"));
/// ```
#[derive(Clone, Debug)]
pub struct DetectLive {
    class: VehicleClass,
}

/// What is looked at. Our choice: the detector takes the slow part of an acceleration from windows
/// of a minute.
const WINDOW: Duration = Duration::from_secs(60);
/// Events of a window at most.
const MOST_EVENTS: usize = 12_000;
/// A window is looked at once in this time. Our choice: a person needs longer to react.
const LOOK: Duration = Duration::from_millis(500);
/// What the confidence is multiplied by. Our choice.
const DISCOUNT: f64 = 0.7;
/// Manoeuvres of a kind that are less apart are one, seconds: as in
/// [`Thresholds::merge_gap_s`](crate::detect::Thresholds::merge_gap_s).
const APART_S: f64 = 1.0;
/// The kinds that are reported.
const KINDS: [Kind; 3] = [Kind::HarshBrake, Kind::RapidAccel, Kind::HarshCorner];

/// A harsh manoeuvre, as it looks while it is driven.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveManoeuvre {
    /// Derived from the content.
    pub id: ContentId,
    /// The vehicle.
    pub vehicle: VehicleId,
    /// What it is.
    pub kind: AlertKind,
    /// When it began.
    pub start: EventTime,
    /// When it was found.
    pub found: EventTime,
    /// Its greatest acceleration so far, g; negative when braking.
    pub peak_g: f64,
    /// By the peak so far.
    pub severity: Severity,
    /// From 0 to 0.7.
    pub confidence: f64,
}

impl TableRow for LiveManoeuvre {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("id"),
                Column::text("vehicle_id"),
                Column::text("kind"),
                Column::time("start"),
                Column::time("found"),
                Column::real("peak_g"),
                Column::text("severity"),
                Column::real("confidence"),
            ]
        }
    }

    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(&self.id.to_string()));
        to.put(Value::Text(self.vehicle.as_str()));
        to.put(Value::Text(self.kind.as_word()));
        to.put(Value::Time(self.start));
        to.put(Value::Time(self.found));
        to.put(Value::Real(self.peak_g));
        to.put(Value::Text(self.severity.as_word()));
        to.put(Value::Real(self.confidence));
    }
}

/// The state of one vehicle: its last minute.
#[derive(Clone, Debug)]
pub struct LiveState {
    /// What the times of the signals count from.
    origin: EventTime,
    signals: TripSignals,
    /// When the window is looked at next.
    look: EventTime,
    /// Until when a manoeuvre of each kind is reported already, seconds from the origin.
    reported_s: [f64; KINDS.len()],
}

impl Default for LiveState {
    fn default() -> Self {
        Self {
            origin: EventTime::MIN,
            signals: TripSignals::default(),
            look: EventTime::MIN,
            reported_s: [f64::NEG_INFINITY; KINDS.len()],
        }
    }
}

impl LiveState {
    /// Adds an event, and forgets what is older than the window.
    fn add(&mut self, event: &Telemetry, now: EventTime) {
        if self.signals.is_empty() {
            self.origin = now;
        }
        self.signals.push(now.since(self.origin), event);
        // Rows are forgotten by tenths of the window, so that columns are seldom moved.
        let old = |sample: usize| {
            let at = self.signals.taken_s(sample).unwrap_or_default();
            now.since(after(self.origin, at)) > WINDOW + WINDOW / 10
        };
        if old(0) || self.signals.len() > MOST_EVENTS + MOST_EVENTS / 10 {
            let kept = |sample: &usize| {
                let at = self.signals.taken_s(*sample).unwrap_or_default();
                now.since(after(self.origin, at)) <= WINDOW
            };
            let rows = self.signals.len();
            let first = (0..rows).find(kept).unwrap_or(rows);
            let first = first.max(rows.saturating_sub(MOST_EVENTS));
            self.signals.forget(first);
        }
    }

    /// Whether a manoeuvre is news. It counts as reported.
    fn is_new(&mut self, found: &Manoeuvre) -> bool {
        let mut kinds = KINDS.iter().zip(&mut self.reported_s);
        let Some((_, until)) = kinds.find(|(kind, _)| **kind == found.kind) else {
            return false;
        };
        let new = found.start_s > *until + APART_S;
        *until = until.max(found.end_s);
        new
    }
}

impl DetectLive {
    /// An operator for vehicles of this class.
    pub fn new(class: VehicleClass) -> Self {
        Self { class }
    }
}

impl Operator for DetectLive {
    type In = Telemetry;
    type Out = LiveManoeuvre;
    type State = LiveState;

    /// Everything that is saved is seconds and signals; a changed window is another structure.
    fn structure(&self) -> String {
        format!("last {} s", WINDOW.as_secs())
    }

    fn init(&self) -> LiveState {
        LiveState::default()
    }

    fn on_row(&self, state: &mut LiveState, row: &Row<Telemetry>, cx: &mut Cx<'_, LiveManoeuvre>) {
        let now = cx.now();
        state.add(&row.value, now);
        cx.forget_timers();
        cx.wake_at(now + WINDOW);
        if now < state.look {
            return;
        }
        state.look = now.floor_to(LOOK) + LOOK;
        let detector = Detector::new(state.signals.frame(), self.class);
        let found = detector.detect(&state.signals.views());
        for one in found.harsh() {
            let Some(kind) = one.kind.alert() else {
                continue;
            };
            // The key is a vehicle id that was checked when the event was made.
            let Ok(vehicle) = VehicleId::new(cx.key()) else {
                return;
            };
            if state.is_new(one) {
                let start = after(state.origin, one.start_s);
                cx.emit(LiveManoeuvre {
                    id: cx.content_id(one.kind.as_word(), start.as_micros().cast_unsigned()),
                    vehicle,
                    kind,
                    start,
                    found: now,
                    peak_g: one.peak_g,
                    severity: one.severity,
                    confidence: one.confidence * DISCOUNT,
                });
            }
        }
    }

    fn on_timer(&self, _: &mut LiveState, _: EventTime, _: &mut Cx<'_, LiveManoeuvre>) -> Keep {
        // A silence as long as the window leaves nothing to look at.
        Keep::Nothing
    }
}

/// # Layout
/// `origin i64 · look i64 · reported f64 each · signals`
impl State for LiveState {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        self.origin.encode(to);
        self.look.encode(to);
        for until in self.reported_s {
            until.encode(to);
        }
        self.signals.encode(to);
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        if version != Self::VERSION {
            return None;
        }
        let origin = EventTime::decode(0, from)?;
        let look = EventTime::decode(0, from)?;
        let mut reported_s = [0.0; KINDS.len()];
        for until in &mut reported_s {
            *until = f64::decode(0, from)?;
        }
        Some(Self {
            origin,
            look,
            reported_s,
            signals: TripSignals::decode(version, from)?,
        })
    }
}
