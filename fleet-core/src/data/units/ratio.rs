//! Shares of a whole, in percent.

use super::quantity::quantity;

quantity! {
    /// A share of a whole, such as state of charge, fuel level, load or throttle position.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::units::Percent;
    /// assert_eq!(Percent::from_percent(12.0).as_percent(), 12.0);
    /// ```
    Percent, "pct", from_percent, as_percent
}
