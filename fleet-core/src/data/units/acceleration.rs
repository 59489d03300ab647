//! Acceleration of the vehicle's body.

use super::quantity::quantity;

/// Standard acceleration of free fall, in m/s² (3rd CGPM, 1901, resolution 2).
const STANDARD_GRAVITY_MPS2: f64 = 9.806_65;

quantity! {
    /// Acceleration of the vehicle's body. Longitudinal acceleration is positive when speeding up.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::units::Acceleration;
    /// assert_eq!(Acceleration::from_mps2(-4.903325).as_g(), -0.5);
    /// ```
    Acceleration, "g", from_g, as_g
}

impl Acceleration {
    /// Creates a value from metres per second squared.
    pub const fn from_mps2(value: f64) -> Self {
        Self(value / STANDARD_GRAVITY_MPS2)
    }
    /// Returns the value in metres per second squared.
    pub const fn as_mps2(self) -> f64 {
        self.0 * STANDARD_GRAVITY_MPS2
    }
}
