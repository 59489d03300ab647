use super::quantity::quantity;

quantity! {
    /// Direction of travel, degrees clockwise from north.
    Heading, "deg", from_degrees, as_degrees
}

quantity! {
    /// WGS 84 latitude, degrees, north positive. A decoder refuses what is outside ±90.
    Latitude, "latitude_deg", from_degrees, as_degrees
}

quantity! {
    /// WGS 84 longitude, degrees, east positive. A decoder refuses what is outside ±180.
    Longitude, "longitude_deg", from_degrees, as_degrees
}

quantity! {
    /// Rotation about the vehicle's vertical axis.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::units::AngularRate;
    /// assert_eq!(AngularRate::from_radians_per_second(std::f64::consts::PI).as_degrees_per_second(), 180.0);
    /// ```
    AngularRate, "deg_s", from_degrees_per_second, as_degrees_per_second
}

impl AngularRate {
    /// Takes radians per second.
    pub const fn from_radians_per_second(value: f64) -> Self {
        Self(value.to_degrees())
    }
}
