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

/// Finds the runs in a signal, g. Runs that are at most the gap apart are one, unless a point
/// between them is not sound.
pub(super) fn excursions(
    signal: impl Iterator<Item = (f64, bool)>,
    level: &Level,
    merge_gap_s: f64,
) -> Vec<Excursion> {
    let gap = points_in(merge_gap_s);
    let mut found = Vec::new();
    let mut open: Option<Excursion> = None;
    // What came since the end of the open run: it belongs to it if the run goes on.
    let mut since = 0.0;
    for (point, (value, sound)) in signal.enumerate() {
        if !sound || open.is_some_and(|open| point - open.end > gap) {
            found.extend(open.take());
        }
        if !sound {
            continue;
        }
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
        let signal = values.iter().map(|value| (*value, value.is_finite()));
        let found = excursions(signal, &LEVEL, 0.3);
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
