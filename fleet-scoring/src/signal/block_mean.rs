//! Decimation by whole numbers: means of blocks, in single precision.

use ndarray::{Array1, ArrayView1};

/// Independent sums, which the compiler keeps in vector registers.
const LANES: usize = 16;

/// Decimates a column by the mean of each block of samples.
///
/// The mean is an FIR filter whose taps are equal. Its first zero lies at the rate of the blocks,
/// where aliases of slow motion would come from: with blocks of 5 ms, what lies within 2 Hz of
/// 200 Hz is damped by 40 dB. A recursive filter of 1 Hz at 16 kHz would need coefficients that
/// single precision cannot hold.
///
/// # Guarantees
/// Any division of a column into chunks gives the same means, bit for bit. No mean lies outside
/// its samples. A sample that is not finite counts as missing; a block that misses more than half
/// of its samples has no mean (NaN).
///
/// # Cost
/// Constant memory: one block.
///
/// # Examples
/// ```
/// use fleet_scoring::signal::BlockMean;
/// let mut means = Vec::new();
/// let mut decimate = BlockMean::new(2);
/// decimate.push(&[1.0, 3.0, 5.0], &mut means);
/// decimate.push(&[7.0, 9.0], &mut means);
/// assert_eq!(means, [2.0, 6.0]);
/// ```
#[derive(Clone, Debug)]
pub struct BlockMean {
    size: usize,
    limit: f32,
    open: Vec<f32>,
}

impl BlockMean {
    /// An operator over blocks of this many samples; 0 counts as 1.
    pub fn new(size: usize) -> Self {
        let size = size.max(1);
        Self {
            size,
            limit: f32::INFINITY,
            open: Vec::with_capacity(size),
        }
    }

    /// Gives no mean of a block that reaches this magnitude, the range of a sensor: how far beyond
    /// it the signal went is unknown.
    #[must_use]
    pub fn with_range(mut self, range: f32) -> Self {
        self.limit = range;
        self
    }

    /// Takes samples, and appends the means of the blocks that they complete.
    pub fn push(&mut self, samples: &[f32], means: &mut Vec<f32>) {
        let mut samples = samples;
        if !self.open.is_empty() {
            let missing = self.size.saturating_sub(self.open.len());
            let (now, later) = samples.split_at(missing.min(samples.len()));
            self.open.extend_from_slice(now);
            samples = later;
            if self.open.len() < self.size {
                return;
            }
            means.push(mean(&self.open, self.limit));
            self.open.clear();
        }
        let blocks = samples.chunks_exact(self.size);
        self.open.extend_from_slice(blocks.remainder());
        means.extend(blocks.map(|block| mean(block, self.limit)));
    }
}

/// The means of a whole column: what [`BlockMean`] gives, in one call. An unfinished last block
/// is left out.
///
/// # Examples
/// ```
/// use fleet_scoring::signal::block_means;
/// let column = ndarray::array![1.0_f32, 3.0, 5.0, 7.0, 9.0];
/// assert_eq!(block_means(column.view(), 2).to_vec(), [2.0, 6.0]);
/// ```
pub fn block_means(column: ArrayView1<'_, f32>, size: usize) -> Array1<f32> {
    let mut means = Vec::with_capacity(column.len() / size.max(1));
    let mut operator = BlockMean::new(size);
    if let Some(samples) = column.as_slice() {
        operator.push(samples, &mut means);
    } else {
        operator.push(&column.to_vec(), &mut means);
    }
    means.into()
}

fn mean(block: &[f32], limit: f32) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let mut highest = [0.0_f32; LANES];
    let (lanes, rest) = block.as_chunks::<LANES>();
    for samples in lanes {
        for ((sum, high), sample) in sums.iter_mut().zip(&mut highest).zip(samples) {
            *sum += sample;
            let size = sample.abs();
            // Not `max`: this form is one instruction.
            *high = if size > *high { size } else { *high };
        }
    }
    let total = sums.iter().sum::<f32>() + rest.iter().sum::<f32>();
    let mean = total / block.len() as f32;
    if !mean.is_finite() {
        return mean_of_finite(block, limit);
    }
    let beyond = |high: &f32| *high >= limit;
    if highest.iter().any(beyond) || rest.iter().any(|sample| sample.abs() >= limit) {
        return f32::NAN;
    }
    mean
}

#[cold]
fn mean_of_finite(block: &[f32], limit: f32) -> f32 {
    let finite = block.iter().filter(|sample| sample.is_finite());
    let (mut total, mut count) = (0.0_f32, 0_usize);
    for sample in finite {
        if sample.abs() >= limit {
            return f32::NAN;
        }
        total += sample;
        count += 1;
    }
    if count * 2 < block.len() || count == 0 {
        return f32::NAN;
    }
    total / count as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_without_half_of_its_samples_has_no_mean() {
        let half = block_means(ndarray::array![f32::NAN, 4.0].view(), 2);
        assert_eq!(half.to_vec(), [4.0]);
        let less = block_means(ndarray::array![f32::NAN, f32::INFINITY, 4.0].view(), 3);
        assert!(less[0].is_nan());
    }

    #[test]
    fn a_block_that_reaches_the_range_has_no_mean() {
        for size in [3, 40] {
            let mut column = vec![0.5_f32; size * 2];
            column[size + 1] = -2.0;
            let mut means = Vec::new();
            BlockMean::new(size)
                .with_range(2.0)
                .push(&column, &mut means);
            assert_eq!(means[0].to_bits(), 0.5_f32.to_bits());
            assert!(means[1].is_nan());
        }
    }
}
