//! The names of alerts and severities in each system.

use crate::event::{AlertKind, Severity};

/// The names of one system for alerts and severities.
///
/// # Guarantees
/// Each table is one to one: no two kinds share a name, and every name is read as the kind that it
/// is written for.
///
/// # Examples
/// ```
/// use fleet_core::{dialect::AlertNames, event::AlertKind};
/// // The same name stands for two different batteries.
/// assert_eq!(AlertNames::VehicleOps.kind("LOW_BATTERY"), Some(AlertKind::TractionSocLow));
/// assert_eq!(AlertNames::Ford.kind("LOW_BATTERY"), Some(AlertKind::Battery12vLow));
/// assert_eq!(AlertNames::FleetPipeline.name(AlertKind::Overspeed), Some("Speed Violation"));
/// assert_eq!(AlertNames::FleetPipeline.name(AlertKind::LowFuel), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertNames {
    /// VehicleOps; severities LOW to CRITICAL.
    VehicleOps,
    /// Ford's fleet demo; severities info, warning, critical.
    Ford,
    /// The self-driving pipeline; no severities.
    FleetPipeline,
    /// FleetStream, whose alerts are flags of events; no severities.
    FleetStream,
}

impl AlertNames {
    /// All systems.
    pub const ALL: &'static [Self] = &[
        Self::VehicleOps,
        Self::Ford,
        Self::FleetPipeline,
        Self::FleetStream,
    ];

    /// Returns the kinds that the system has, with their names.
    pub const fn table(self) -> &'static [(AlertKind, &'static str)] {
        match self {
            Self::VehicleOps => &[
                (AlertKind::Overspeed, "OVERSPEED"),
                (AlertKind::TractionSocLow, "LOW_BATTERY"),
                (AlertKind::EngineOverheat, "ENGINE_OVERHEAT"),
            ],
            Self::Ford => &[
                (AlertKind::EngineOverheat, "HIGH_ENGINE_TEMP"),
                (AlertKind::Battery12vLow, "LOW_BATTERY"),
                (AlertKind::Overspeed, "SPEEDING"),
                (AlertKind::LowFuel, "LOW_FUEL"),
                (AlertKind::DtcPresent, "DTC_PRESENT"),
            ],
            Self::FleetPipeline => &[
                (AlertKind::Overspeed, "Speed Violation"),
                (AlertKind::TractionSocLow, "Low Battery"),
                (AlertKind::CollisionRisk, "Collision Risk"),
            ],
            Self::FleetStream => &[
                (AlertKind::Overspeed, "speeding"),
                (AlertKind::RpmRedline, "rpm_over_redline"),
            ],
        }
    }

    /// Returns the name of an alert, or `None` if the system has no such alert.
    pub fn name(self, kind: AlertKind) -> Option<&'static str> {
        let mut table = self.table().iter();
        table
            .find(|(known, _)| *known == kind)
            .map(|(_, name)| *name)
    }

    /// Returns the alert of this name.
    pub fn kind(self, name: &str) -> Option<AlertKind> {
        let mut table = self.table().iter();
        table
            .find(|(_, known)| *known == name)
            .map(|(kind, _)| *kind)
    }

    /// Returns the word for a severity, or `None` if the system has no severities. Of the five
    /// severities Ford distinguishes three, and VehicleOps four.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{dialect::AlertNames, event::Severity};
    /// assert_eq!(AlertNames::Ford.severity(Severity::High), Some("warning"));
    /// assert_eq!(AlertNames::VehicleOps.severity(Severity::Info), Some("LOW"));
    /// ```
    pub const fn severity(self, severity: Severity) -> Option<&'static str> {
        match (self, severity) {
            (Self::Ford, Severity::Info | Severity::Low) => Some("info"),
            (Self::Ford, Severity::Medium | Severity::High) => Some("warning"),
            (Self::Ford, Severity::Critical) => Some("critical"),
            (Self::VehicleOps, Severity::Info | Severity::Low) => Some("LOW"),
            (Self::VehicleOps, other) => Some(other.as_word()),
            (Self::FleetPipeline | Self::FleetStream, _) => None,
        }
    }

    /// Returns the severity of this word.
    pub fn read_severity(self, word: &str) -> Option<Severity> {
        match (self, word) {
            (Self::Ford, "info") => Some(Severity::Info),
            (Self::Ford, "warning") => Some(Severity::Medium),
            (Self::Ford, "critical") => Some(Severity::Critical),
            (Self::VehicleOps, "INFO") => None,
            (Self::VehicleOps, word) => Severity::from_word(word),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn prop_every_table_is_one_to_one() {
        for names in AlertNames::ALL {
            let kinds: BTreeSet<_> = names.table().iter().map(|(kind, _)| *kind).collect();
            assert_eq!(kinds.len(), names.table().len(), "{names:?}");
            for kind in AlertKind::ALL {
                let again = names.name(*kind).and_then(|name| names.kind(name));
                assert_eq!(again, kinds.get(kind).copied(), "{names:?}");
            }
        }
    }

    #[test]
    fn severities_are_written_back_as_the_same_word() {
        for names in AlertNames::ALL {
            let mut last = None;
            for severity in Severity::ALL {
                let word = names.severity(*severity);
                let read = word.and_then(|word| names.read_severity(word));
                assert_eq!(read.and_then(|read| names.severity(read)), word);
                // The order is kept.
                assert!(read >= last, "{names:?}");
                last = read;
            }
        }
        assert_eq!(AlertNames::VehicleOps.read_severity("INFO"), None);
    }
}
