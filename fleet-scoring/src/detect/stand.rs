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
    let smooth = smoothed(shake, &plane.sound);
    let mut known: Vec<f64> = spread(&smooth, MANY)
        .map(|shake| f64::from(*shake))
        .filter(|shake| shake.is_finite())
        .collect();
    let (Some(floor), Some(usual)) = (quantile(&mut known, 0.02), quantile(&mut known, 0.5)) else {
        return vec![false; plane.sound.len()];
    };
    if usual < FLOOR_FACTOR * floor || usual <= 0.0 {
        return vec![false; plane.sound.len()];
    }
    // Between the floor and the usual level, in logarithms a third of the way up.
    let limit = floor.max(usual * 1e-6) * (usual / floor.max(usual * 1e-6)).powf(1.0 / 3.0);
    let turning = plane
        .yaw
        .iter()
        .map(|yaw| yaw.abs())
        .chain(std::iter::repeat(0.0));
    let still = smooth.iter().zip(turning);
    runs(still.map(|(shake, yaw)| f64::from(*shake) < limit && yaw < TURNING_DEG_S))
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
