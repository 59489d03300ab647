//! Running other programs as the steps of a command, and reporting how each step ended.

mod ci;
mod invocation;
mod metadata;
mod outcome;
mod report;

pub(crate) use ci::in_ci;
pub(crate) use invocation::{Invocation, Origin};
pub(crate) use metadata::{Metadata, Package, Target};
pub(crate) use outcome::StepOutcome;
pub(crate) use report::{Report, timed};
