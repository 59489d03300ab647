//! Fleets that do not exist: the same events from the same seed, as a source that can be replayed.
//!
//! [`Simulator`] is the source; a [`Model`] says how the vehicles of one system behave, one file each.

mod area;
mod draws;
mod error;
mod model;
mod options;
mod source;
#[cfg(test)]
mod tests;
mod vehicleops;

pub use area::Area;
pub use draws::Draws;
pub use error::UnknownName;
pub use model::Model;
pub use options::{Pace, SimulatorOptions};
pub use source::Simulator;
pub use vehicleops::{Scenario, VehicleOpsModel};
