//! VehicleOps: a fleet that moves at random around the centre of a city, or as it is told.

mod commanded;
mod model;
mod scenario;

pub use commanded::{CommandedVehicle, ObeyCommands, VehicleReport};
pub use model::{VehicleOpsModel, VehicleOpsVehicle};
pub use scenario::Scenario;
