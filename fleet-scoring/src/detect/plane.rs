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
        let weights = spread(&leg.accel, MANY).map(|point| f64::from(weight(point)));
        let usual = median(weights.filter(|weight| *weight > 0.0).collect())?;
        let least = cast::narrow(SOUND_SHARE * usual);
        let mut plane = Self {
            sound: leg
                .accel
                .iter()
                .map(|point| weight(point) >= least)
                .collect(),
            rate_hz: usual / WEIGHT_S,
            ..Self::default()
        };
        let everything = 0..leg.accel.len();
        let mut gravity = Gravity::default();
        if has_up {
            for point in &leg.accel {
                gravity.add(mean(point));
            }
        }
        plane.levelled = has_up && gravity.per_g().is_none() || frame == Frame::Earth;
        if frame == Frame::Device {
            for part in mountings(leg, &plane.sound) {
                plane.add_mounting(leg, part, has_yaw);
            }
        } else {
            let points = leg.accel.iter();
            plane.accel = points
                .map(|point| {
                    let [x, y, _] = mean(point);
                    Vec2::new(x, y)
                })
                .collect();
            if has_yaw {
                let points = leg.turn.iter().map(mean);
                plane.yaw = points.map(|[.., up]| up).collect();
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
        let points = leg.accel.get(part.clone()).unwrap_or_default();
        let turns = leg.turn.get(part.clone()).unwrap_or_default();
        let mut gravity = Gravity::default();
        for (point, _) in points
            .iter()
            .zip(sound_of(&self.sound, &part))
            .filter(|(_, sound)| **sound)
        {
            gravity.add(mean(point));
        }
        let unit = gravity.per_g().unwrap_or(1.0);
        let up = gravity
            .up()
            .or_else(|| main_axis(turns, false).filter(|_| has_yaw));
        let up = up
            .or_else(|| main_axis(points, true))
            .unwrap_or([0.0, 0.0, 1.0]);
        let Some((ahead, left)) = horizontal_axes(up) else {
            return;
        };
        self.accel.extend(points.iter().map(|point| {
            let accel = mean(point);
            Vec2::new(dot3(accel, ahead) / unit, dot3(accel, left) / unit)
        }));
        if has_yaw {
            self.yaw
                .extend(turns.iter().map(|point| dot3(mean(point), up)));
        }
        self.parts.push(part);
    }
}

fn sound_of<'a>(sound: &'a [bool], part: &Range<usize>) -> &'a [bool] {
    sound.get(part.clone()).unwrap_or_default()
}

const fn weight([.., weight]: &Point) -> f32 {
    *weight
}

/// The mean of a point's samples.
fn mean([x, y, z, weight]: &Point) -> Vec3 {
    let share = weight.recip();
    [x, y, z].map(|axis| f64::from(axis * share))
}

/// Some of the elements, evenly spread: the middle of so many says what that of all says.
pub(super) fn spread<T>(elements: &[T], many: usize) -> impl Iterator<Item = &T> {
    elements.iter().step_by(elements.len() / many + 1)
}

/// The elements from which a usual value is taken, at least half as many if there are more.
pub(super) const MANY: usize = 8192;

/// The parts of a leg between which gravity turned.
fn mountings(leg: &Leg, sound: &[bool]) -> Vec<Range<usize>> {
    let mut parts: Vec<(Range<usize>, Gravity)> = Vec::new();
    let mut start = 0;
    for (points, sound) in leg.accel.chunks(WINDOW).zip(sound.chunks(WINDOW)) {
        let mut here = Gravity::default();
        for (point, _) in points.iter().zip(sound).filter(|(_, sound)| **sound) {
            here.add(mean(point));
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

/// An axis of a device without gravity that is vertical: the one that it turns about, as vehicles
/// do, or that of the least acceleration, after the filter has removed vibration.
fn main_axis(points: &[Point], least: bool) -> Option<Vec3> {
    main_direction(products(points.iter().map(mean), least))
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
