//! FleetFlow: drivers who send each trip as one request with all its samples.

mod model;
mod style;
mod trip;

pub use model::{FleetFlowDriver, FleetFlowModel, SampleClock};
pub use style::DriverStyle;
