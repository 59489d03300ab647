//! Where vehicle events come from, one folder for each kind of system.
//!
//! | feature | source | partition | offset |
//! |---|---|---|---|
//! | `files` | `FileSource`: NDJSON and CSV files, gzip, standard input | all inputs together | byte |
//! | `postgres` | `HistorySource`: telemetry that a database kept, over a span of time | one | time, and place in its microsecond |
//! | `simulator` | `Simulator`: a fleet that does not exist, the same for the same seed | one | byte |
//!
//! # Who may depend on whom
//! This crate depends on `fleet-core` and on no other crate of the workspace; its folders do not know
//! each other.

#[cfg(feature = "files")]
pub mod files;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "simulator")]
pub mod simulator;

#[cfg(feature = "files")]
pub use files::{AtEnd, FileOptions, FileSource, Format, Input, InputHeader};
#[cfg(feature = "postgres")]
pub use postgres::{HistoryOptions, HistorySource, Stored, StoredTelemetry};
#[cfg(feature = "simulator")]
pub use simulator::{
    FleetFlowModel, FleetStreamModel, FordModel, Model, Pace, SelfDrivingModel, Simulator,
    SimulatorOptions, VehicleOpsModel,
};
