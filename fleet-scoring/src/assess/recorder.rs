//! Records a trip from telemetry: its signals, and how much was driven.

use std::time::Duration;

use fleet_core::{
    EventTime,
    event::Telemetry,
    odometry::{Fix, Meter, MeterOptions},
};

use super::{Assess, Assessment, Driven, TripSignals};
use crate::{motion::moves, score::Exposure};

/// A trip that is being recorded, event by event.
///
/// # Guarantees
/// Events one by one, with the state saved and restored between any two of them, give the same
/// assessment as all of them at once, bit for bit. Distance is measured as described in
/// [`odometry`](fleet_core::odometry). Segments of unknown distance add none, and make it unknown
/// if they take more than a hundredth of the time: our choice, so that a device without its first
/// speed has a score all the same, of rates that are a hundredth too high at most. The time from
/// one event to the next is driving if the vehicle moved at the first and the pause is not longer
/// than [`MeterOptions::bridge`].
///
/// # Cost
/// Eight bytes for each event, and four for each signal that the trip has; a state takes about four
/// bytes less.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, VehicleId, event::Telemetry, units::{Acceleration, Speed}};
/// use fleet_scoring::{VehicleClass, profile};
/// use fleet_scoring::assess::{Assess, Finder, TripRecorder};
/// let car = VehicleId::new("car-1")?;
/// let mut trip = TripRecorder::default();
/// for tenth in 0..600 {
///     let g = if (300..320).contains(&tenth) { -0.5 } else { 0.0 };
///     let row = Telemetry::new(car.clone(), EventTime::from_micros(tenth * 100_000))
///         .with_speed(Speed::from_kmh(if tenth < 310 { 80.0 } else { 45.0 }))
///         .with_acceleration_longitudinal(Acceleration::from_g(g));
///     trip.push(&row);
/// }
/// let finder = Finder::production(VehicleClass::Passenger);
/// let found = trip.assess("trip-1", &Assess::new(finder, profile::per_100km())?);
/// assert_eq!(found.events[0].kind.as_word(), "HARSH_BRAKE");
/// // A minute is too little for a score, and the event is listed all the same.
/// assert!(found.receipt.score.is_none() && found.receipt.insufficient.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TripRecorder {
    pub(super) first: EventTime,
    pub(super) sums: Sums,
    pub(super) meter: Meter,
    pub(super) moves: bool,
    pub(super) signals: TripSignals,
}

/// What was driven up to an event of a trip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sums {
    pub(super) last: EventTime,
    /// The distance of all segments whose distance is known.
    pub(super) distance_um: u64,
    /// The time of the others.
    pub(super) unknown_us: u64,
    pub(super) driving_us: u64,
    pub(super) rows: usize,
}

impl Default for TripRecorder {
    fn default() -> Self {
        Self {
            first: EventTime::MIN,
            sums: Sums {
                last: EventTime::MIN,
                distance_um: 0,
                unknown_us: 0,
                driving_us: 0,
                rows: 0,
            },
            meter: Meter::default(),
            moves: false,
            signals: TripSignals::default(),
        }
    }
}

impl TripRecorder {
    /// Adds the next event of the vehicle. One that is older than the last is left out.
    pub fn push(&mut self, event: &Telemetry) {
        self.push_measured(&MeterOptions::default(), event);
    }

    /// Adds the next event, with limits for the measurement of distance.
    pub fn push_measured(&mut self, options: &MeterOptions, event: &Telemetry) {
        let now = event.at();
        if self.signals.is_empty() {
            (self.first, self.sums.last) = (now, now);
        }
        if now < self.sums.last {
            return;
        }
        let segment = self.meter.observe(options, &Fix::from(event));
        let pause = now.since(self.sums.last);
        if self.moves && pause <= options.bridge {
            self.sums.driving_us = self.sums.driving_us.saturating_add(micros(pause));
        }
        if let Some(segment) = &segment {
            let sums = &mut self.sums;
            if segment.method.is_some() {
                let driven = u64::try_from(segment.micrometres()).unwrap_or(0);
                sums.distance_um = sums.distance_um.saturating_add(driven);
            } else {
                let unknown = micros(segment.to.since(segment.from));
                sums.unknown_us = sums.unknown_us.saturating_add(unknown);
            }
        }
        self.moves = moves(event, segment.as_ref(), self.moves);
        self.signals.push(now.since(self.first), event);
        self.sums.last = now;
        self.sums.rows = self.signals.len();
    }

    /// The number of events.
    pub fn len(&self) -> usize {
        self.signals.len()
    }

    /// Whether nothing was recorded yet.
    pub fn is_empty(&self) -> bool {
        self.signals.is_empty()
    }

    /// The time of the first event.
    pub fn start(&self) -> EventTime {
        self.first
    }

    /// The time of the last event.
    pub fn end(&self) -> EventTime {
        self.sums.last
    }

    /// The signals so far.
    pub fn signals(&self) -> &TripSignals {
        &self.signals
    }

    /// How much was driven; `None` if the distance is unknown for too much of the time.
    pub fn driven(&self) -> Option<Exposure> {
        let elapsed_us = micros(self.sums.last.since(self.first));
        let known = self.sums.unknown_us.saturating_mul(UNKNOWN_PARTS) <= elapsed_us;
        known.then_some(self.sums.at_least())
    }

    /// The sums so far, to which the trip can be cut back.
    pub(super) fn sums(&self) -> Sums {
        self.sums
    }

    /// Cuts the trip back to the event at which these were its sums. Nothing can be added after.
    pub(super) fn cut(&mut self, sums: Sums) {
        self.signals.truncate(sums.rows);
        self.sums = sums;
    }

    /// Assesses the trip under this name.
    pub fn assess(&self, name: &str, assess: &Assess) -> Assessment {
        let trip = Driven::new(name, self.first, &self.signals);
        assess.trip(&trip.with_driven(self.driven()))
    }
}

impl Sums {
    /// What was driven at least: without segments of unknown distance.
    pub(super) fn at_least(&self) -> Exposure {
        Exposure {
            distance_um: self.distance_um,
            driving_us: self.driving_us,
        }
    }
}

/// At most one part in so many of a trip may be of unknown distance.
const UNKNOWN_PARTS: u64 = 100;

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
