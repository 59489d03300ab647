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

mod area;
mod course;
mod draws;
mod env;
mod error;
mod fleetflow;
mod fleetstream;
mod ford;
mod gearbox;
mod model;
mod options;
mod self_driving;
mod source;
#[cfg(test)]
mod tests;
mod vehicleops;

pub use area::Area;
pub use draws::Draws;
pub use env::{BadVariable, FleetStreamEnv, FordEnv};
pub use error::UnknownName;
pub use fleetflow::{DriverStyle, FleetFlowDriver, FleetFlowModel, SampleClock};
pub use fleetstream::{FleetStreamModel, FleetStreamVehicle};
pub use ford::{FordCustomer, FordModel, FordVehicle};
pub use model::Model;
pub use options::{Pace, SimulatorOptions};
pub use self_driving::{OdometerFault, SelfDrivingModel, SelfDrivingTruth, SelfDrivingVehicle};
pub use source::Simulator;
pub use vehicleops::{Scenario, VehicleOpsModel, VehicleOpsVehicle};
