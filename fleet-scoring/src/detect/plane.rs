//! Horizontal acceleration and yaw rate of a leg, in whatever frame it was recorded.

use std::ops::Range;

use super::{
    Frame,
    leg::{Leg, Point, median},
};
use crate::signal::{
    Gravity, STEP_S, cast,
    grid::WEIGHT_S,
    vector::{Vec2, Vec3, dot3, horizontal_axes, main_direction},
};

/// The motion of a leg in the horizontal plane of its sensor, point by point.
#[derive(Debug, Default)]
pub(super) struct Plane {
    /// Acceleration, g.
    pub(super) accel: Vec<Vec2>,
    /// Yaw rate, degrees per second, positive to the left; empty without a gyroscope.
    pub(super) yaw: Vec<f64>,
    /// Whether there is enough signal.
    pub(super) sound: Vec<bool>,
    /// The energy of vibration, in any unit.
    pub(super) shake: Vec<f64>,
    /// Parts between which the sensor was moved.
    pub(super) parts: Vec<Range<usize>>,
    /// Whether the device has subtracted gravity.
    pub(super) levelled: bool,
    /// Samples per second, at most 200.
    pub(super) rate_hz: f64,
}

/// A point needs this share of the usual weight of samples. Our choice: half a filter without
/// samples is a gap.
const SOUND_SHARE: f64 = 0.6;
/// Gravity is compared between windows of this many points.
const WINDOW: usize = 300;
/// A mounting has changed if gravity turned by more, degrees. Our choice: half a minute of full
/// acceleration tilts the mean by 10 degrees.
const MOVED_DEG: f64 = 20.0;

impl Plane {
    /// The plane of a leg. `None` without acceleration.
    pub(super) fn of(leg: &Leg, frame: Frame, has_up: bool, has_yaw: bool) -> Option<Self> {
        let weights = leg.points.iter().map(|point| f64::from(point[0]));
        let usual = median(weights.filter(|weight| *weight > 0.0).collect())?;
        let sound = |point: &Point| f64::from(point[0]) >= SOUND_SHARE * usual;
        let mut plane = Self {
            sound: leg.points.iter().map(sound).collect(),
            shake: leg
                .points
                .iter()
                .map(|point| f64::from(point[4] / point[0]))
                .collect(),
            rate_hz: usual / WEIGHT_S,
            ..Self::default()
        };
        let everything = 0..leg.points.len();
        let mut gravity = Gravity::default();
        for point in &leg.points {
            gravity.add(accel(point));
        }
        plane.levelled = has_up && gravity.per_g().is_none() || frame == Frame::Earth;
        if frame == Frame::Device {
            for part in mountings(leg, &plane.sound) {
                plane.add_mounting(leg, part, has_yaw);
            }
        } else {
            let points = leg.points.iter();
            plane.accel = points
                .map(|point| Vec2::new(accel(point)[0], accel(point)[1]))
                .collect();
            if has_yaw {
                plane.yaw = leg.points.iter().map(|point| gyro(point)[2]).collect();
            }
            plane.parts.push(everything);
        }
        // A yaw rate that is missing for a moment counts as straight driving.
        for yaw in plane.yaw.iter_mut().filter(|yaw| !yaw.is_finite()) {
            *yaw = 0.0;
        }
        for (accel, sound) in plane.accel.iter_mut().zip(&mut plane.sound) {
            if !(accel.x + accel.y).is_finite() {
                (*accel, *sound) = (Vec2::ZERO, false);
            }
        }
        Some(plane)
    }

    /// Turns the points of one mounting into its horizontal plane.
    fn add_mounting(&mut self, leg: &Leg, part: Range<usize>, has_yaw: bool) {
        let points = leg.points.get(part.clone()).unwrap_or_default();
        let mut gravity = Gravity::default();
        for (point, _) in points
            .iter()
            .zip(sound_of(&self.sound, &part))
            .filter(|(_, sound)| **sound)
        {
            gravity.add(accel(point));
        }
        let unit = gravity.per_g().unwrap_or(1.0);
        let up = gravity
            .up()
            .or_else(|| main_turn_axis(points).filter(|_| has_yaw));
        let up = up
            .or_else(|| calmest_axis(points))
            .unwrap_or([0.0, 0.0, 1.0]);
        let Some((ahead, left)) = horizontal_axes(up) else {
            return;
        };
        self.accel.extend(points.iter().map(|point| {
            let accel = accel(point);
            Vec2::new(dot3(accel, ahead) / unit, dot3(accel, left) / unit)
        }));
        if has_yaw {
            self.yaw
                .extend(points.iter().map(|point| dot3(gyro(point), up)));
        }
        self.parts.push(part);
    }
}

fn sound_of<'a>(sound: &'a [bool], part: &Range<usize>) -> &'a [bool] {
    sound.get(part.clone()).unwrap_or_default()
}

pub(super) fn accel([weight, x, y, z, ..]: &Point) -> Vec3 {
    [x, y, z].map(|axis| f64::from(axis / weight))
}

fn gyro([_, _, _, _, _, weight, x, y, z, ..]: &Point) -> Vec3 {
    [x, y, z].map(|axis| f64::from(axis / weight))
}

/// The parts of a leg between which gravity turned.
fn mountings(leg: &Leg, sound: &[bool]) -> Vec<Range<usize>> {
    let mut parts: Vec<(Range<usize>, Gravity)> = Vec::new();
    let mut start = 0;
    for (points, sound) in leg.points.chunks(WINDOW).zip(sound.chunks(WINDOW)) {
        let mut here = Gravity::default();
        for (point, _) in points.iter().zip(sound).filter(|(_, sound)| **sound) {
            here.add(accel(point));
        }
        let end = start + points.len();
        match parts.last_mut() {
            Some((part, gravity))
                if here.per_g().is_none()
                    || gravity.per_g().is_none()
                    || gravity
                        .angle_deg(&here)
                        .is_none_or(|angle| angle <= MOVED_DEG) =>
            {
                part.end = end;
                gravity.merge(&here);
            }
            _ => parts.push((start..end, here)),
        }
        start = end;
    }
    parts.into_iter().map(|(part, _)| part).collect()
}

/// The axis that a device without gravity turns about: vehicles turn about the vertical.
fn main_turn_axis(points: &[Point]) -> Option<Vec3> {
    main_direction(products(points.iter().map(gyro), false))
}

/// The axis of the least acceleration, after the filter has removed vibration: the vertical.
fn calmest_axis(points: &[Point]) -> Option<Vec3> {
    main_direction(products(points.iter().map(accel), true))
}

/// Sums of products; with `least`, their complement, whose main direction is that of the least
/// scatter.
fn products(vectors: impl Iterator<Item = Vec3>, least: bool) -> [Vec3; 3] {
    let mut sums = [[0.0; 3]; 3];
    for vector in vectors.filter(|vector| vector.iter().all(|axis| axis.is_finite())) {
        for (row, a) in sums.iter_mut().zip(vector) {
            for (sum, b) in row.iter_mut().zip(vector) {
                *sum += a * b;
            }
        }
    }
    if least {
        let [[a, ..], [_, b, _], [.., c]] = sums;
        let trace = a + b + c;
        sums = sums.map(|row| row.map(|value| -value));
        let [[a, ..], [_, b, _], [.., c]] = &mut sums;
        *a += trace;
        *b += trace;
        *c += trace;
    }
    sums
}

/// Points in this many seconds.
pub(super) fn points_in(seconds: f64) -> usize {
    cast::index(seconds / STEP_S + 0.5)
}
