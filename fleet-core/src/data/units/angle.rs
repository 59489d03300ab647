//! Angles on the Earth's surface and the rate of turn.

use super::quantity::quantity;

quantity! {
    /// Direction of travel, in degrees clockwise from north.
    Heading, "deg", from_degrees, as_degrees
}

quantity! {
    /// WGS 84 latitude in degrees, positive to the north. Decoders reject values outside ±90.
    Latitude, "latitude_deg", from_degrees, as_degrees
}

quantity! {
    /// WGS 84 longitude in degrees, positive to the east. Decoders reject values outside ±180.
    Longitude, "longitude_deg", from_degrees, as_degrees
}

quantity! {
    /// Rate of rotation about the vehicle's vertical axis.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::units::AngularRate;
    /// let half_turn = AngularRate::from_radians_per_second(std::f64::consts::PI);
    /// assert_eq!(half_turn.as_degrees_per_second(), 180.0);
    /// ```
    AngularRate, "deg_s", from_degrees_per_second, as_degrees_per_second
}

impl AngularRate {
    /// Creates a value from radians per second.
    pub const fn from_radians_per_second(value: f64) -> Self {
        Self(value.to_degrees())
    }
}
