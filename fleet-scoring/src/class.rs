//! The classes of vehicles.

/// The class of a vehicle. The same acceleration is harsher in a bus than in a car.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum VehicleClass {
    /// A passenger car.
    #[default]
    Passenger,
    /// A van or a light truck.
    Van,
    /// A heavy truck.
    Heavy,
    /// A bus, or fragile cargo.
    Bus,
}

impl VehicleClass {
    /// All classes.
    pub const ALL: [Self; 4] = [Self::Passenger, Self::Van, Self::Heavy, Self::Bus];

    /// The word in files and tables.
    pub const fn as_word(self) -> &'static str {
        match self {
            Self::Passenger => "passenger",
            Self::Van => "van",
            Self::Heavy => "heavy",
            Self::Bus => "bus",
        }
    }
}
