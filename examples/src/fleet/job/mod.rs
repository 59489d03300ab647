//! Pipelines: the graphs that run, where their streams are stored, and how a run is shown.

mod progress;
mod run;
mod speed_window;
mod stop;
pub(crate) mod telemetry;
mod trips;
mod work;

pub(crate) use progress::Goal;
pub(crate) use run::Job;
pub(crate) use telemetry::FleetWork;
pub(crate) use trips::TripWork;
pub(crate) use work::Work;
