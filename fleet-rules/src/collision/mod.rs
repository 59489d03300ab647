//! Collisions that are near, from what a vehicle's sensors see.

mod closing;
mod track;

pub use track::CollisionState;

use std::time::Duration;

use compact_str::CompactString;
use fleet_core::{
    Error, ErrorKind, Operator, Result, Row,
    event::{Alert, AlertKind, FleetEvent, LimitSource, Perception, Severity},
    operator::Cx,
    units::{Distance, Speed},
};

use crate::Mode;

/// When a sighting is a collision risk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CollisionOptions {
    /// An object nearer than this offends, if it also moves faster than [`moving`](Self::moving). Default 5 m:
    /// the self-driving pipeline's public project.
    pub near: Distance,
    /// Default 10 km/h: the same.
    pub moving: Speed,
    /// A time to collision under this offends. Default 1.5 s, as scenario evaluations of driving functions
    /// take it (Huawei Octopus).
    pub time_to_collision: Duration,
    /// How far to the side an object may be and still be in the way; `None` is any distance, as the described
    /// system has no such reading. For radar, which also sees what stands beside the road, take 1.8 m: the
    /// width of a car, half of it ours and half the other's.
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

/// Below this time to collision the alert is critical. Our choice: about what a driver needs to react.
const CRITICAL_S: f64 = 0.8;

/// Finds collision risks: an object that is near and moves, or one that will be hit soon.
///
/// The first rule is the described system's and blind at high speed: 30 m at a closing 90 km/h are 1.2 s. The
/// second is the time to collision, distance over closing speed. The closing speed is the best there is:
/// 1. the sensor's own rate of the distance;
/// 2. the slope of the distances of one track, from three sightings on;
/// 3. by direction, from both speeds over ground: ahead `ego - object`, behind `object - ego`, across `object`
///    as the bound. The object's speed is taken as going our way.
///
/// # Shape
/// In mode `edge` each track is armed for itself, and a sighting without a track is one of a nameless object per
/// vehicle. A track that is not seen for 5 s is forgotten. At most 64 tracks are kept per vehicle.
///
/// The alert's rule tells which number it is: `collision-ttc` has seconds, `collision-near` metres.
///
/// # Guarantees
/// As [`Rules`](crate::Rules). A sighting with neither distance nor speeds changes nothing.
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
    /// Looks for collisions with these limits.
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

    /// For presets: the default limits.
    pub(crate) fn of_preset(mode: Mode) -> Self {
        Self {
            options: CollisionOptions::default(),
            mode,
        }
    }

    /// Its limits.
    pub fn options(&self) -> CollisionOptions {
        self.options
    }

    fn judge(&self, seen: &Perception, closing_mps: Option<f64>) -> Finding {
        let Some(gap) = seen
            .distance
            .get()
            .map(Distance::as_m)
            .filter(|gap| *gap >= 0.0)
        else {
            return Finding::Unknown;
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
            return Finding::Risk(Risk {
                rule,
                value,
                limit,
                severity,
            });
        }
        let (near, speed) = (self.options.near.as_m(), seen.speed.get());
        if gap < near && speed.is_some_and(|speed| speed > self.options.moving) {
            let (rule, severity) = ("collision-near", Severity::High);
            return Finding::Risk(Risk {
                rule,
                value: gap,
                limit: near,
                severity,
            });
        }
        // What is far is clear; what is near and of unknown speed is not.
        if gap >= near || speed.is_some() || closing_mps.is_some() {
            Finding::Clear
        } else {
            Finding::Unknown
        }
    }
}

/// What a sighting is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Finding {
    Unknown,
    Clear,
    Risk(Risk),
}

/// Which of the two risks, and its number against the limit.
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
        format!("{} collision-ttc, collision-near", self.mode)
    }

    fn init(&self) -> CollisionState {
        CollisionState::default()
    }

    fn on_row(&self, state: &mut CollisionState, row: &Row<FleetEvent>, cx: &mut Cx<'_, Alert>) {
        let now = cx.now();
        if let Some(telemetry) = row.value.telemetry() {
            state.note_ego(telemetry, now);
        }
        let Some(seen) = row.value.perception() else {
            return;
        };
        let mut track = state.sight(seen, now);
        let closing = closing::speed_mps(seen, track.slope(), state.ego_mps(now));
        match self.judge(seen, closing) {
            Finding::Unknown => {}
            Finding::Clear => track.active = false,
            Finding::Risk(risk) => {
                let was = std::mem::replace(&mut track.active, true);
                if self.mode == Mode::Every || !was {
                    let ordinal = state.ordinals.next(now);
                    cx.emit(alert(seen, risk, cx, ordinal));
                }
            }
        }
        state.keep(track);
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
