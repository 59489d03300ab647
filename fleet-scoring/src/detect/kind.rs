//! The kinds of manoeuvres.

use fleet_core::event::AlertKind;

/// What a vehicle did.
///
/// Harsh kinds are what a person would call harsh. Firm kinds enter scores and are never reported
/// as harsh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// Harsh braking.
    HarshBrake,
    /// Rapid acceleration.
    RapidAccel,
    /// A turn that is too fast.
    HarshCorner,
    /// Firm braking, below the harsh level.
    FirmBrake,
    /// Firm acceleration, below the harsh level.
    FirmAccel,
}

impl Kind {
    /// The word for it in reports.
    ///
    /// # Examples
    /// ```
    /// use fleet_scoring::detect::Kind;
    /// assert_eq!(Kind::FirmBrake.as_word(), "FIRM_BRAKE");
    /// ```
    pub const fn as_word(self) -> &'static str {
        match self {
            Self::HarshBrake => "HARSH_BRAKE",
            Self::RapidAccel => "RAPID_ACCEL",
            Self::HarshCorner => "HARSH_CORNER",
            Self::FirmBrake => "FIRM_BRAKE",
            Self::FirmAccel => "FIRM_ACCEL",
        }
    }

    /// The alert that reports it; `None` for a firm kind.
    pub const fn alert(self) -> Option<AlertKind> {
        match self {
            Self::HarshBrake => Some(AlertKind::HarshBrake),
            Self::RapidAccel => Some(AlertKind::RapidAccel),
            Self::HarshCorner => Some(AlertKind::HarshCorner),
            Self::FirmBrake | Self::FirmAccel => None,
        }
    }

    /// Whether a person would call it harsh.
    pub const fn is_harsh(self) -> bool {
        self.alert().is_some()
    }
}
