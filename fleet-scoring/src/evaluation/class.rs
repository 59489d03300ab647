//! The classes of vehicles.

/// The class of a vehicle. The same acceleration is harsher in a bus than in a car.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VehicleClass {
    /// A passenger car.
    Passenger,
    /// A van or light truck.
    Van,
    /// A heavy truck.
    Heavy,
    /// A bus.
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
