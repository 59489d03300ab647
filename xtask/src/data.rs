//! The real recordings that some tests and examples read.

use std::path::Path;

use crate::report::Verdict;
use crate::run::Invocation;

/// Where the recordings lie beside a clone, unless `FLEET_DATA_DIR` says otherwise.
const BESIDE_THE_CLONE: &str = "../shared/data";

/// Whether there are recordings to test with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recordings {
    /// `FLEET_DATA_DIR` is set; the tests read it themselves.
    Given,
    /// Found beside the clone, at this absolute path.
    Found(String),
    /// Neither; tests that need them are skipped.
    Absent,
}

impl Recordings {
    /// Looks at the environment, then beside the clone.
    pub(crate) fn locate() -> Self {
        if std::env::var_os("FLEET_DATA_DIR").is_some() {
            return Self::Given;
        }
        // Absolute, because cargo starts each test in the directory of its package.
        match Path::new(BESIDE_THE_CLONE).canonicalize() {
            Ok(path) if path.is_dir() => Self::Found(path.display().to_string()),
            _ => Self::Absent,
        }
    }

    /// Tells a command where they are.
    pub(crate) fn tell(&self, invocation: Invocation) -> Invocation {
        match self {
            Self::Found(path) => invocation.env("FLEET_DATA_DIR", path),
            Self::Given | Self::Absent => invocation,
        }
    }

    /// Absent recordings are a visible skip, or a failure where `FLEET_DATA_REQUIRED=1`.
    pub(crate) fn verdict(&self, required: bool) -> Verdict {
        let absent = || format!("FLEET_DATA_DIR is not set and there is no {BESIDE_THE_CLONE}");
        match self {
            Self::Given | Self::Found(_) => Verdict::Passed,
            Self::Absent if required => Verdict::failed(absent()),
            Self::Absent => Verdict::Skipped(absent()),
        }
    }
}

/// Whether a missing recording is a failure here.
pub(crate) fn required() -> bool {
    std::env::var_os("FLEET_DATA_REQUIRED").is_some_and(|value| value == "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_recordings_are_a_visible_skip_or_a_failure_if_required() {
        assert!(matches!(
            Recordings::Absent.verdict(false),
            Verdict::Skipped(_)
        ));
        assert!(matches!(
            Recordings::Absent.verdict(true),
            Verdict::Failed(_)
        ));
        assert_eq!(Recordings::Given.verdict(true), Verdict::Passed);
    }

    #[test]
    fn only_found_recordings_are_told() {
        let test = Invocation::cargo("test");
        assert_eq!(Recordings::Given.tell(test.clone()), test);
        let found = Recordings::Found("/data".to_owned()).tell(test);
        assert_eq!(found.to_string(), "FLEET_DATA_DIR=/data cargo test");
    }
}
