//! Lengths, such as an odometer reading.

use super::{quantity::quantity, speed::KM_PER_MILE};

quantity! {
    /// A length, such as an odometer reading or the gap to an object.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::units::Distance;
    /// assert_eq!(Distance::from_miles(10.0).as_km(), 16.09344);
    /// assert_eq!(Distance::from_km(1.5).as_m(), 1500.0);
    /// ```
    Distance, "m", from_m, as_m
}

impl Distance {
    /// Creates a value from kilometres.
    pub const fn from_km(value: f64) -> Self {
        Self(value * 1000.0)
    }
    /// Returns the value in kilometres.
    pub const fn as_km(self) -> f64 {
        self.0 / 1000.0
    }
    /// Creates a value from international miles.
    pub const fn from_miles(value: f64) -> Self {
        Self::from_km(value * KM_PER_MILE)
    }
    /// Returns the value in international miles.
    pub const fn as_miles(self) -> f64 {
        self.as_km() / KM_PER_MILE
    }
}
