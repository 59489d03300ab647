//! Selects the seeds of the randomised tests.

use crate::run::Invocation;

/// With `1`, the simulation takes seeds that were never run before. Without it, a plain
/// `cargo test` runs the same seeds each time, so that a failure is the fault of the change at
/// hand.
const VARIABLE: &str = "FLEET_FRESH_SEEDS";

/// Asks for new seeds: in CI and in the soak, which look for what nobody has seen yet.
pub(super) fn fresh(invocation: Invocation) -> Invocation {
    invocation.env(VARIABLE, "1")
}
