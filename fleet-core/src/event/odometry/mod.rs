//! Distance driven, measured from odometers that reset, roll back, jump and freeze.
//!
//! The distance is never `max - min`: after one reset that would report 200,000 km. A [`Meter`]
//! adds those differences between readings that the vehicle can have driven. It bridges all others
//! by speed or position and marks them with an [`Anomaly`].

mod estimate;
mod segment;
#[cfg(test)]
mod tests;

pub use segment::{Anomaly, Method, Segment};

use std::time::Duration;

use estimate::{Coordinates, Evidence, LastFix};

use crate::{
    data::{
        EventTime, GeoPoint,
        units::{Distance, Speed},
    },
    event::Telemetry,
    state_by_serde,
};

/// What a vehicle reports about its motion at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fix {
    /// The time of the report.
    pub at: EventTime,
    /// Distance since the vehicle was built.
    pub odometer: Option<Distance>,
    /// Speed over ground.
    pub speed: Option<Speed>,
    /// The position.
    pub position: Option<GeoPoint>,
}

impl From<&Telemetry> for Fix {
    fn from(event: &Telemetry) -> Self {
        Self {
            at: event.at(),
            odometer: event.odometer(),
            speed: event.speed(),
            position: event.position(),
        }
    }
}

/// Limits on the distance between two readings and on the wait for the next one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeterOptions {
    /// A difference above what this speed allows is a jump. Default 250 km/h, our choice: above
    /// what fleets drive, and far below what a wrong odometer claims.
    pub top_speed: Speed,
    /// Tolerance added to the distance at top speed. Default one mile: the coarsest odometer among
    /// the dialects counts whole miles, so its step is not a jump.
    pub slack: Distance,
    /// A decrease smaller than this is a rollback; a larger one is a reset. Default 0.5 km, our
    /// choice.
    pub rollback: Distance,
    /// An odometer that does not move while the vehicle drives this far is stuck. Default 2 km, our
    /// choice: more than the step of a coarse odometer. (Trips of 0 km: traccar #5577, #5601.)
    pub stuck: Distance,
    /// The longest pause between two events that speed bridges. Default 300 s, our choice: the
    /// slowest usual rate of a tracker on a moving vehicle.
    pub bridge: Duration,
    /// How long events without an odometer reading wait for one that has it. Default 60 s, our
    /// choice.
    pub patience: Duration,
}

impl Default for MeterOptions {
    fn default() -> Self {
        Self {
            top_speed: Speed::from_kmh(250.0),
            slack: Distance::from_miles(1.0),
            rollback: Distance::from_km(0.5),
            stuck: Distance::from_km(2.0),
            bridge: Duration::from_secs(300),
            patience: Duration::from_secs(60),
        }
    }
}

/// Below this speed an unchanged odometer is plausible. Our choice: slower motion is manoeuvring.
const CREEP_KMH: f64 = 5.0;

/// Measures the distance of one vehicle, event by event.
///
/// # Units
/// Whole micrometres, so that sums are identical to the last bit in any order of addition.
///
/// # Guarantees
/// A reading is accepted if its difference to the previous reading, or to the expected reading
/// after the last anomaly, lies between 0 and what the top speed allows. Otherwise the step is
/// estimated and marked with an anomaly: by speed first after a rollback or reset, by position
/// first after a jump. An event older than the previous one changes nothing.
///
/// # Examples
/// The odometer restarts after a repair; 36 km/h for ten seconds bridge the gap:
/// ```
/// use fleet_core::{EventTime, units::{Distance, Speed}};
/// use fleet_core::odometry::{Anomaly, Fix, Meter, MeterOptions};
/// let (options, mut meter) = (MeterOptions::default(), Meter::default());
/// let mut metres = 0.0;
/// for (second, km) in [(0, 80_000.0), (10, 80_000.1), (20, 3.0), (30, 3.1)] {
///     let fix = Fix {
///         at: EventTime::from_micros(second * 1_000_000),
///         odometer: Some(Distance::from_km(km)),
///         speed: Some(Speed::from_kmh(36.0)),
///         position: None,
///     };
///     if let Some(segment) = meter.observe(&options, &fix) {
///         metres += segment.distance().as_m();
///         assert_eq!(segment.anomaly == Some(Anomaly::Reset), second == 20);
///     }
/// }
/// assert_eq!(metres, 300.0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Meter {
    last: Option<LastFix>,
    anchor: Option<Anchor>,
}

state_by_serde!(Meter, 1);

/// The last reading of the odometer.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Anchor {
    um: i64,
    at: i64,
    place: Option<Coordinates>,
    /// The distance since then by speed; `None` if a speed was missing.
    by_speed: Option<i64>,
    /// After an anomaly: what the odometer would read without it.
    expected: Option<i64>,
    /// The distance by speed since the reading last changed, and the time of that change.
    still: i64,
    still_from: i64,
    stuck: bool,
}

