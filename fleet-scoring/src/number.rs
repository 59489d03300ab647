//! The number types of columns.

/// The type of the numbers in a column: `f64`, or `f32`, which takes half the memory bandwidth.
///
/// Limits are rounded to the precision of the column, so that 0.4 in a column of `f32` equals the
/// limit 0.4 and does not exceed it.
pub trait Number: Copy + PartialOrd + Send + Sync + 'static + sealed::Sealed {
    /// A sample without a reading: NaN.
    const MISSING: Self;
    /// The nearest number of this type.
    fn nearest(value: f64) -> Self;
    /// The same number as `f64`.
    fn wide(self) -> f64;
    /// The number without its sign.
    #[must_use]
    fn magnitude(self) -> Self;
}

impl Number for f64 {
    const MISSING: Self = Self::NAN;
    fn nearest(value: f64) -> Self {
        value
    }
    fn wide(self) -> f64 {
        self
    }
    fn magnitude(self) -> Self {
        self.abs()
    }
}

impl Number for f32 {
    const MISSING: Self = Self::NAN;
    fn nearest(value: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "rounding to the nearest is intended"
        )]
        let nearest = value as Self;
        nearest
    }
    fn wide(self) -> f64 {
        self.into()
    }
    fn magnitude(self) -> Self {
        self.abs()
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}
