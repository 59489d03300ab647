//! Rotational speed of the engine.

use super::quantity::quantity;

quantity! {
    /// Engine speed in revolutions per minute.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::units::EngineSpeed;
    /// assert_eq!(EngineSpeed::from_rpm(6200.0).as_rpm(), 6200.0);
    /// ```
    EngineSpeed, "rpm", from_rpm, as_rpm
}
