//! The errors of simulations: in their options, and when a run resumes.

use fleet_core::{Error, ErrorKind};

/// The error of parsing a name that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} `{word}` is not known: give one of {}", .names.join(", "))]
pub struct UnknownName {
    pub(super) what: &'static str,
    pub(super) word: String,
    pub(super) names: Vec<&'static str>,
}

/// Why a simulation is refused, or cannot resume.
#[derive(Debug, thiserror::Error)]
pub(super) enum SimulatorError {
    #[error("a simulation of 0 vehicles has no events: give at least 1")]
    NoVehicle,
    #[error(
        "a simulation of {asked} vehicles has ids for {most}: give fewer, or a wider range of ids"
    )]
    TooManyVehicles { asked: u32, most: u32 },
    #[error("the interval is under 1 microsecond, which is as fine as event times are: give more")]
    NoInterval,
    #[error(
        "a simulation of {seconds} s that begins {micros} microseconds after 1970 leaves the years 1970 to 9999: give less"
    )]
    OutOfTime { micros: i64, seconds: f64 },
    #[error("vehicle {number} cannot be named: {cause}; give a shorter fleet id")]
    Name {
        number: u32,
        cause: fleet_core::IdError,
    },
    #[error(
        "byte {at} of the simulation, where reading stopped before, is not the beginning of a record: it was made by another version of the program; start afresh"
    )]
    InsideRecord { at: u64 },
    #[error(
        "the simulation has {size} bytes, but was read up to byte {at} before: it was made by another version of the program; start afresh"
    )]
    PastTheEnd { at: u64, size: u64 },
}

impl From<SimulatorError> for Error {
    fn from(error: SimulatorError) -> Self {
        let kind = match error {
            SimulatorError::InsideRecord { .. } | SimulatorError::PastTheEnd { .. } => {
                ErrorKind::Source
            }
            _ => ErrorKind::Config,
        };
        Self::new(kind, error.to_string()).because(error)
    }
}
