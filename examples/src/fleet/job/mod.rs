//! Pipelines: which graph runs, how it is driven, and how progress is shown.

mod progress;
mod run;
mod speed_window;
mod stop;
pub(crate) mod telemetry;
mod trips;

pub(crate) use progress::Goal;
pub(crate) use run::{Exactly, Job, Work};
pub(crate) use telemetry::MainWork;
pub(crate) use trips::TripWork;
