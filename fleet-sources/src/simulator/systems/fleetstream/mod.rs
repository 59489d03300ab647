//! FleetStream: one car that drives through Warsaw.

mod env;
mod gearbox;
mod model;

pub use env::FleetStreamEnv;
pub use model::{FleetStreamModel, FleetStreamVehicle};
