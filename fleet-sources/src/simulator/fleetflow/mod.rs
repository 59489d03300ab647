//! The drivers of FleetFlow, and their trips.

mod model;
mod style;
mod trip;

pub use model::{FleetFlowDriver, FleetFlowModel, SampleClock};
pub use style::DriverStyle;
