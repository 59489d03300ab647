//! The result of one step of a command, and its wording in the report.

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StepOutcome {
    /// It found nothing wrong.
    Passed,
    /// It did not run, for this reason. The report shows it, and the command does not fail.
    Skipped(String),
    /// What it found; the command fails.
    Failed(Vec<String>),
}

impl StepOutcome {
    /// A failure for one reason.
    pub(crate) fn failed(why: impl Into<String>) -> Self {
        Self::Failed(vec![why.into()])
    }

    /// A pass if nothing was found, else a failure.
    pub(crate) fn from_findings(findings: Vec<String>) -> Self {
        if findings.is_empty() {
            Self::Passed
        } else {
            Self::Failed(findings)
        }
    }

    /// The text in the last column of the report.
    pub(crate) fn word(&self) -> String {
        match self {
            Self::Passed => "ok".to_owned(),
            Self::Skipped(why) => format!("skipped: {why}"),
            Self::Failed(all) => match all.as_slice() {
                [one] => format!("FAILED: {one}"),
                more => format!("FAILED: {} findings", more.len()),
            },
        }
    }
}
