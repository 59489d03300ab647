//! Counts samples beyond limits, and sums columns, at the speed of memory.

use crate::Number;

/// Samples per block: 32-bit counters cannot overflow, and the compiler keeps them in vector
/// registers. Measured: the loop then runs at the speed of memory.
const BLOCK: usize = 4096;

/// The range of samples that are not harsh, limits included. A missing sample is not harsh either.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits<T> {
    pub(crate) low: T,
    pub(crate) high: T,
}

/// The number of samples below and above the limits, and of samples that are not missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LimitCounts {
    pub(crate) below: u64,
    pub(crate) above: u64,
    pub(crate) present: u64,
}

impl<T: Number> Limits<T> {
    /// Converts the limits to the precision of a column.
    pub(crate) fn to<U: Number>(self) -> Limits<U> {
        Limits {
            low: U::nearest(self.low.wide()),
            high: U::nearest(self.high.wide()),
        }
    }

    /// Counts a column. Calls `visit` with each block that has samples beyond a limit, and the
    /// index of its first sample.
    pub(crate) fn count(self, column: &[T], mut visit: impl FnMut(usize, &[T])) -> LimitCounts {
        let mut total = LimitCounts::default();
        for (number, block) in column.chunks(BLOCK).enumerate() {
            if self.is_quiet(block) {
                total.present += block.len() as u64;
                continue;
            }
            let (mut below, mut above, mut present) = (0_u32, 0_u32, 0_u32);
            for sample in block {
                below += u32::from(*sample < self.low);
                above += u32::from(*sample > self.high);
                present += u32::from(sample.partial_cmp(sample).is_some());
            }
            total.below += u64::from(below);
            total.above += u64::from(above);
            total.present += u64::from(present);
            if below + above > 0 {
                visit(number * BLOCK, block);
            }
        }
        total
    }

    /// Whether all samples of a block are there and within the limits: one comparison for each, if
    /// the limits are equally far from 0. Most blocks of most trips are.
    fn is_quiet(self, block: &[T]) -> bool {
        let within = |sample: &T| sample.magnitude() <= self.high;
        let symmetric = self.high.wide().to_bits() == (-self.low.wide()).to_bits();
        let loud: u32 = block.iter().map(|sample| u32::from(!within(sample))).sum();
        symmetric && loud == 0
    }
}

/// The sum of the magnitudes, or NaN if a sample is missing. Columns of one length are added in one
/// order.
///
/// Eight independent sums, which the compiler keeps in vector registers; a single sum would be
/// limited by the latency of one addition.
pub(crate) fn sum<T: Number>(column: &[T]) -> f64 {
    let (eights, rest) = column.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for eight in eights {
        for (sum, value) in sums.iter_mut().zip(eight) {
            *sum += value.wide().abs();
        }
    }
    let rest = rest.iter().map(|value| value.wide().abs());
    sums.into_iter().chain(rest).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: Limits<f64> = Limits {
        low: -0.4,
        high: 0.4,
    };

    #[test]
    fn limits_are_strict_in_both_precisions_and_a_missing_sample_is_neither() {
        let wide = [-0.41, -0.4, 0.4, 0.41, f64::NAN, 0.0, 0.400_000_1];
        let outside = SEED.count(&wide, |_, _| {});
        assert_eq!(
            outside,
            LimitCounts {
                below: 1,
                above: 2,
                present: 6
            }
        );
        let narrow = wide.map(f32::nearest);
        let outside = SEED.to::<f32>().count(&narrow, |_, _| {});
        assert_eq!(
            outside,
            LimitCounts {
                below: 1,
                above: 2,
                present: 6
            }
        );
    }

    #[test]
    fn blocks_count_what_one_loop_counts_and_only_those_with_harsh_samples_are_visited() {
        let column: Vec<f32> = (0..3 * BLOCK + 17)
            .map(|i| if i % 5000 == 4999 { -0.5 } else { 0.0 })
            .collect();
        let mut visited = Vec::new();
        let outside = SEED.to::<f32>().count(&column, |start, block| {
            visited.push((start, block.len()));
        });
        assert_eq!((outside.below, outside.above), (2, 0));
        assert_eq!(visited, [(4096, 4096), (8192, 4096)]);
    }

    #[test]
    fn a_block_is_quiet_if_every_sample_is_there_and_within_both_limits() {
        let narrow = SEED.to::<f32>();
        assert!(narrow.is_quiet(&[0.4, -0.4, 0.0]));
        for loud in [0.400_000_1, -0.400_000_1, f32::NAN] {
            assert!(!narrow.is_quiet(&[0.0, loud, 0.1]), "{loud}");
        }
        // Limits of different sizes are counted one by one.
        let uneven = Limits {
            low: -0.3,
            high: 0.4,
        };
        assert_eq!(uneven.count(&[-0.35], |_, _| {}).below, 1);
    }
}
