use super::{quantity::quantity, speed::KM_PER_MILE};

quantity! {
    /// A length: an odometer, a gap to an object.
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
    /// Takes kilometres.
    pub const fn from_km(value: f64) -> Self {
        Self(value * 1000.0)
    }
    /// Reads kilometres.
    pub const fn as_km(self) -> f64 {
        self.0 / 1000.0
    }
    /// Takes international miles.
    pub const fn from_miles(value: f64) -> Self {
        Self::from_km(value * KM_PER_MILE)
    }
    /// Reads international miles.
    pub const fn as_miles(self) -> f64 {
        self.as_km() / KM_PER_MILE
    }
}
