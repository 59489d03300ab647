//! The status word of a vehicle.

use compact_str::CompactString;

/// The status of a vehicle in one word, as VehicleOps computes it.
///
/// It mixes motion, health and connectivity. The canonical model preserves it as received, and
/// [derives](Self::derive) it where a system requires it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Standing, without problems.
    Idle,
    /// Moving, without problems.
    Moving,
    /// Faster than the limit.
    Alert,
    /// The charge of the traction battery is below its limit.
    LowBattery,
    /// The vehicle has stopped sending.
    Offline,
    /// Any other word (`STOPPED`, `active`), preserved unchanged.
    Other(CompactString),
}

impl Status {
    /// Parses the word. Every word is a valid status.
    pub fn from_word(word: &str) -> Self {
        match word {
            "IDLE" => Self::Idle,
            "MOVING" => Self::Moving,
            "ALERT" => Self::Alert,
            "LOW_BATTERY" => Self::LowBattery,
            "OFFLINE" => Self::Offline,
            other => Self::Other(CompactString::new(other)),
        }
    }

    /// The word.
    pub fn as_word(&self) -> &str {
        match self {
            Self::Idle => "IDLE",
            Self::Moving => "MOVING",
            Self::Alert => "ALERT",
            Self::LowBattery => "LOW_BATTERY",
            Self::Offline => "OFFLINE",
            Self::Other(word) => word,
        }
    }

    /// Derives the status as the VehicleOps simulator does: speed above 80 km/h first, then charge
    /// below 15 %, then motion.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::event::Status;
    /// assert_eq!(Status::derive(92.5, 10.0), Status::Alert);
    /// assert_eq!(Status::derive(80.0, 15.0), Status::Moving);
    /// ```
    pub fn derive(speed_kmh: f64, battery_pct: f64) -> Self {
        if speed_kmh > 80.0 {
            Self::Alert
        } else if battery_pct < 15.0 {
            Self::LowBattery
        } else if speed_kmh > 0.0 {
            Self::Moving
        } else {
            Self::Idle
        }
    }
}

impl serde::Serialize for Status {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_word())
    }
}

impl<'de> serde::Deserialize<'de> for Status {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        CompactString::deserialize(from).map(|word| Self::from_word(&word))
    }
}
