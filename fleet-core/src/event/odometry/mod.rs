//! How far a vehicle went, from odometers that reset, roll back, jump and freeze.
//!
//! Never `max - min`: one reset would make a journey of 200,000 km. A [`Meter`] adds the readings' differences
//! that a vehicle can have driven, and bridges every other one by speed or position, with a [`Fault`] that says so.

mod estimate;
mod segment;
#[cfg(test)]
mod tests;

pub use segment::{Fault, Method, Segment};

use std::time::Duration;

use estimate::{Bridge, Last, Place};

use crate::{
    data::{
        EventTime, Position,
        units::{Distance, Speed},
    },
    event::Telemetry,
    state_by_serde,
};

/// What a vehicle says about its motion at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fix {
    /// When.
    pub at: EventTime,
    /// Distance since the vehicle was built.
    pub odometer: Option<Distance>,
    /// Speed over ground.
    pub speed: Option<Speed>,
    /// Where it is.
    pub position: Option<Position>,
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

/// What a vehicle can have driven between two readings, and how long one waits for the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeterOptions {
    /// A greater difference than this speed allows is a jump. Default 250 km/h: our choice, above what fleets
    /// drive and far below what a wrong odometer claims.
    pub top_speed: Speed,
    /// What a difference may have beyond that. Default one mile: the coarsest odometer among the dialects
    /// counts whole miles, so that its step is no jump.
    pub slack: Distance,
    /// A step back that is smaller than this is a rollback, another one a reset. Default 0.5 km, our choice.
    pub rollback: Distance,
    /// An odometer that stands while the vehicle drives this far is stuck. Default 2 km, our choice: more than
    /// the step of a coarse odometer. (Trips of 0 km: traccar #5577, #5601.)
    pub stuck: Distance,
    /// The longest pause between two events that speed bridges. Default 300 s, our choice: the slowest
    /// usual rate of a tracker that drives.
    pub bridge: Duration,
    /// How long events without an odometer wait for one that has it. Default 60 s, our choice.
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

/// Below this speed a standing odometer is right. Our choice: slower is a manoeuvre.
const CREEP_KMH: f64 = 5.0;

/// Measures the distance of one vehicle, event by event.
///
/// # Units
/// Whole micrometres, so that sums are the same to the last bit in any order of adding.
///
/// # Guarantees
/// A reading is taken as it is when the difference to the last one, or to where the odometer should stand
/// after the last fault, lies between 0 and what the top speed allows. Else the step is estimated and has a
/// fault: by speed first after a rollback or reset, by position first after a jump. An event that is older
/// than the last one changes nothing.
///
/// # Examples
/// The odometer starts anew after a repair; 36 km/h for ten seconds bridge it:
/// ```
/// use fleet_core::{EventTime, odometry::{Fault, Fix, Meter, MeterOptions}, units::{Distance, Speed}};
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
///         assert_eq!(segment.fault == Some(Fault::Reset), second == 20);
///     }
/// }
/// assert_eq!(metres, 300.0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Meter {
    last: Option<Last>,
    anchor: Option<Anchor>,
}

state_by_serde!(Meter, 1);

/// The last reading of the odometer.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Anchor {
    um: i64,
    at: i64,
    place: Option<Place>,
    /// What was driven since by speed; `None` where a speed was missing.
    by_speed: Option<i64>,
    /// After a fault: where the odometer would stand without it.
    expected: Option<i64>,
    /// How far the vehicle drove since the reading last changed, by speed, and from when.
    still: i64,
    still_from: i64,
    stuck: bool,
}

impl Meter {
    /// Takes the next event. Returns the stretch that it settles; `None` for the first event, an older one,
    /// and while events without an odometer wait for one that has it.
    pub fn observe(&mut self, options: &MeterOptions, fix: &Fix) -> Option<Segment> {
        let now = Last::of(fix);
        let reading = fix.odometer.map(|odometer| to_um(odometer.as_m()));
        if self.last.as_ref().is_some_and(|last| now.at < last.at) {
            return None;
        }
        let last = self.last.replace(now.clone());
        let fresh = reading.map(|um| Anchor::new(um, &now));
        let Some(last) = last else {
            self.anchor = fresh;
            return None;
        };
        let speed = last.by_speed(&now, options);
        let Some(anchor) = &mut self.anchor else {
            self.anchor = fresh;
            let places = (last.place, now.place);
            let (from, to) = (last.at, now.at);
            let step = Bridge {
                from,
                to,
                speed,
                places,
            };
            return Some(step.segment(None, options));
        };
        anchor.by_speed = anchor.by_speed.and_then(|sum| sum.checked_add(speed?));
        let bridge = anchor.bridge(&now);
        if let Some(um) = reading {
            anchor.place = now.place;
            anchor.by_speed = Some(0);
            return Some(anchor.take(um, &bridge, options));
        }
        if Duration::from_micros(bridge.to.abs_diff(bridge.from)) <= options.patience {
            return None;
        }
        self.anchor = None;
        Some(bridge.segment(None, options))
    }
}

impl Anchor {
    fn new(um: i64, now: &Last) -> Self {
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

    /// What is known besides the odometer of the stretch since the last reading.
    fn bridge(&self, now: &Last) -> Bridge {
        Bridge {
            from: self.at,
            to: now.at,
            speed: self.by_speed,
            places: (self.place, now.place),
        }
    }

    /// Settles the stretch up to a new reading.
    fn take(&mut self, um: i64, bridge: &Bridge, options: &MeterOptions) -> Segment {
        let limit = bridge
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
        let segment = if let Some(driven) = nearest(as_read, as_expected, || bridge.best(options)) {
            if !(self.stuck && read == 0) {
                self.expected = None;
            }
            Segment::measured(bridge.from, bridge.to, driven)
        } else {
            let fault = match read {
                read if read > limit => Fault::Jump,
                read if read > back => Fault::Rollback,
                _ => Fault::Reset,
            };
            let segment = bridge.segment(Some(fault), options);
            let expected = self.expected.unwrap_or(self.um);
            self.expected = Some(expected.saturating_add(segment.micrometres()));
            segment
        };
        (self.um, self.at) = (um, bridge.to);
        if read == 0 {
            self.stand(segment, bridge, options)
        } else {
            (self.still, self.still_from, self.stuck) = (0, bridge.to, false);
            segment
        }
    }

    /// The reading did not change: either the vehicle stands, or the odometer does.
    fn stand(&mut self, segment: Segment, bridge: &Bridge, options: &MeterOptions) -> Segment {
        let (from, at) = (segment.from, segment.to);
        let driven = bridge.faster_than(CREEP_KMH);
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
            fault: starts.then_some(Fault::Stuck),
            ..Segment::measured(from.as_micros(), at.as_micros(), driven)
        }
    }
}

/// Of two readings of one step the one that is nearer to the estimate; without an estimate the shorter one.
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

/// Metres in whole micrometres; beyond 9e12 m (the orbit of Neptune) it stays there.
fn to_um(metres: f64) -> i64 {
    const LIMIT: f64 = 9e18;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the value is held within the limit first"
    )]
    let um = (metres * 1e6).round().clamp(-LIMIT, LIMIT) as i64;
    um
}
