//! Fleets that do not exist: the same events from the same seed, as a source that can be replayed.
//!
//! [`Simulator`] is the source; a [`Model`] says how the vehicles of one system behave, one file each:
//!
//! | model | system | sends |
//! |---|---|---|
//! | [`VehicleOpsModel`] | VehicleOps | telemetry |
//! | [`FleetStreamModel`] | FleetStream | telemetry of one car |
//! | [`SelfDrivingModel`] | the self-driving pipeline | telemetry, perception, driving events, with the truth beside |
//! | [`FordModel`] | the Ford fleet demo | telemetry |
//! | [`FleetFlowModel`] | FleetFlow | requests, each with the samples of one trip |
//!
//! Only arithmetic that IEEE 754 fixes to the bit is used, so the bytes are the same on every machine.

mod draws;
mod env;
mod error;
mod model;
mod options;
mod source;
mod systems;
#[cfg(test)]
mod tests;
mod world;

pub use draws::Draws;
pub use env::BadVariable;
pub use error::UnknownName;
pub use model::Model;
pub use options::{Pace, SimulatorOptions};
pub use source::Simulator;
pub use systems::{
    fleetflow::{DriverStyle, FleetFlowDriver, FleetFlowModel, SampleClock},
    fleetstream::{FleetStreamEnv, FleetStreamModel, FleetStreamVehicle},
    ford::{FordCustomer, FordEnv, FordModel, FordVehicle},
    self_driving::{OdometerFault, SelfDrivingModel, SelfDrivingTruth, SelfDrivingVehicle},
    vehicleops::{Scenario, VehicleOpsModel, VehicleOpsVehicle},
};
pub use world::area::Area;
