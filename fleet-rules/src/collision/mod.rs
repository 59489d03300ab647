//! The operator that finds collision risks in the objects that a vehicle's sensors detect.

mod closing;
mod track;

pub use track::CollisionState;

use std::time::Duration;

use compact_str::CompactString;
use fleet_core::{
    Error, ErrorKind, Operator, Result, Row,
    event::{Alert, AlertKind, FleetEvent, LimitSource, Perception, Severity},
    operator::{Cx, Resume},
    units::{Distance, Speed},
};

use crate::Mode;

/// The limits beyond which a detected object is a collision risk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CollisionOptions {
    /// An object nearer than this is a risk if it also moves faster than [`moving`](Self::moving).
    /// Default 5 m, from the self-driving pipeline's public project.
    pub near: Distance,
    /// The speed above which a near object is a risk. Default 10 km/h, from the same project.
    pub moving: Speed,
    /// A time to collision below this is a risk. Default 1.5 s, as in scenario evaluations of
    /// driving functions (Huawei Octopus).
    pub time_to_collision: Duration,
    /// The lateral distance up to which an object is in the vehicle's path; `None` for any
    /// distance, as the described system has no such reading. For radar, which also detects what
    /// stands beside the road, use 1.8 m: half the width of this vehicle and half that of the
    /// other.
    pub corridor: Option<Distance>,
}

impl Default for CollisionOptions {
    fn default() -> Self {
        Self {
            near: Distance::from_m(5.0),
            moving: Speed::from_kmh(10.0),
            time_to_collision: Duration::from_millis(1500),
            corridor: None,
        }
    }
}

/// Below this time to collision the alert is critical. Our choice: about a driver's reaction time.
const CRITICAL_S: f64 = 0.8;

/// The rules by name, as saved states depend on them.
const RULES: &str = "collision-ttc, collision-near";

/// Finds collision risks: a moving object that is near, or a time to collision that is short.
///
/// The rule `collision-near` is the described system's. It misses risks at high speed: 30 m at a
/// closing speed of 90 km/h are 1.2 s. The rule `collision-ttc` compares the time to collision,
/// distance over closing speed. The closing speed comes from the best source that the detection
/// offers:
/// 1. the relative speed that the sensor measured;
/// 2. the slope of the distances of one track, from three detections on;
/// 3. both speeds over ground, by the object's direction: ahead `ego - object`, behind `object -
///    ego`, left or right `object` as an upper bound. The object is assumed to drive the same way.
///
/// # Units
/// Value and threshold of the alert are seconds for `collision-ttc` and metres for
/// `collision-near`.
///
/// # Shape
/// In mode `edge` each track raises its own alerts. Detections without a track count as one object
/// per vehicle. A track is dropped after 5 s without a detection, and the least recently detected
/// one when a vehicle has more than 64.
///
/// # Guarantees
/// Those of [`Rules`](crate::Rules). A detection without a distance, and a near one without any
/// speed, changes nothing.
///
/// # Examples
/// ```
/// use fleet_core::{Graph, event::FleetEvent};
/// use fleet_rules::{CollisionOptions, CollisionRisk, Mode};
/// let (mut graph, events) = Graph::<FleetEvent>::new();
/// let risk = CollisionRisk::new(CollisionOptions::default(), Mode::Edge)?;
/// let alerts = graph.apply("collision", events, risk);
/// assert!(graph.mermaid().contains("collision"));
/// # let _ = alerts;
/// # Ok::<(), fleet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CollisionRisk {
    options: CollisionOptions,
    mode: Mode,
}

impl CollisionRisk {
    /// An operator with these limits.
    ///
    /// # Errors
    /// Refuses a limit that is negative or not finite.
    pub fn new(options: CollisionOptions, mode: Mode) -> Result<Self> {
        let limits = [
            ("near", options.near.as_m()),
            ("moving", options.moving.as_kmh()),
            ("corridor", options.corridor.map_or(0.0, Distance::as_m)),
        ];
        for (name, value) in limits {
            if !value.is_finite() || value < 0.0 {
                let message = format!("{name} is {value}: it must be finite and not negative");
                return Err(Error::new(ErrorKind::Config, message));
            }
        }
        Ok(Self { options, mode })
    }

