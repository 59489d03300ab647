//! What lies between two events, by speed and by position.

use std::time::Duration;

use super::{Fault, Fix, MeterOptions, Method, Segment, can_drive, to_um};
use crate::units::Speed;

/// Mean radius of the Earth, metres: (2a + b) / 3 of WGS 84, as the IUGG defines it.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// What is kept of the newest event.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Last {
    pub(super) at: i64,
    kmh: Option<f64>,
    place: Option<(f64, f64)>,
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
}

/// Micrometres between two events by either way; `None` where one cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Bridge {
    speed: Option<i64>,
    position: Option<i64>,
}

/// No way at all, so far.
impl Default for Bridge {
    fn default() -> Self {
        Self {
            speed: Some(0),
            position: Some(0),
        }
    }
}

impl Bridge {
    pub(super) fn between(last: &Last, now: &Last, options: &MeterOptions) -> Self {
        let us = now.at.saturating_sub(last.at);
        let short = Duration::from_micros(us.unsigned_abs()) <= options.bridge;
        let speed = last
            .kmh
            .zip(now.kmh)
            .filter(|_| short)
            .map(|(from, to)| to_um(f64::midpoint(from, to).abs() / 3.6 * us as f64 / 1e6));
        // A place that cannot have been reached is a fault of the receiver (0, 0 among them).
        let position = last
            .place
            .zip(now.place)
            .map(|(from, to)| to_um(great_circle_m(from, to)))
            .filter(|um| *um <= can_drive(us, options));
        Self { speed, position }
    }

    pub(super) fn add(&mut self, other: &Self) {
        let sum = |a: Option<i64>, b: Option<i64>| a?.checked_add(b?);
        self.speed = sum(self.speed, other.speed);
        self.position = sum(self.position, other.position);
    }

    pub(super) fn best(&self) -> Option<i64> {
        self.speed.or(self.position)
    }

    /// What was driven by speed, if its mean was above a limit.
    pub(super) fn faster_than(&self, kmh: f64, time: Duration) -> i64 {
        let least = to_um(kmh / 3.6 * time.as_secs_f64());
        self.speed.filter(|um| *um > least).unwrap_or(0)
    }

    /// The stretch by estimate: by speed, but by position first where the odometer jumped.
    pub(super) fn segment(&self, from: i64, to: i64, fault: Option<Fault>) -> Segment {
        let speed = self.speed.map(|um| (um, Method::Speed));
        let position = self.position.map(|um| (um, Method::Position));
        let (um, method) = match fault {
            Some(Fault::Jump) => position.or(speed),
            _ => speed.or(position),
        }
        .unzip();
        Segment {
            method,
            fault,
            ..Segment::measured(from, to, um.unwrap_or(0))
        }
    }
}

/// The haversine formula (R. W. Sinnott, Sky and Telescope 68, 1984): on a sphere, so right to 0.5 %.
fn great_circle_m(from: (f64, f64), to: (f64, f64)) -> f64 {
    let (lat, other) = (from.0.to_radians(), to.0.to_radians());
    let north = ((other - lat) / 2.0).sin().powi(2);
    let east = ((to.1 - from.1).to_radians() / 2.0).sin().powi(2);
    let share = north + lat.cos() * other.cos() * east;
    2.0 * EARTH_RADIUS_M * share.clamp(0.0, 1.0).sqrt().asin()
}
