//! Estimates of the distance between two events, by speed and by position.

use std::time::Duration;

use super::{Anomaly, Fix, MeterOptions, Method, Segment, to_um};
use crate::data::units::Speed;

/// Mean radius of the Earth in metres: (2a + b) / 3 of WGS 84, as the IUGG defines it.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Latitude and longitude in degrees.
pub(super) type Coordinates = (f64, f64);

/// The state kept of the newest event.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct LastFix {
    pub(super) at: i64,
    kmh: Option<f64>,
    pub(super) place: Option<Coordinates>,
}

impl LastFix {
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

    /// The distance to the next event in micrometres, by the mean of both speeds.
    pub(super) fn by_speed(&self, now: &Self, options: &MeterOptions) -> Option<i64> {
        let us = now.at.saturating_sub(self.at);
        if Duration::from_micros(us.unsigned_abs()) > options.bridge {
            return None;
        }
        let kmh = f64::midpoint(self.kmh?, now.kmh?).abs();
        Some(to_um(kmh / 3.6 * us as f64 / 1e6))
    }
}

/// The evidence for the distance of a segment, apart from the odometer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    pub(super) from: i64,
    pub(super) to: i64,
    /// The distance by speed, in micrometres.
    pub(super) speed: Option<i64>,
    /// The positions of its start and end.
    pub(super) places: (Option<Coordinates>, Option<Coordinates>),
}

impl Evidence {
    /// The distance between start and end in micrometres. A position out of reach is an error of
    /// the receiver (0, 0 among them) and gives `None`.
    fn by_position(&self, options: &MeterOptions) -> Option<i64> {
        let um = to_um(great_circle_m(self.places.0?, self.places.1?));
        (um <= self.can_drive(options)).then_some(um)
    }

    /// The distance covered at top speed, in micrometres.
    pub(super) fn can_drive(&self, options: &MeterOptions) -> i64 {
        to_um(options.top_speed.as_mps() * self.seconds())
    }

    fn seconds(&self) -> f64 {
        self.to.saturating_sub(self.from) as f64 / 1e6
    }

    pub(super) fn best(&self, options: &MeterOptions) -> Option<i64> {
        self.speed.or_else(|| self.by_position(options))
    }

    /// The distance by speed, if its mean exceeds a limit; otherwise 0.
    pub(super) fn faster_than(&self, kmh: f64) -> i64 {
        let least = to_um(kmh / 3.6 * self.seconds());
        self.speed.filter(|um| *um > least).unwrap_or(0)
    }

    /// The segment by estimate: by speed first, but by position first after a jump of the odometer.
    pub(super) fn segment(&self, anomaly: Option<Anomaly>, options: &MeterOptions) -> Segment {
        let speed = self.speed.map(|um| (um, Method::Speed));
        let position = || {
            let um = self.by_position(options);
            um.map(|um| (um, Method::Position))
        };
        let (um, method) = match anomaly {
            Some(Anomaly::Jump) => position().or(speed),
            _ => speed.or_else(position),
        }
        .unzip();
        Segment {
            method,
            anomaly,
            ..Segment::measured(self.from, self.to, um.unwrap_or(0))
        }
    }
}

/// The haversine formula (R. W. Sinnott, Sky and Telescope 68, 1984). It assumes a sphere, so its
/// error is up to 0.5 %.
fn great_circle_m(from: Coordinates, to: Coordinates) -> f64 {
    let (lat, other) = (from.0.to_radians(), to.0.to_radians());
    let north = ((other - lat) / 2.0).sin().powi(2);
    let east = ((to.1 - from.1).to_radians() / 2.0).sin().powi(2);
    let share = north + lat.cos() * other.cos() * east;
    2.0 * EARTH_RADIUS_M * share.clamp(0.0, 1.0).sqrt().asin()
}
