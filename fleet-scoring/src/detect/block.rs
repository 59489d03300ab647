//! Which blocks of a column reach a limit, at the speed of memory.

use ndarray::ArrayView1;

/// Samples in a block. It stays in the nearest cache while it is looked at a second time.
pub(super) const BLOCK: usize = 2048;

/// Whether a sample of a block is missing or of at least this magnitude.
///
/// The bits of a magnitude, as a whole number, order magnitudes as they are, and NaN above all. So
/// one comparison finds both, and the loop has no branch.
pub(super) fn reaches(block: &[f32], limit: f32) -> bool {
    const MAGNITUDE: u32 = 0x7fff_ffff;
    let below = (limit.to_bits() & MAGNITUDE)
        .saturating_sub(1)
        .cast_signed();
    let count: i32 = block
        .iter()
        .map(|sample| i32::from((sample.to_bits() & MAGNITUDE).cast_signed() > below))
        .sum();
    count > 0
}

/// The blocks of the first rows of a column, with the number of the first row of each. A view with
/// strides is copied block by block.
pub(super) fn blocks(
    column: ArrayView1<'_, f32>,
    rows: usize,
) -> impl Iterator<Item = (usize, std::borrow::Cow<'_, [f32]>)> {
    let (length, whole) = (rows.min(column.len()), column.to_slice());
    (0..length).step_by(BLOCK).map(move |start| {
        let end = (start + BLOCK).min(length);
        let block = match whole {
            Some(samples) => std::borrow::Cow::Borrowed(samples.get(start..end).unwrap_or(&[])),
            None => (start..end)
                .filter_map(|row| column.get(row).copied())
                .collect::<Vec<_>>()
                .into(),
        };
        (start, block)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_reaches_a_limit_at_it_and_where_a_sample_is_missing() {
        let block = |sample| [0.0, -0.0, 0.1, sample, 0.3];
        for sample in [0.4_f32, -0.4, 5.0, f32::NAN, -f32::NAN, f32::NEG_INFINITY] {
            assert!(reaches(&block(sample), 0.4), "{sample}");
        }
        for sample in [0.399_999_98, -0.399_999_98, 0.0, 1e-40] {
            assert!(!reaches(&block(sample), 0.4), "{sample}");
        }
    }
}
