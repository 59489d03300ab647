//! How the systems write their events, one file each.

mod alerts;
mod any;
mod contract;
#[cfg(feature = "csv")]
mod csv;
pub mod fleet_pipeline;
mod fleetflow;
mod fleetstream;
pub mod ford;
#[cfg(test)]
mod fuzz;
mod json;
mod lines;
mod lossy;
mod native;
mod object;
mod openxc;
#[cfg(test)]
mod pairs;
mod table;
mod unit;
pub mod vehicleops;
mod wire;

pub use alerts::AlertNames;
pub use any::AnyEvent;
pub use contract::{Dialect, Refused};
#[cfg(feature = "csv")]
pub use csv::{ColumnMap, Csv};
pub use fleet_pipeline::{FleetPipeline, PipelineDriving, PipelinePerception, PipelineTelemetry};
pub use fleetflow::{
    DriverScore, FleetFlow, MAX_SAMPLES, SampleTime, TripLogStatus, TripQueued, TripRequest,
};
pub use fleetstream::{Derivation, FleetStream};
pub use ford::Ford;
pub use json::Json;
pub use lines::MAX_RECORD_BYTES;
pub use lossy::Lossy;
pub use native::Native;
pub use openxc::{NewestTime, NewestTimes, OpenXc};
pub use vehicleops::VehicleOps;
pub use wire::{JsonText, Maybe};

/// Whether a record has this key, quotes included, on any level: a text that is the same has no colon after it.
fn has_key(record: &str, key: &str) -> bool {
    let mut found = memchr::memmem::find_iter(record.as_bytes(), key);
    found.any(|at| {
        let rest = record.get(at + key.len()..).unwrap_or_default();
        rest.trim_ascii_start().starts_with(':')
    })
}
