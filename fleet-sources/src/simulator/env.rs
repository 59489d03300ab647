//! Reading environment variables of the simulated systems.

/// The error of a variable that is not a number in its range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{name} is `{value}`, which is no {wanted}: give one, or leave it out for {default}")]
pub struct BadVariable {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) wanted: &'static str,
    pub(super) default: f64,
}

/// Returns a variable of the process; one that is not valid Unicode counts as missing.
pub(super) fn process_variable(name: &'static str) -> Option<String> {
    std::env::var(name).ok()
}