    /// The default limits, which need no check.
    pub(crate) fn of_preset(mode: Mode) -> Self {
        Self {
            options: CollisionOptions::default(),
            mode,
        }
    }

    /// The limits.
    pub fn options(&self) -> CollisionOptions {
        self.options
    }

    fn evaluate(&self, seen: &Perception, closing_mps: Option<f64>) -> Assessment {
        let Some(gap) = seen
            .distance
            .get()
            .map(Distance::as_m)
            .filter(|gap| *gap >= 0.0)
        else {
            return Assessment::Unknown;
        };
        let limit = self.options.time_to_collision.as_secs_f64();
        let beside = self.options.corridor.zip(seen.left.get());
        let in_the_way = beside.is_none_or(|(half, left)| left.as_m().abs() <= half.as_m());
        let seconds = closing_mps
            .filter(|closing| *closing > 0.0)
            .map(|closing| gap / closing);
        if let Some(value) = seconds.filter(|s| in_the_way && *s < limit) {
            let severity = if value < CRITICAL_S {
                Severity::Critical
            } else {
                Severity::High
            };
            let rule = "collision-ttc";
            return Assessment::Risk(Risk {
                rule,
                value,
                limit,
                severity,
            });
        }
        let (near, speed) = (self.options.near.as_m(), seen.speed.get());
        if gap < near && speed.is_some_and(|speed| speed > self.options.moving) {
            let (rule, severity) = ("collision-near", Severity::High);
            return Assessment::Risk(Risk {
                rule,
                value: gap,
                limit: near,
                severity,
            });
        }
        // A far object is no risk; a near one may be, if its speed is unknown.
        if gap >= near || speed.is_some() || closing_mps.is_some() {
            Assessment::Clear
        } else {
            Assessment::Unknown
        }
    }
}

/// How a detection compares with the limits.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Assessment {
    Unknown,
    Clear,
    Risk(Risk),
}

/// The rule that was violated, with the value and the limit.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Risk {
    rule: &'static str,
    value: f64,
    limit: f64,
    severity: Severity,
}

impl Operator for CollisionRisk {
    type In = FleetEvent;
    type Out = Alert;
    type State = CollisionState;

    fn structure(&self) -> String {
        format!("{} {RULES}", self.mode)
    }

    /// The mode may change: it decides when alerts are raised, not what is remembered.
    fn resume(&self, saved: &str) -> Option<Resume<CollisionState>> {
        let (mode, rules) = saved.split_once(' ')?;
        let goes_on = rules == RULES && mode.parse::<Mode>().is_ok();
        goes_on.then(Resume::unchanged)
    }

    fn init(&self) -> CollisionState {
        CollisionState::default()
    }

    fn on_row(&self, state: &mut CollisionState, row: &Row<FleetEvent>, cx: &mut Cx<'_, Alert>) {
        let now = cx.now();
        if let Some(telemetry) = row.value.telemetry() {
            state.update_ego(telemetry, now);
        }
        let Some(seen) = row.value.perception() else {
            return;
        };
        let mut track = state.take_track(seen, now);
        let closing = closing::speed_mps(seen, track.slope(), state.ego_mps(now));
        match self.evaluate(seen, closing) {
            Assessment::Unknown => {}
            Assessment::Clear => track.active = false,
            Assessment::Risk(risk) => {
                let was = std::mem::replace(&mut track.active, true);
                if self.mode == Mode::Every || !was {
                    let ordinal = state.ordinals.next(now);
                    cx.emit(alert(seen, risk, cx, ordinal));
                }
            }
        }
        state.put_back(track);
    }
}

fn alert(seen: &Perception, risk: Risk, cx: &Cx<'_, Alert>, ordinal: u64) -> Alert {
    Alert {
        id: cx.content_id(risk.rule, ordinal),
        at: cx.now(),
        vehicle: seen.vehicle.clone(),
        fleet: None,
        kind: AlertKind::CollisionRisk,
        severity: risk.severity,
        rule: CompactString::const_new(risk.rule),
        value: Some(risk.value),
        threshold: Some(risk.limit),
        limit_source: LimitSource::Rule,
    }
}
