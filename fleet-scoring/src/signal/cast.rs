//! Conversions between numbers that cannot fail.

/// The whole number below, as an index; 0 for negative numbers and NaN.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and NaN becomes 0"
)]
pub(crate) const fn index(value: f64) -> usize {
    value as usize
}

/// The nearest number of single precision.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest is intended"
)]
pub(crate) const fn narrow(value: f64) -> f32 {
    value as f32
}

/// The element of a column, or NaN outside it.
pub(crate) fn at(column: &[f64], index: usize) -> f64 {
    column.get(index).copied().unwrap_or(f64::NAN)
}
