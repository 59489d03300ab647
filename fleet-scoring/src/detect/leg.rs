//! An uninterrupted part of a recording, on the grid.

use crate::signal::{STEP_S, cast};

/// Sums at a point: three axes and their weight.
pub(super) type Point = [f32; 4];

/// A part of a recording without a long silence.
#[derive(Clone, Debug, Default)]
pub(super) struct Leg {
    /// The time of its first point.
    pub(super) origin_s: f64,
    /// Accelerations at each point.
    pub(super) accel: Vec<Point>,
    /// Turn rates at each point; empty without a gyroscope.
    pub(super) turn: Vec<Point>,
    /// Vibration between each point and the next: the sum of the squared steps from sample to
    /// sample, and their number.
    pub(super) shake: Vec<[f32; 2]>,
    pub(super) speed: Readings,
    pub(super) course: Readings,
}

impl Leg {
    /// The course, degrees, at each point: that of the last reading, at most 2.5 s before.
    pub(super) fn course_on_grid(&self) -> Vec<f64> {
        let mut readings = self.course.points.iter().peekable();
        let mut last: Option<(f64, f32)> = None;
        let course = (0..self.accel.len()).map(|point| {
            let now = point as f64 * STEP_S;
            while let Some(reading) = readings.next_if(|(at, _)| *at <= now) {
                last = Some(*reading);
            }
            last.filter(|(at, _)| now - at <= 2.5)
                .map_or(f64::NAN, |(_, course)| f64::from(course))
        });
        course.collect()
    }
}

/// Readings that come more rarely than samples: at most ten a second.
#[derive(Clone, Debug, Default)]
pub(super) struct Readings {
    /// Seconds since the origin, and the value.
    pub(super) points: Vec<(f64, f32)>,
}

/// A value that is repeated is not a new reading, until it has been repeated for this long,
/// seconds: receivers report once a second, and recorders repeat what they know.
const REPEAT_S: f64 = 0.95;
/// Readings are at least this far apart, seconds; the last one counts.
const APART_S: f64 = 0.095;

impl Readings {
    pub(super) fn add(&mut self, at: f64, value: f32) {
        if let Some((then, last)) = self.points.last_mut() {
            let repeated = last.to_bits() == value.to_bits();
            if at - *then < APART_S || (repeated && at - *then < REPEAT_S) {
                return;
            }
        }
        self.points.push((at, value));
    }

    /// The median interval between readings, seconds.
    pub(super) fn interval_s(&self) -> Option<f64> {
        let pairs = self.points.windows(2).filter_map(|pair| match pair {
            [(a, _), (b, _)] => Some(b - a),
            _ => None,
        });
        median(pairs.collect())
    }
}

/// The middle value; NaN counts as large.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let (_, value, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    Some(*value)
}

/// The value at a share of the sorted values.
pub(super) fn quantile(values: &mut [f64], share: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let place = cast::index(share * last as f64 + 0.5).min(last);
    let (_, value, _) = values.select_nth_unstable_by(place, f64::total_cmp);
    Some(*value)
}