impl Meter {
    /// Takes the next event and returns the segment that it completes. Returns `None` for the first
    /// event, for an older one, and while events without an odometer reading wait for one that has
    /// it.
    pub fn observe(&mut self, options: &MeterOptions, fix: &Fix) -> Option<Segment> {
        let now = LastFix::of(fix);
        let reading = fix.odometer.map(|odometer| to_um(odometer.as_m()));
        if self.last.as_ref().is_some_and(|last| now.at < last.at) {
            return None;
        }
        let last = self.last.replace(now.clone());
        let new_anchor = reading.map(|um| Anchor::new(um, &now));
        let Some(last) = last else {
            self.anchor = new_anchor;
            return None;
        };
        let speed = last.by_speed(&now, options);
        let Some(anchor) = &mut self.anchor else {
            self.anchor = new_anchor;
            let places = (last.place, now.place);
            let (from, to) = (last.at, now.at);
            let evidence = Evidence {
                from,
                to,
                speed,
                places,
            };
            return Some(evidence.segment(None, options));
        };
        anchor.by_speed = anchor.by_speed.and_then(|sum| sum.checked_add(speed?));
        let evidence = anchor.evidence(&now);
        if let Some(um) = reading {
            anchor.place = now.place;
            anchor.by_speed = Some(0);
            return Some(anchor.take(um, &evidence, options));
        }
        if Duration::from_micros(evidence.to.abs_diff(evidence.from)) <= options.patience {
            return None;
        }
        self.anchor = None;
        Some(evidence.segment(None, options))
    }
}

impl Anchor {
    fn new(um: i64, now: &LastFix) -> Self {
        Self {
            um,
            at: now.at,
            place: now.place,
            by_speed: Some(0),
            expected: None,
            still: 0,
            still_from: now.at,
            stuck: false,
        }
    }

    /// The evidence for the distance since the last reading, apart from the odometer.
    fn evidence(&self, now: &LastFix) -> Evidence {
        Evidence {
            from: self.at,
            to: now.at,
            speed: self.by_speed,
            places: (self.place, now.place),
        }
    }

    /// Completes the segment that ends at a new reading.
    fn take(&mut self, um: i64, evidence: &Evidence, options: &MeterOptions) -> Segment {
        let limit = evidence
            .can_drive(options)
            .saturating_add(to_um(options.slack.as_m()));
        let back = -to_um(options.rollback.as_m());
        let read = um.saturating_sub(self.um);
        let as_read = Some(read).filter(|um| (0..=limit).contains(um));
        let as_expected = self
            .expected
            .map(|expected| um.saturating_sub(expected))
            .filter(|um| (back..=limit).contains(um))
            .map(|um| um.max(0));
        let segment = if let Some(driven) = nearest(as_read, as_expected, || evidence.best(options))
        {
            if !(self.stuck && read == 0) {
                self.expected = None;
            }
            Segment::measured(evidence.from, evidence.to, driven)
        } else {
            let anomaly = match read {
                read if read > limit => Anomaly::Jump,
                read if read > back => Anomaly::Rollback,
                _ => Anomaly::Reset,
            };
            let segment = evidence.segment(Some(anomaly), options);
            let expected = self.expected.unwrap_or(self.um);
            self.expected = Some(expected.saturating_add(segment.micrometres()));
            segment
        };
        (self.um, self.at) = (um, evidence.to);
        if read == 0 {
            self.take_unchanged(segment, evidence, options)
        } else {
            (self.still, self.still_from, self.stuck) = (0, evidence.to, false);
            segment
        }
    }

    /// Handles an unchanged reading: either the vehicle stands, or the odometer is stuck.
    fn take_unchanged(
        &mut self,
        segment: Segment,
        evidence: &Evidence,
        options: &MeterOptions,
    ) -> Segment {
        let (from, at) = (segment.from, segment.to);
        let driven = evidence.faster_than(CREEP_KMH);
        let starts = !self.stuck;
        self.still = self.still.saturating_add(driven);
        if self.still < to_um(options.stuck.as_m()) {
            return segment;
        }
        let (from, driven) = if starts {
            (EventTime::from_micros(self.still_from), self.still)
        } else {
            (from, driven)
        };
        self.stuck = true;
        let expected = self.expected.filter(|_| !starts).unwrap_or(self.um);
        self.expected = Some(expected.saturating_add(driven));
        Segment {
            method: Some(Method::Speed),
            anomaly: starts.then_some(Anomaly::Stuck),
            ..Segment::measured(from.as_micros(), at.as_micros(), driven)
        }
    }
}

/// Chooses the candidate that is nearer to the estimate; without an estimate, the shorter one.
fn nearest(
    read: Option<i64>,
    expected: Option<i64>,
    estimate: impl FnOnce() -> Option<i64>,
) -> Option<i64> {
    let (Some(read), Some(expected)) = (read, expected) else {
        return read.or(expected);
    };
    let estimate = estimate().unwrap_or(0);
    Some(if expected.abs_diff(estimate) < read.abs_diff(estimate) {
        expected
    } else {
        read
    })
}

/// Converts metres to whole micrometres, saturating at 9e12 m (the diameter of Neptune's orbit).
fn to_um(metres: f64) -> i64 {
    const LIMIT: f64 = 9e18;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the value is held within the limit first"
    )]
    let um = (metres * 1e6).round().clamp(-LIMIT, LIMIT) as i64;
    um
}
