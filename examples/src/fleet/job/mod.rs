//! Pipelines: the graphs that run, where their streams are stored, and how a run is shown.

pub(crate) mod fleet;
mod progress;
mod results;
mod run;
mod speed_window;
mod stop;
mod tables;
mod telemetry;
mod trips;
mod work;

pub(crate) use fleet::FleetWork;
pub(crate) use progress::Goal;
pub(crate) use run::Job;
pub(crate) use stop::requested as requested_stop;
pub(crate) use tables::graph_of;
pub(crate) use telemetry::TelemetryWork;
pub(crate) use trips::TripWork;
pub(crate) use work::{BoxDecode, BoxSource, Work};
