/// What a column is made of: `f64`, or `f32`, which is half as long to read.
///
/// A limit is rounded to the column's own precision, so that 0.4 in a column of `f32` equals the limit 0.4 and
/// does not exceed it.
pub trait Number: Copy + PartialOrd + Send + Sync + 'static + sealed::Sealed {
    /// No reading.
    const MISSING: Self;
    /// The nearest number.
    fn nearest(value: f64) -> Self;
    /// The same number.
    fn wide(self) -> f64;
}

impl Number for f64 {
    const MISSING: Self = Self::NAN;
    fn nearest(value: f64) -> Self {
        value
    }
    fn wide(self) -> f64 {
        self
    }
}

impl Number for f32 {
    const MISSING: Self = Self::NAN;
    fn nearest(value: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the nearest is wanted")]
        let nearest = value as Self;
        nearest
    }
    fn wide(self) -> f64 {
        self.into()
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}
