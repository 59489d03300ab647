//! The scenarios of the VehicleOps simulator.

use std::{fmt, str::FromStr};

use crate::simulator::error::UnknownName;

/// What the vehicles of a [`VehicleOpsModel`](super::VehicleOpsModel) go through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scenario {
    /// Nobody drives faster than 60 km/h.
    #[default]
    Normal,
    /// The events of [`Normal`](Self::Normal), with no rest between ticks whatever the pace.
    HighLoad,
    /// Speeding in 5 % of all ticks, and batteries that fail.
    FaultInjection,
    /// Each vehicle goes through one of the other three, drawn when it is built.
    Mixed,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Normal,
        Self::HighLoad,
        Self::FaultInjection,
        Self::Mixed,
    ];

    /// Its name on a command line.
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
