//! Speed and course on the grid, and what follows from them.

use super::leg::Readings;
use crate::signal::{STANDARD, STEP_S, Slope, cast};

/// Readings that are farther apart are not joined, seconds. Our choice: two periods of 1 Hz, and
/// some jitter.
const JOIN_S: f64 = 2.5;
/// Half the window of the line through speeds, seconds. Three readings at 1 Hz.
const HALF_LINE_S: f64 = 1.05;

/// Speeds of a leg on its grid; NaN where unknown.
#[derive(Debug, Default)]
pub(super) struct SpeedTrack {
    /// km/h; empty without any speed, as is the other.
    pub(super) kmh: Vec<f64>,
    /// The acceleration that the speed shows, g.
    pub(super) change_g: Vec<f64>,
}

impl SpeedTrack {
    pub(super) fn of(readings: &Readings, length: usize) -> Self {
        if readings.points.is_empty() {
            return Self::default();
        }
        let (times, values): (Vec<f64>, Vec<f32>) = readings.points.iter().copied().unzip();
        let mut slopes = Vec::with_capacity(times.len());
        let mut slope = Slope::new(HALF_LINE_S);
        slope.push(&times, &values, &mut slopes);
        slope.finish(&mut slopes);
        let kmh: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
        let per_g = 3.6 * STANDARD;
        let slopes: Vec<f64> = slopes.iter().map(|slope| slope / per_g).collect();
        Self {
            kmh: on_grid(&times, &kmh, length),
            change_g: on_grid(&times, &slopes, length),
        }
    }

    /// Metres driven; `None` without speeds.
    pub(super) fn distance_m(&self) -> Option<f64> {
        let known = self.kmh.iter().filter(|kmh| kmh.is_finite());
        let (mut sum, mut count) = (0.0, 0_u64);
        for kmh in known {
            sum += kmh.abs();
            count += 1;
        }
        (count > 1).then(|| sum / 3.6 * STEP_S)
    }
}

/// The lateral acceleration that speed and course show, and the yaw rate, positive to the left.
pub(super) fn turning(
    course: &Readings,
    speed: &SpeedTrack,
    length: usize,
) -> (Vec<f64>, Vec<f64>) {
    let mut turned = 0.0_f64;
    let mut last: Option<f32> = None;
    let (mut times, mut angles) = (Vec::new(), Vec::new());
    for (at, degrees) in &course.points {
        // The shorter way round; course is clockwise, yaw is not.
        let step = last.map_or(0.0, |last| f64::from(*degrees) - f64::from(last));
        turned -= (step + 180.0).rem_euclid(360.0) - 180.0;
        last = Some(*degrees);
        times.push(*at);
        angles.push(cast::narrow(turned));
    }
    let mut rates = Vec::new();
    let mut slope = Slope::new(HALF_LINE_S);
    slope.push(&times, &angles, &mut rates);
    slope.finish(&mut rates);
    let yaw = on_grid(&times, &rates, length);
    let lateral = yaw.iter().zip(&speed.kmh).map(|(yaw, kmh)| {
        // The course of a vehicle that hardly moves is noise.
        let moving = if *kmh < SLOWEST_KMH { 0.0 } else { 1.0 };
        moving * yaw.to_radians() * kmh / 3.6 / STANDARD
    });
    let lateral = lateral.collect();
    (lateral, yaw)
}

/// Below this, a course from positions is noise, km/h. Our choice.
const SLOWEST_KMH: f64 = 10.0;

/// Values on the grid, on straight lines between readings that are close enough.
fn on_grid(times: &[f64], values: &[f64], length: usize) -> Vec<f64> {
    let mut result = vec![f64::NAN; length];
    for (times, values) in times.windows(2).zip(values.windows(2)) {
        let ([a, b], [from, to]) = (times, values) else {
            continue;
        };
        if b - a > JOIN_S || b <= a || !(from + to).is_finite() {
            continue;
        }
        let first = cast::index((a / STEP_S).ceil());
        let end = cast::index(b / STEP_S) + 1;
        for (point, slot) in result.iter_mut().enumerate().take(end).skip(first) {
            let share = (point as f64 * STEP_S - a) / (b - a);
            *slot = from + (to - from) * share;
        }
    }
    result
}
