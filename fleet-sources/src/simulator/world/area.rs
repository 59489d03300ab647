//! The cities that simulated fleets drive in.

use std::{fmt, str::FromStr};

use fleet_core::{
    GeoPoint,
    units::{Latitude, Longitude},
};

use crate::simulator::error::UnknownName;

/// The city that a fleet drives in.
///
/// # Examples
/// ```
/// use fleet_sources::simulator::Area;
/// let area: Area = "medellin".parse()?;
/// assert_eq!(area.centre().latitude.as_degrees(), 6.2442);
/// assert!("paris".parse::<Area>().unwrap_err().to_string().contains("bogota"));
/// # Ok::<(), fleet_sources::simulator::UnknownName>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Area {
    /// Bogotá, Colombia.
    #[default]
    Bogota,
    /// Medellín, Colombia.
    Medellin,
    /// Cali, Colombia.
    Cali,
    /// Warsaw, Poland.
    Warsaw,
}

impl Area {
    /// All areas.
    pub const ALL: [Self; 4] = [Self::Bogota, Self::Medellin, Self::Cali, Self::Warsaw];

    /// The name on a command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bogota => "bogota",
            Self::Medellin => "medellin",
            Self::Cali => "cali",
            Self::Warsaw => "warsaw",
        }
    }

    /// The centre of the city. Those in Colombia are from the VehicleOps simulator; Warsaw's is our
    /// choice, within 200 m of the Palace of Culture.
    pub const fn centre(self) -> GeoPoint {
        let (latitude, longitude) = match self {
            Self::Bogota => (4.7110, -74.0721),
            Self::Medellin => (6.2442, -75.5812),
            Self::Cali => (3.4516, -76.5320),
            Self::Warsaw => (52.2297, 21.0122),
        };
        GeoPoint {
            latitude: Latitude::from_degrees(latitude),
            longitude: Longitude::from_degrees(longitude),
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Area {
    type Err = UnknownName;
    fn from_str(word: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL.into_iter().find(|area| area.name() == word);
        found.ok_or_else(|| UnknownName {
            what: "area",
            word: word.into(),
            names: Self::ALL.map(Self::name).to_vec(),
        })
    }
}
