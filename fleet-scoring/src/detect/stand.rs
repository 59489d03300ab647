//! When the vehicle stands still.

use super::{
    leg::quantile,
    plane::{MANY, Plane, points_in, spread},
};

/// For each point, whether the vehicle stands still: by its speed where that is known, else
/// because vibration is at its floor and nothing turns. All false if the leg has no floor that
/// stands out.
pub(super) fn standing(plane: &Plane, speed: &[f64]) -> Vec<bool> {
    if speed.iter().any(|speed| speed.is_finite()) {
        return runs(speed.iter().map(|speed| *speed < STILL_KMH));
    }
    let smooth = smoothed(&plane.shake, &plane.sound);
    let mut known: Vec<f64> = spread(&smooth, MANY)
        .copied()
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
    runs(still.map(|(shake, yaw)| *shake < limit && yaw < TURNING_DEG_S))
}

/// Slower than this is standing, km/h. Our choice: wheel sensors count from 1 to 2 km/h.
const STILL_KMH: f64 = 2.0;
/// Turning faster than this is driving; includes the bias of a gyroscope.
const TURNING_DEG_S: f64 = 2.5;
/// Where the usual vibration is less than this many times the floor, a floor does not stand out.
const FLOOR_FACTOR: f64 = 4.0;
/// A shorter pause is not a standstill, seconds.
const SHORTEST_S: f64 = 1.5;

/// Means over a second.
fn smoothed(values: &[f32], sound: &[bool]) -> Vec<f64> {
    let half = points_in(0.5);
    let mut sums = Vec::with_capacity(values.len() + 1);
    let (mut sum, mut count) = (0.0, 0.0);
    sums.push((sum, count));
    for (value, sound) in values.iter().zip(sound) {
        if *sound && value.is_finite() {
            sum += f64::from(*value);
            count += 1.0;
        }
        sums.push((sum, count));
    }
    let last = values.len();
    (0..last)
        .map(|point| {
            let ends = sums
                .get(point.saturating_sub(half))
                .zip(sums.get((point + half + 1).min(last)));
            ends.map_or(f64::NAN, |((a, n), (b, m))| (b - a) / (m - n))
        })
        .collect()
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
