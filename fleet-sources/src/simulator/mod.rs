//! A source of simulated fleets: the same events for the same seed, on every machine.
//!
//! [`Simulator`] is the source. It needs a [`Model`], which defines how the vehicles of one system
//! behave, and the system's [`Dialect`](fleet_core::dialect::Dialect), which writes their events as
//! that system would:
//!
//! | model | system | sends |
//! |---|---|---|
//! | [`VehicleOpsModel`] | VehicleOps | telemetry |
//! | [`FleetStreamModel`] | FleetStream | telemetry of one car |
//! | [`SelfDrivingModel`] | the self-driving pipeline | telemetry, perception, driving events |
//! | [`FordModel`] | the Ford fleet demo | telemetry |
//! | [`FleetFlowModel`] | FleetFlow | requests, each with the samples of one trip |
//!
//! [`ObeyCommands`] is an operator instead: VehicleOps' vehicles that obey commands, which a model,
//! whose events depend on its seed alone, cannot.
//!
//! [`SelfDrivingModel::truth`] returns what metrics over the events must arrive at.
//!
//! # Layers
//! Each folder or file imports only those before it:
//!
//! | layer | contents |
//! |---|---|
//! | `error`, `options`, `draws`, `env` | errors, settings, random numbers, environment variables |
//! | `model` | the [`Model`] trait |
//! | `world` | cities, and movement on the map |
//! | `systems` | the models, one folder each |
//! | `generator` | from a model and a dialect to lines, without clock or waiting |
//! | `source` | [`Simulator`] |
//!
//! # Guarantees
//! - Deterministic: models use only arithmetic that IEEE 754 defines to the bit, and never a clock.
//!   Golden hashes in the tests fix the bytes.
//! - Replayable: a run resumes at any committed offset, at the cost of generating the events before
//!   it.
//! - Bounded: memory holds the vehicles and one chunk of 256 KiB; each tick of a vehicle sends at
//!   least one event.
//!
//! # Examples
//! ```
//! use std::time::Duration;
//! use fleet_core::{Source, dialect::VehicleOps};
//! use fleet_sources::{Simulator, SimulatorOptions, VehicleOpsModel};
//! let options = SimulatorOptions::default().vehicles(3).duration(Duration::from_secs(60));
//! let source = Simulator::new(VehicleOpsModel::default(), VehicleOps::default(), options)?;
//! let name = source.partition().as_str();
//! assert!(name.starts_with("simulator:vehicleops?vehicles=3&seconds=60&interval_ms=500&"));
//! assert!(!source.follows());
//! # Ok::<(), fleet_core::Error>(())
//! ```
//!
//! # Errors
//! [`Simulator::new`] refuses options that give no valid events, with kind
//! [`Config`](fleet_core::ErrorKind::Config). Resuming at an offset that is not the beginning of a
//! line fails with kind [`Source`](fleet_core::ErrorKind::Source). Neither is retryable.

mod draws;
mod env;
mod error;
mod generator;
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
    vehicleops::{
        CommandedVehicle, ObeyCommands, Scenario, VehicleOpsModel, VehicleOpsVehicle, VehicleReport,
    },
};
pub use world::area::Area;
