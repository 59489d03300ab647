//! How often a rule raises alerts.

use std::str::FromStr;

use fleet_core::{Error, ErrorKind};

/// How often a rule that stays violated raises an alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// One alert when a violation begins. The next one requires an event without the violation in
    /// between; an event that lacks the reading changes nothing.
    #[default]
    Edge,
    /// One alert for each event that violates the rule, as the supported systems do.
    Every,
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Edge => "edge",
            Self::Every => "every",
        })
    }
}

impl FromStr for Mode {
    type Err = Error;
    fn from_str(word: &str) -> Result<Self, Error> {
        match word {
            "edge" => Ok(Self::Edge),
            "every" => Ok(Self::Every),
            other => {
                let message = format!("`{other}` is no mode: the modes are edge and every");
                Err(Error::new(ErrorKind::Config, message))
            }
        }
    }
}
