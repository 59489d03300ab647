//! How one step of a command ended.

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StepOutcome {
    /// Nothing to say.
    Passed,
    /// It was not run, for this reason. Never silent, never a failure.
    Skipped(String),
    /// What was found; the command will fail.
    Failed(Vec<String>),
}

impl StepOutcome {
    /// Failed for one reason.
    pub(crate) fn failed(why: impl Into<String>) -> Self {
        Self::Failed(vec![why.into()])
    }

    /// Passed if nothing was found.
    pub(crate) fn from_findings(findings: Vec<String>) -> Self {
        if findings.is_empty() {
            Self::Passed
        } else {
            Self::Failed(findings)
        }
    }

    /// The table's last column.
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
