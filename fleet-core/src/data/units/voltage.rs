//! Voltage of the 12 V system.

use super::quantity::quantity;

quantity! {
    /// A voltage: that of the 12 V system, not the charge of the traction battery.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::units::Voltage;
    /// assert_eq!(Voltage::from_volts(11.5).as_volts(), 11.5);
    /// ```
    Voltage, "v", from_volts, as_volts
}
