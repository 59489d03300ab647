//! VehicleOps: a fleet whose vehicles walk at random around the centre of a city.

mod model;
mod scenario;

pub use model::{VehicleOpsModel, VehicleOpsVehicle};
pub use scenario::Scenario;
