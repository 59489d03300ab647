//! Speed over ground.

use super::quantity::quantity;

/// Kilometres in an international mile, exactly: 1 yard = 0.9144 m (agreement of 1959).
pub(crate) const KM_PER_MILE: f64 = 1.609_344;

quantity! {
    /// Speed over ground.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::units::Speed;
    /// assert_eq!(Speed::from_mph(50.0).as_kmh(), 80.4672);
    /// assert_eq!(Speed::from_mps(10.0).as_kmh(), 36.0);
    /// ```
    Speed, "kmh", from_kmh, as_kmh
}

impl Speed {
    /// Creates a value from miles per hour.
    pub const fn from_mph(value: f64) -> Self {
        Self(value * KM_PER_MILE)
    }
    /// Returns the value in miles per hour.
    pub const fn as_mph(self) -> f64 {
        self.0 / KM_PER_MILE
    }
    /// Creates a value from metres per second.
    pub const fn from_mps(value: f64) -> Self {
        Self(value * 3.6)
    }
    /// Returns the value in metres per second.
    pub const fn as_mps(self) -> f64 {
        self.0 / 3.6
    }
}
