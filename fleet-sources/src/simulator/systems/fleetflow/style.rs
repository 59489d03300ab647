//! The driving styles of FleetFlow's drivers.

use std::{fmt, str::FromStr};

use crate::simulator::error::UnknownName;

/// How the drivers of a [`FleetFlowModel`](super::FleetFlowModel) drive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DriverStyle {
    /// Never more than 0.32 g forwards or backwards, or 0.24 g sideways.
    Calm,
    /// Each trip is calm or harsh, decided when it begins.
    #[default]
    Mixed,
    /// Half of all accelerations and brakings exceed 0.4 g.
    Harsh,
}

impl DriverStyle {
    /// All styles.
    pub const ALL: [Self; 3] = [Self::Calm, Self::Mixed, Self::Harsh];

    /// The name on a command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Mixed => "mixed",
            Self::Harsh => "harsh",
        }
    }
}

impl fmt::Display for DriverStyle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for DriverStyle {
    type Err = UnknownName;
    fn from_str(word: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL.into_iter().find(|style| style.name() == word);
        found.ok_or_else(|| UnknownName {
            what: "style",
            word: word.into(),
            names: Self::ALL.map(Self::name).to_vec(),
        })
    }
}
