//! The outline of a column: no more points than a plot can show.

use super::Recording;

/// Lines of a plot, cut where readings are missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outline {
    /// Points, seconds and value, of each unbroken line.
    pub(crate) pieces: Vec<Vec<(f64, f64)>>,
}

/// A longer pause between two readings breaks a line, seconds. Our choice: one period of a slow
/// receiver that lost a reading.
const PAUSE_S: f64 = 2.5;

/// The outline of a column in this many columns of pixels: every reading if there are few, else the
/// least and the greatest of each column of pixels, in the order of their times.
pub(crate) fn outline(recording: &Recording, column: &[f32], pixels: usize) -> Outline {
    let group = (column.len() / pixels.max(1) / 2).max(1);
    let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut last = f64::NEG_INFINITY;
    for (number, samples) in column.chunks(group).enumerate() {
        let first = number * group;
        let readings = (first..)
            .zip(samples)
            .filter(|(_, value)| value.is_finite());
        let by_value = |one: &(usize, &f32), other: &(usize, &f32)| one.1.total_cmp(other.1);
        let (least, most) = (readings.clone().min_by(by_value), readings.max_by(by_value));
        let mut points: Vec<_> = least.into_iter().chain(most).collect();
        points.sort_by_key(|(sample, _)| *sample);
        points.dedup_by_key(|(sample, _)| *sample);
        for (sample, value) in points {
            let Some(time) = recording.time_s(sample) else {
                continue;
            };
            let point = (time, f64::from(*value));
            match pieces.last_mut() {
                Some(piece) if time - last <= PAUSE_S => piece.push(point),
                _ => pieces.push(vec![point]),
            }
            last = time;
        }
    }
    Outline { pieces }
}

/// The range of all values, a little wider.
pub(crate) fn range<'a>(outlines: impl Iterator<Item = &'a Outline>) -> (f64, f64) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for (_, value) in outlines.flat_map(|outline| outline.pieces.iter().flatten()) {
        low = low.min(*value);
        high = high.max(*value);
    }
    if low > high {
        return (-1.0, 1.0);
    }
    let space = ((high - low) * 0.05).max(1e-3);
    (low - space, high + space)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::{Clock, Frame, Gravity};

    fn recording(speed: Vec<f32>, hz: f64) -> Recording {
        Recording {
            name: "test".to_owned(),
            clock: Clock::Rate(hz),
            frame: Frame::Vehicle,
            gravity: Gravity::Removed,
            acceleration: None,
            turn_rate: None,
            yaw_rate: None,
            speed: Some(speed),
            class: None,
        }
    }

    #[test]
    fn a_single_shock_among_many_samples_stays_visible() {
        let mut column = vec![0.0; 100_000];
        column[54_321] = -3.0;
        let recording = recording(column.clone(), 16_000.0);
        let outline = outline(&recording, &column, 500);
        let points = outline.pieces.iter().flatten();
        assert!(points.clone().count() <= 2100);
        assert!(points.clone().any(|(time, value)| {
            (*time - 54_321.0 / 16_000.0).abs() < 1e-9 && (*value + 3.0).abs() < 1e-9
        }));
        assert!(
            outline
                .pieces
                .iter()
                .flatten()
                .is_sorted_by(|one, two| one.0 <= two.0)
        );
    }

    #[test]
    fn a_line_goes_over_single_missing_readings_and_breaks_at_a_pause() {
        let mut column = vec![1.0; 20];
        column[5] = f32::NAN;
        column[10..14].fill(f32::NAN);
        let outline = outline(&recording(column.clone(), 1.0), &column, 500);
        let lengths: Vec<_> = outline.pieces.iter().map(Vec::len).collect();
        assert_eq!(lengths, [9, 6]);
    }

    #[test]
    fn the_range_of_nothing_and_of_a_constant_is_not_empty() {
        assert_eq!(range([].iter()), (-1.0, 1.0));
        let constant = Outline {
            pieces: vec![vec![(0.0, 2.0), (1.0, 2.0)]],
        };
        let (low, high) = range([constant].iter());
        assert!(low < 2.0 && 2.0 < high);
    }
}
