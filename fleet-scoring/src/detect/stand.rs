//! When the vehicle stands still.

use super::{
    leg::quantile,
    plane::{MANY, Plane, points_in, spread},
};
use crate::signal::cast;

/// For each point, whether the vehicle stands still: by its speed where that is known, else
/// because vibration is at its floor and nothing turns. All false if the leg has no floor that
/// stands out.
pub(super) fn standing(plane: &Plane, shake: &[[f32; 2]], speed: &[f64]) -> Vec<bool> {
    if speed.iter().any(|speed| speed.is_finite()) {
        return runs(speed.iter().map(|speed| *speed < STILL_KMH));
    }
    let shake = smoothed(shake, &plane.sound);
    // A vehicle that moves is steered all the time, so its yaw rate is restless; at standstill it
    // has the noise of its sensor. That stands out where the noise of an accelerometer hides the
    // road.
    let restless = restless(&plane.yaw);
    let measure = if restless.is_empty() {
        &shake
    } else {
        &restless
    };
    let Some(limit) = limit(measure) else {
        return vec![false; plane.sound.len()];
    };
    let Some(usual) = quantile(&mut known(&shake), 0.5) else {
        return vec![false; plane.sound.len()];
    };
    let turning = plane.yaw.iter().copied().chain(std::iter::repeat(0.0));
    let still = measure.iter().zip(&shake).zip(turning);
    runs(still.map(|((measure, shake), yaw)| {
        f64::from(*measure) < limit && f64::from(*shake) < usual && yaw.abs() < TURNING_DEG_S
    }))
}

/// The values that are known, or some of them.
fn known(values: &[f32]) -> Vec<f64> {
    let values = spread(values, MANY).map(|value| f64::from(*value));
    values.filter(|value| value.is_finite()).collect()
}

/// What is still, by a measure that is lowest at standstill; `None` if no floor stands out.
fn limit(measure: &[f32]) -> Option<f64> {
    let mut known = known(measure);
    let (floor, usual) = (quantile(&mut known, 0.02)?, quantile(&mut known, 0.5)?);
    if usual < FLOOR_FACTOR * floor || usual <= 0.0 {
        return None;
    }
    // Between the floor and the usual level, in logarithms a third of the way up.
    let floor = floor.max(usual * 1e-6);
    Some(floor * (usual / floor).powf(1.0 / 3.0))
}

/// How much the yaw rate scatters within a second to each side.
fn restless(yaw: &[f64]) -> Vec<f32> {
    let reach = points_in(1.0);
    let at = |point: usize| yaw.get(point).copied().unwrap_or(0.0);
    let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
    let mut add = |value: f64, sign: f64| {
        sum += sign * value;
        squares += sign * value * value;
        count += sign;
        let mean = sum / f64::max(count, 1.0);
        cast::narrow((squares / f64::max(count, 1.0) - mean * mean).max(0.0))
    };
    for point in 0..reach.min(yaw.len()) {
        add(at(point), 1.0);
    }
    let points = 0..yaw.len();
    points
        .map(|point| {
            if let Some(gone) = point.checked_sub(reach + 1) {
                add(at(gone), -1.0);
            }
            let come = point + reach;
            if come < yaw.len() {
                add(at(come), 1.0)
            } else {
                add(0.0, 0.0)
            }
        })
        .collect()
}

/// Slower than this is standing, km/h. Our choice: wheel sensors count from 1 to 2 km/h.
const STILL_KMH: f64 = 2.0;
/// Turning faster than this is driving; includes the bias of a gyroscope.
const TURNING_DEG_S: f64 = 2.5;
/// Where the usual vibration is less than this many times the floor, a floor does not stand out.
const FLOOR_FACTOR: f64 = 4.0;
/// A shorter pause is not a standstill, seconds.
const SHORTEST_S: f64 = 1.5;

/// Vibration over a second, from its sums; NaN where nothing is known.
fn smoothed(shake: &[[f32; 2]], sound: &[bool]) -> Vec<f32> {
    let half = points_in(0.5);
    let known = |point: usize| {
        let pair = shake.get(point).zip(sound.get(point));
        match pair {
            Some(([sum, count], true)) => [f64::from(*sum), f64::from(*count)],
            _ => [0.0; 2],
        }
    };
    let (mut sum, mut count) = (0.0, 0.0);
    for point in 0..half {
        let [come, counted] = known(point);
        sum += come;
        count += counted;
    }
    let points = 0..sound.len();
    let means = points.map(|point| {
        let [come, counted] = known(point + half);
        sum += come;
        count += counted;
        if let Some(gone) = point.checked_sub(half + 1) {
            let [gone, counted] = known(gone);
            sum -= gone;
            count -= counted;
        }
        // What rounding leaves of a sum that became 0 is no vibration.
        cast::narrow(f64::max(sum, 0.0) / count)
    });
    means.collect()
}

/// Keeps the runs that are long enough.
fn runs(still: impl Iterator<Item = bool>) -> Vec<bool> {
    let mut result: Vec<bool> = still.collect();
    let shortest = points_in(SHORTEST_S);
    for run in result.chunk_by_mut(|a, b| a == b) {
        if run.len() < shortest {
            run.fill(false);
        }
    }
    result
}
