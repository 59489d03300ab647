//! What all quantities share.

/// A number with a unit, stored in its canonical unit.
///
/// Implemented by every type of [`units`](crate::units); code that must treat them alike (column
/// maps, rules as data) goes through it, everything else through the named constructors.
pub trait Quantity: Copy + PartialOrd {
    /// The suffix of serialised fields in the canonical unit: `kmh`, `g`, `c`, `pct`, ..
    const UNIT: &'static str;
    /// Takes a number in the canonical unit.
    fn from_canonical(value: f64) -> Self;
    /// Reads the number in the canonical unit.
    fn canonical(self) -> f64;
}

/// Rounds to `decimals` places, half away from zero, as the dialects that write fixed decimals do.
///
/// # Examples
/// ```
/// assert_eq!(fleet_core::units::round_decimals(42.105, 1), 42.1);
/// ```
pub fn round_decimals(value: f64, decimals: u8) -> f64 {
    let scale = 10f64.powi(i32::from(decimals));
    let scaled = value * scale;
    // Past 2^53 every float is whole already, and scaling back would only lose digits.
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
            #[doc = concat!("Takes a number of ", $unit, ".")]
            pub const fn $from(value: f64) -> Self {
                Self(value)
            }
            #[doc = concat!("Reads the number of ", $unit, ".")]
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
