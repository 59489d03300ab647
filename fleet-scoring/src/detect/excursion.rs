//! Runs of a signal at or above a level.

use super::{plane::points_in, thresholds::Level};
use crate::signal::{STANDARD, STEP_S};

/// A run of points at or above an exit level whose peak reaches the enter level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Excursion {
    /// Its first and its last point.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The largest value, g, and its point.
    pub(super) peak: f64,
    pub(super) peak_at: usize,
    /// The change of speed, km/h.
    pub(super) change_kmh: f64,
}

/// The change of speed, km/h, of 1 g for the time between two points.
const KMH: f64 = STANDARD * STEP_S * 3.6;

/// Points that are passed over at once where nothing reaches a level.
const BLOCK: usize = 32;

/// The first point from `start` on whose value, with this sign, is at least a level.
///
/// Most of a drive is below it, so blocks are counted first, by vector instructions.
fn first_at(signal: &[f64], sign: f64, level: f64, start: usize) -> Option<usize> {
    let rest = signal.get(start..)?;
    let reached = |block: &[f64]| {
        let count: u64 = block
            .iter()
            .map(|value| u64::from(sign * value >= level))
            .sum();
        count > 0
    };
    let block = rest.chunks(BLOCK).position(reached)?;
    let inside = rest.iter().skip(block * BLOCK);
    let offset = inside.take(BLOCK).position(|value| sign * value >= level)?;
    Some(start + block * BLOCK + offset)
}

/// What a signal, with this sign, has above a level, added up over the points that are sound.
pub(super) fn beyond(signal: &[f64], sound: &[bool], sign: f64, level: f64) -> f64 {
    let mut sum = 0.0;
    for (values, sound) in signal.chunks(BLOCK).zip(sound.chunks(BLOCK)) {
        if first_at(values, sign, level, 0).is_some() {
            for (value, _) in values.iter().zip(sound).filter(|(_, sound)| **sound) {
                sum += (sign * value - level).max(0.0);
            }
        }
    }
    sum
}

/// Finds the runs in a signal, g, with this sign. Runs that are at most the gap apart are one,
/// unless a point between them is not sound.
pub(super) fn excursions(
    signal: &[f64],
    sound: &[bool],
    sign: f64,
    level: &Level,
    merge_gap_s: f64,
) -> Vec<Excursion> {
    let gap = points_in(merge_gap_s);
    let mut found = Vec::new();
    let mut next = first_at(signal, sign, level.exit_g, 0);
    while let Some(start) = next {
        let points = signal.iter().zip(sound).enumerate().skip(start);
        let mut open: Option<Excursion> = None;
        // What came since the end of the open run: it belongs to it if the run goes on.
        let mut since = 0.0;
        for (point, (value, sound)) in points {
            let over = open.is_some_and(|open| point - open.end > gap);
            if !sound || over {
                break;
            }
            let value = sign * value;
            let change = value * KMH;
            if value < level.exit_g {
                since += change;
                continue;
            }
            match &mut open {
                Some(open) => {
                    open.end = point;
                    open.change_kmh += since + change;
                    if value > open.peak {
                        (open.peak, open.peak_at) = (value, point);
                    }
                }
                None => {
                    open = Some(Excursion {
                        start: point,
                        end: point,
                        peak: value,
                        peak_at: point,
                        change_kmh: change,
                    });
                }
            }
            since = 0.0;
        }
        found.extend(open);
        // A point that ended a run by its distance may begin the next one.
        let after = open.map_or(start, |open| open.end) + 1;
        next = first_at(signal, sign, level.exit_g, after);
    }
    found.retain(|run| {
        let lasts = (run.end - run.start + 1) as f64 * STEP_S;
        run.peak >= level.enter_g
            && lasts >= level.min_duration_s - STEP_S / 2.0
            && run.change_kmh >= level.min_change_kmh
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVEL: Level = Level {
        enter_g: 0.3,
        exit_g: 0.2,
        min_duration_s: 0.5,
        min_change_kmh: 5.0,
    };

    fn spans(values: &[f64]) -> Vec<(usize, usize)> {
        let sound: Vec<bool> = values.iter().map(|value| value.is_finite()).collect();
        let found = excursions(values, &sound, 1.0, &LEVEL, 0.3);
        found.iter().map(|run| (run.start, run.end)).collect()
    }

    fn signal(parts: &[(usize, f64)]) -> Vec<f64> {
        parts
            .iter()
            .flat_map(|(count, value)| vec![*value; *count])
            .collect()
    }

    #[test]
    fn a_run_begins_and_ends_at_the_exit_level_and_needs_the_enter_level_once() {
        assert_eq!(
            spans(&signal(&[
                (5, 0.1),
                (3, 0.2),
                (4, 0.3),
                (2, 0.25),
                (5, 0.19)
            ])),
            [(5, 13)]
        );
        assert!(spans(&signal(&[(5, 0.1), (20, 0.299), (5, 0.1)])).is_empty());
    }

    #[test]
    fn a_notch_is_merged_and_a_longer_one_or_a_gap_is_not() {
        let notched = |length, value| signal(&[(8, 0.35), (length, value), (8, 0.35)]);
        assert_eq!(spans(&notched(2, 0.0)), [(0, 17)]);
        assert_eq!(spans(&notched(3, 0.0)), [(0, 7), (11, 18)]);
        assert_eq!(spans(&notched(1, f64::NAN)), [(0, 7), (9, 16)]);
    }

    #[test]
    fn a_shock_is_no_run_and_neither_is_a_change_of_speed_that_is_too_small() {
        assert!(spans(&signal(&[(5, 0.0), (4, 0.9), (5, 0.0)])).is_empty());
        // Half a second at 0.3 g: 5.3 km/h.
        assert_eq!(spans(&signal(&[(5, 0.3)])).len(), 1);
        assert!(spans(&signal(&[(1, 0.3), (4, 0.22)])).is_empty());
    }
}
