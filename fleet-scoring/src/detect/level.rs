//! The slow part of an acceleration: slope of the road, and what is left of gravity.

use super::{leg::median, plane::points_in};
use crate::signal::cast;

/// Windows of this length, seconds. Our choice: longer than any manoeuvre, shorter than a hill.
const WINDOW_S: f64 = 60.0;
/// A window differs from the whole recording by at most this, g: 6 % of slope.
const LARGEST: f64 = 0.06;
/// The fewest points from which the level of a window is taken.
const FEWEST: usize = 200;

/// Subtracts the slow part: the median of each minute, averaged with its neighbours, on straight
/// lines between the middles. A median does not follow manoeuvres, which take less than half of
/// the time.
pub(super) fn subtract_slow(signal: &mut [f64], sound: &[bool]) {
    let known = |values: &[f64], sound: &[bool]| -> Vec<f64> {
        let sound = values.iter().zip(sound).filter(|(_, sound)| **sound);
        sound.map(|(value, _)| *value).collect()
    };
    let Some(overall) = median(known(signal, sound)) else {
        return;
    };
    let window = points_in(WINDOW_S);
    let windows = signal.chunks(window).zip(sound.chunks(window));
    let medians: Vec<f64> = windows
        .map(|(values, sound)| {
            let values = known(values, sound);
            let median = if values.len() < FEWEST {
                None
            } else {
                median(values)
            };
            median
                .unwrap_or(overall)
                .clamp(overall - LARGEST, overall + LARGEST)
        })
        .collect();
    let smooth: Vec<f64> = (0..medians.len())
        .map(|place| {
            let near = medians.iter().take(place + 2).skip(place.saturating_sub(1));
            near.clone().sum::<f64>() / near.count() as f64
        })
        .collect();
    for (point, value) in signal.iter_mut().enumerate() {
        let place = (point as f64 / window as f64 - 0.5).clamp(0.0, (smooth.len() - 1) as f64);
        let (low, share) = (cast::index(place), place.fract());
        let from = cast::at(&smooth, low);
        let to = cast::at(&smooth, (low + 1).min(smooth.len() - 1));
        *value -= from + (to - from) * share;
    }
}
