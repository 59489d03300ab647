//! The scenarios of the VehicleOps simulator.

use std::{fmt, str::FromStr};

use crate::simulator::error::UnknownName;

/// The driving behaviour of the vehicles of a [`VehicleOpsModel`](super::VehicleOpsModel).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scenario {
    /// No vehicle exceeds 60 km/h.
    #[default]
    Normal,
    /// The same events as [`Normal`](Self::Normal), at full speed whatever the pace.
    HighLoad,
    /// Vehicles speed in 5 % of their ticks, and batteries fail.
    FaultInjection,
    /// Each vehicle behaves as in [`FaultInjection`](Self::FaultInjection) with a probability of
    /// one third, and otherwise as in [`Normal`](Self::Normal).
    Mixed,
}

impl Scenario {
    /// All scenarios.
    pub const ALL: [Self; 4] = [
        Self::Normal,
        Self::HighLoad,
        Self::FaultInjection,
        Self::Mixed,
    ];

    /// The name on a command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::HighLoad => "high-load",
            Self::FaultInjection => "fault-injection",
            Self::Mixed => "mixed",
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scenario {
    type Err = UnknownName;
    fn from_str(word: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL
            .into_iter()
            .find(|scenario| scenario.name() == word);
        found.ok_or_else(|| UnknownName {
            what: "scenario",
            word: word.into(),
            names: Self::ALL.map(Self::name).to_vec(),
        })
    }
}
