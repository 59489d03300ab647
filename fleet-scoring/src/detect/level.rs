//! The slow part of an acceleration: slope of the road, and what is left of gravity.

use super::{
    leg::median,
    plane::{MANY, points_in},
};
use crate::signal::cast;

/// Windows of this length, seconds. Our choice: longer than any manoeuvre, shorter than a hill.
const WINDOW_S: f64 = 60.0;
/// A window differs from the whole recording by at most this, g: 6 % of slope.
const LARGEST: f64 = 0.06;
/// The fewest points from which the level of a window is taken.
const FEWEST: usize = 200;

/// Every third point tells the median: the filter spreads each sample over six.
const EACH: usize = 3;

/// Subtracts the slow part: the median of each minute, averaged with its neighbours, on straight
/// lines between the middles. A median does not follow manoeuvres, which take less than half of
/// the time.
pub(super) fn subtract_slow(signal: &mut [f64], sound: &[bool]) {
    let known = |values: &[f64], sound: &[bool], step: usize| -> Vec<f64> {
        let points = values.iter().zip(sound).step_by(step);
        let sound = points.filter(|(_, sound)| **sound);
        sound.map(|(value, _)| *value).collect()
    };
    let Some(overall) = median(known(signal, sound, signal.len() / MANY + 1)) else {
        return;
    };
    let window = points_in(WINDOW_S);
    let windows = signal.chunks(window).zip(sound.chunks(window));
    let medians: Vec<f64> = windows
        .map(|(values, sound)| {
            let values = known(values, sound, EACH);
            let median = if values.len() < FEWEST / EACH {
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
    // Half a window before the first middle, then from each middle to the next.
    let half = window / 2;
    let ends = smooth.iter().skip(1).chain(smooth.last());
    let (first, rest) = signal.split_at_mut(half.min(signal.len()));
    for value in first {
        *value -= cast::at(&smooth, 0);
    }
    for (part, (from, to)) in rest.chunks_mut(window).zip(smooth.iter().zip(ends)) {
        for (point, value) in (0_u32..).zip(part) {
            *value -= from + (to - from) * (f64::from(point) / window as f64);
        }
    }
}
