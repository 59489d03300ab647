use super::quantity::quantity;

quantity! {
    /// An electric potential: the 12 V system's, not the traction battery's charge.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::units::Voltage;
    /// assert_eq!(Voltage::from_volts(11.5).as_volts(), 11.5);
    /// ```
    Voltage, "v", from_volts, as_volts
}
