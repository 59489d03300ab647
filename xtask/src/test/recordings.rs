//! Finds the recordings of real vehicles that some tests and examples read.

use std::path::Path;

use crate::run::{Invocation, StepOutcome};

/// The folder of the recordings, unless `FLEET_DATA_DIR` names another.
const BESIDE_THE_CLONE: &str = "../shared/data";

/// Where the recordings are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recordings {
    /// At this absolute path.
    Found(String),
    /// `FLEET_DATA_DIR` names this, which is not a directory.
    Misnamed(String),
    /// There are no recordings; tests that need them are skipped.
    Absent,
}

impl Recordings {
    /// Looks at `FLEET_DATA_DIR`, then beside the clone.
    pub(crate) fn locate() -> Self {
        let named = std::env::var_os("FLEET_DATA_DIR");
        Self::at(named.as_deref().map(Path::new), Path::new(BESIDE_THE_CLONE))
    }

    fn at(named: Option<&Path>, beside: &Path) -> Self {
        // Absolute, because cargo starts each test in the directory of its package.
        match (named.unwrap_or(beside).canonicalize(), named) {
            (Ok(path), _) if path.is_dir() => Self::Found(path.display().to_string()),
            (_, Some(named)) => Self::Misnamed(named.display().to_string()),
            (_, None) => Self::Absent,
        }
    }

    /// Gives a command the path.
    pub(crate) fn pass_to(&self, invocation: Invocation) -> Invocation {
        match self {
            Self::Found(path) => invocation.env("FLEET_DATA_DIR", path),
            Self::Misnamed(_) | Self::Absent => invocation,
        }
    }

    /// Missing recordings are a skipped step, or a failure where `FLEET_DATA_REQUIRED=1`.
    pub(crate) fn outcome(&self, required: bool) -> StepOutcome {
        let absent = || format!("FLEET_DATA_DIR is not set and there is no {BESIDE_THE_CLONE}");
        match self {
            Self::Found(_) => StepOutcome::Passed,
            Self::Misnamed(path) => StepOutcome::failed(format!(
                "FLEET_DATA_DIR is {path}, which is not a directory"
            )),
            Self::Absent if required => StepOutcome::failed(absent()),
            Self::Absent => StepOutcome::Skipped(absent()),
        }
    }
}

/// Whether missing recordings are a failure.
pub(crate) fn required() -> bool {
    std::env::var_os("FLEET_DATA_REQUIRED").is_some_and(|value| value == "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_recordings_are_a_skipped_step_or_a_failure_if_required() {
        let absent = Recordings::at(None, Path::new("no such folder"));
        assert_eq!(absent, Recordings::Absent);
        assert!(matches!(absent.outcome(false), StepOutcome::Skipped(_)));
        assert!(matches!(absent.outcome(true), StepOutcome::Failed(_)));
    }

    #[test]
    fn a_wrong_name_is_a_failure_rather_than_a_skip() {
        let misnamed = Recordings::at(Some(Path::new("no such folder")), Path::new("src"));
        assert!(matches!(misnamed.outcome(false), StepOutcome::Failed(_)));
    }

    #[test]
    fn found_recordings_are_passed_by_their_absolute_path() {
        let Recordings::Found(path) = Recordings::at(None, Path::new("src")) else {
            panic!("xtask has a folder src");
        };
        assert!(Path::new(&path).is_absolute());
        let command = Recordings::Found("/data".to_owned()).pass_to(Invocation::cargo("test"));
        assert_eq!(command.to_string(), "FLEET_DATA_DIR=/data cargo test");
    }
}
