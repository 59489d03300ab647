use super::quantity::quantity;

quantity! {
    /// Revolutions of the engine per minute.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::units::EngineSpeed;
    /// assert_eq!(EngineSpeed::from_rpm(6200.0).as_rpm(), 6200.0);
    /// ```
    EngineSpeed, "rpm", from_rpm, as_rpm
}
