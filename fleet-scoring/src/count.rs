//! The counting loop.

use crate::Number;

/// Samples in a block: counters of 32 bits cannot overflow, and the compiler keeps them in vector registers.
/// Measured: the loop then runs at the speed of memory.
const BLOCK: usize = 4096;

/// Which samples offend: below one limit, or above another. Strictly; a missing one does neither.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits<T> {
    pub(crate) low: T,
    pub(crate) high: T,
}

/// How many samples lie below and above, of how many that are there at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outside {
    pub(crate) below: u64,
    pub(crate) above: u64,
    pub(crate) present: u64,
}

impl<T: Number> Limits<T> {
    /// The same limits in the precision of another column.
    pub(crate) fn to<U: Number>(self) -> Limits<U> {
        Limits {
            low: U::nearest(self.low.wide()),
            high: U::nearest(self.high.wide()),
        }
    }

    /// Counts a column, and shows each block that has offenders, with the place where it starts.
    pub(crate) fn count(self, column: &[T], mut show: impl FnMut(usize, &[T])) -> Outside {
        let mut total = Outside::default();
        for (number, block) in column.chunks(BLOCK).enumerate() {
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
                show(number * BLOCK, block);
            }
        }
        total
    }
}

/// The sum of the magnitudes, in the same order for every column of one length; NaN if one is missing.
///
/// Eight sums side by side, so that the compiler keeps them in vector registers: one sum would wait for itself.
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
            Outside {
                below: 1,
                above: 2,
                present: 6
            }
        );
        let narrow = wide.map(f32::nearest);
        let outside = SEED.to::<f32>().count(&narrow, |_, _| {});
        assert_eq!(
            outside,
            Outside {
                below: 1,
                above: 2,
                present: 6
            }
        );
    }

    #[test]
    fn blocks_count_what_one_loop_counts_and_only_those_with_offenders_are_shown() {
        let column: Vec<f32> = (0..3 * BLOCK + 17)
            .map(|i| if i % 5000 == 4999 { -0.5 } else { 0.0 })
            .collect();
        let mut shown = Vec::new();
        let outside = SEED.to::<f32>().count(&column, |start, block| {
            shown.push((start, block.len()));
        });
        assert_eq!((outside.below, outside.above), (2, 0));
        assert_eq!(shown, [(4096, 4096), (8192, 4096)]);
    }
}
