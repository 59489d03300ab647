//! The rule of FleetFlow over samples that come in chunks.

use super::{
    Clock, SignalColumns,
    block::{blocks, reaches},
    columns::ACCEL,
};
use crate::TripSums;

/// Counts the samples that FleetFlow charges for, in chunks: what
/// [`SeedFleetflow`](crate::SeedFleetflow) counts in columns that lie in memory as a whole.
///
/// # Units
/// Longitudinal acceleration in g. Strictly below -0.4 is harsh braking, above 0.4 rapid
/// acceleration.
///
/// # Guarantees
/// Any division into chunks gives the same sums. A missing sample is counted as a sample and not
/// as measured. There is no distance: the score does not depend on it.
///
/// # Cost
/// Constant memory; time as for a plain sum of the column.
///
/// # References
/// [`SeedFleetflow`](crate::SeedFleetflow), which turns the sums into a score.
///
/// # Examples
/// ```
/// use fleet_scoring::{SeedFleetflow, detect::{Clock, SeedTrip, SignalColumns}};
/// let mut trip = SeedTrip::default();
/// for chunk in [[0.1_f32, -0.5], [-0.6, 0.0]] {
///     let column = ndarray::ArrayView1::from(&chunk);
///     trip.push(&SignalColumns::new(Clock::Rate(10.0)).with_longitudinal(column));
/// }
/// let sums = trip.finish();
/// assert_eq!((sums.samples, sums.harsh_braking, sums.duration_us), (4, 2, Some(300_000)));
/// assert_eq!(SeedFleetflow::default().score_sums(&sums).value, Some(90));
/// ```
#[derive(Clone, Debug, Default)]
pub struct SeedTrip {
    sums: TripSums,
    rate_hz: Option<f64>,
    /// The first and the last time.
    span_s: Option<(f64, f64)>,
}

/// The limit of the described system, g, to either side.
const LIMIT: f32 = 0.4;

impl SeedTrip {
    /// Takes the next rows. Without a longitudinal acceleration they are missing samples.
    pub fn push(&mut self, chunk: &SignalColumns<'_>) {
        let rows = chunk.len();
        self.sums.samples += rows as u64;
        match &chunk.clock {
            Clock::Rate(hz) => self.rate_hz = Some(*hz),
            Clock::Times(times) => {
                if let (Some(first), Some(last)) = (times.get(0), times.get(rows.wrapping_sub(1))) {
                    let (start, _) = *self.span_s.get_or_insert((*first, *last));
                    self.span_s = Some((start, *last));
                }
            }
        }
        let Some(Some(column)) = chunk.columns.get(ACCEL) else {
            return;
        };
        for (_, block) in blocks(*column, rows) {
            self.sums.measured += block.len() as u64;
            if reaches(&block, LIMIT) {
                self.count(&block);
            }
        }
    }

    /// Counts a block that may have a sample beyond a limit, or a missing one.
    fn count(&mut self, block: &[f32]) {
        let (mut below, mut above, mut missing) = (0_u32, 0_u32, 0_u32);
        for sample in block {
            below += u32::from(*sample < -LIMIT);
            above += u32::from(*sample > LIMIT);
            missing += u32::from(sample.is_nan());
        }
        self.sums.harsh_braking += u64::from(below);
        self.sums.rapid_accel += u64::from(above);
        self.sums.measured -= u64::from(missing);
    }

    /// The sums of the trip. The duration is unknown without a rate or times.
    pub fn finish(self) -> TripSums {
        let seconds = match (self.span_s, self.rate_hz) {
            (Some((first, last)), _) => Some(last - first),
            (None, Some(hz)) => Some(self.sums.samples.saturating_sub(1) as f64 / hz),
            (None, None) => None,
        };
        let seconds = seconds.filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cast saturates, after 292,000 years"
        )]
        let micros = |seconds: f64| (seconds * 1e6).round() as i64;
        TripSums {
            duration_us: seconds.map(micros),
            distance_um: None,
            ..self.sums
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SeedFleetflow, TripColumns, signal::cast};
    use ndarray::ArrayView1;

    #[test]
    fn prop_any_chunks_count_what_the_profile_counts_in_whole_columns() {
        let mut state = 11_u64;
        let mut random = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            state >> 33
        };
        let column: Vec<f32> = (0..50_000)
            .map(|row| match random() % 4000 {
                0 => f32::NAN,
                1..4 => 0.4,
                // A part without anything beyond the limits, and one with much.
                _ if row < 20_000 => cast::narrow((random() % 79) as f64 / 100.0 - 0.39),
                _ => cast::narrow((random() % 100) as f64 / 100.0 - 0.5),
            })
            .collect();
        let whole =
            SeedFleetflow::default().score(&TripColumns::new(column.clone()).with_rate(80.0));
        assert!(whole.sums.harsh_braking > 1000 && whole.sums.measured < 50_000);
        for most in [7, 3000, 50_000] {
            let mut trip = SeedTrip::default();
            let mut left = column.as_slice();
            while !left.is_empty() {
                let (now, later) =
                    left.split_at(cast::index((random() % most + 1) as f64).min(left.len()));
                trip.push(
                    &SignalColumns::new(Clock::Rate(80.0)).with_longitudinal(ArrayView1::from(now)),
                );
                left = later;
            }
            assert_eq!(
                trip.finish(),
                TripSums {
                    distance_um: None,
                    ..whole.sums
                }
            );
        }
    }

    #[test]
    fn times_give_the_duration_and_strides_give_what_a_copy_gives() {
        let pairs = ndarray::array![[0.5_f32, -0.9], [0.1, -0.9], [-0.5, -0.9]];
        let times = ndarray::array![10.0, 10.5, 12.0];
        let mut trip = SeedTrip::default();
        let columns = SignalColumns::new(Clock::Times(times.view()));
        trip.push(&columns.with_longitudinal(pairs.column(0)));
        let sums = trip.finish();
        assert_eq!((sums.harsh_braking, sums.rapid_accel), (1, 1));
        assert_eq!((sums.measured, sums.duration_us), (3, Some(2_000_000)));
        assert_eq!(SeedTrip::default().finish().duration_us, None);
    }
}
