//! VehicleOps: a fleet that moves at random around the centre of a city.

mod model;
mod scenario;

pub use model::{VehicleOpsModel, VehicleOpsVehicle};
pub use scenario::Scenario;
