//! What lies between two events, by speed and by position.

use std::time::Duration;

use super::{Fault, Fix, MeterOptions, Method, Segment, to_um};
use crate::data::units::Speed;

/// Mean radius of the Earth, metres: (2a + b) / 3 of WGS 84, as the IUGG defines it.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Degrees north and east.
pub(super) type Place = (f64, f64);

/// What is kept of the newest event.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Last {
    pub(super) at: i64,
    kmh: Option<f64>,
    pub(super) place: Option<Place>,
}

impl Last {
    pub(super) fn of(fix: &Fix) -> Self {
        let finite = |value: &f64| value.is_finite();
        Self {
            at: fix.at.as_micros(),
            kmh: fix.speed.map(Speed::as_kmh).filter(finite),
            place: fix
                .position
                .filter(|position| position.is_on_earth())
                .map(|at| (at.latitude.as_degrees(), at.longitude.as_degrees())),
        }
    }

    /// Micrometres to the next event by the mean of both speeds.
    pub(super) fn by_speed(&self, now: &Self, options: &MeterOptions) -> Option<i64> {
        let us = now.at.saturating_sub(self.at);
        if Duration::from_micros(us.unsigned_abs()) > options.bridge {
            return None;
        }
        let kmh = f64::midpoint(self.kmh?, now.kmh?).abs();
        Some(to_um(kmh / 3.6 * us as f64 / 1e6))
    }
}

/// What is known of a stretch besides the odometer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bridge {
    pub(super) from: i64,
    pub(super) to: i64,
    /// Micrometres by speed.
    pub(super) speed: Option<i64>,
    /// Where it starts and ends.
    pub(super) places: (Option<Place>, Option<Place>),
}

impl Bridge {
    /// Micrometres between both ends. A place that cannot have been reached is a fault of the receiver (0, 0
    /// among them).
    fn by_position(&self, options: &MeterOptions) -> Option<i64> {
        let um = to_um(great_circle_m(self.places.0?, self.places.1?));
        (um <= self.can_drive(options)).then_some(um)
    }

    /// How far the top speed reaches.
    pub(super) fn can_drive(&self, options: &MeterOptions) -> i64 {
        to_um(options.top_speed.as_mps() * self.seconds())
    }

    fn seconds(&self) -> f64 {
        self.to.saturating_sub(self.from) as f64 / 1e6
    }

    pub(super) fn best(&self, options: &MeterOptions) -> Option<i64> {
        self.speed.or_else(|| self.by_position(options))
    }

    /// What was driven by speed, if its mean was above a limit.
    pub(super) fn faster_than(&self, kmh: f64) -> i64 {
        let least = to_um(kmh / 3.6 * self.seconds());
        self.speed.filter(|um| *um > least).unwrap_or(0)
    }

    /// The stretch by estimate: by speed, but by position first where the odometer jumped.
    pub(super) fn segment(&self, fault: Option<Fault>, options: &MeterOptions) -> Segment {
        let speed = self.speed.map(|um| (um, Method::Speed));
        let position = || {
            let um = self.by_position(options);
            um.map(|um| (um, Method::Position))
        };
        let (um, method) = match fault {
            Some(Fault::Jump) => position().or(speed),
            _ => speed.or_else(position),
        }
        .unzip();
        Segment {
            method,
            fault,
            ..Segment::measured(self.from, self.to, um.unwrap_or(0))
        }
    }
}

/// The haversine formula (R. W. Sinnott, Sky and Telescope 68, 1984): on a sphere, so right to 0.5 %.
fn great_circle_m(from: Place, to: Place) -> f64 {
    let (lat, other) = (from.0.to_radians(), to.0.to_radians());
    let north = ((other - lat) / 2.0).sin().powi(2);
    let east = ((to.1 - from.1).to_radians() / 2.0).sin().powi(2);
    let share = north + lat.cos() * other.cos() * east;
    2.0 * EARTH_RADIUS_M * share.clamp(0.0, 1.0).sqrt().asin()
}
