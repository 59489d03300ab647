//! The trait and the macro that all quantities share.

/// A number with a unit, stored in its canonical unit.
///
/// Implemented by every type of [`units`](crate::units). Code that treats all quantities alike
/// (column maps, rules as data) uses this trait; all other code uses the named constructors.
pub trait Quantity: Copy + PartialOrd {
    /// The suffix of serialised fields in the canonical unit, such as `kmh`, `g`, `c` or `pct`.
    const UNIT: &'static str;
    /// Creates a value from a number in the canonical unit.
    fn from_canonical(value: f64) -> Self;
    /// Returns the number in the canonical unit.
    fn canonical(self) -> f64;
}

/// Rounds to `decimals` places, half away from zero, as dialects with fixed decimals do.
///
/// # Examples
/// ```
/// assert_eq!(fleet_core::units::round_decimals(42.105, 1), 42.1);
/// ```
pub fn round_decimals(value: f64, decimals: u8) -> f64 {
    let scale = 10f64.powi(i32::from(decimals));
    let scaled = value * scale;
    // From 2^53 on every float is an integer; scaling back would only lose digits.
    if scaled.abs() < 9_007_199_254_740_992.0 {
        scaled.round() / scale
    } else {
        value
    }
}

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $unit:literal, $from:ident, $as:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            #[doc = concat!("Creates a value from a number in `", $unit, "`.")]
            pub const fn $from(value: f64) -> Self {
                Self(value)
            }
            #[doc = concat!("Returns the number in `", $unit, "`.")]
            pub const fn $as(self) -> f64 {
                self.0
            }
        }

        impl crate::data::units::Quantity for $name {
            const UNIT: &'static str = $unit;
            fn from_canonical(value: f64) -> Self {
                Self(value)
            }
            fn canonical(self) -> f64 {
                self.0
            }
        }
    };
}
pub(crate) use quantity;
