//! Temperatures of vehicle components.

use super::quantity::quantity;

quantity! {
    /// A temperature, such as that of the engine coolant.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::units::Temperature;
    /// assert_eq!(Temperature::from_fahrenheit(212.0).as_celsius(), 100.0);
    /// ```
    Temperature, "c", from_celsius, as_celsius
}

impl Temperature {
    /// Creates a value from degrees Fahrenheit.
    pub const fn from_fahrenheit(value: f64) -> Self {
        Self((value - 32.0) * 5.0 / 9.0)
    }
    /// Returns the value in degrees Fahrenheit.
    pub const fn as_fahrenheit(self) -> f64 {
        self.0 * 9.0 / 5.0 + 32.0
    }
}
