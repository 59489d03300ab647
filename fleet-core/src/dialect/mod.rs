//! The formats in which systems write their events, one file or folder for each.

mod alerts;
mod any;
mod contract;
#[cfg(feature = "csv")]
mod csv;
pub mod fleet_pipeline;
mod fleetflow;
pub(crate) mod fleetstream;
pub(crate) mod ford;
mod json;
mod keeping;
mod lines;
mod lossy;
mod native;
pub(crate) mod object;
mod openxc;
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
pub use fleetflow::{FleetFlow, MAX_SAMPLES, SampleTime, TripRequest};
pub use fleetstream::{Derivation, FleetStream};
pub use ford::Ford;
pub use json::Json;
pub use keeping::Keeping;
pub use lines::MAX_RECORD_BYTES;
pub use lossy::Lossy;
pub use native::{Native, NativeEvents};
pub use openxc::{NewestTime, NewestTimes, OpenXc};
pub use vehicleops::VehicleOps;
pub use wire::{JsonText, Maybe};

/// Whether the outermost object of a record has this key, given with its quotes. An equal text
/// value is no match, because no colon follows it.
fn has_key(record: &str, key: &str) -> bool {
    let mut found = memchr::memmem::find_iter(record.as_bytes(), key);
    found.any(|at| {
        let rest = record.get(at + key.len()..).unwrap_or_default();
        rest.trim_ascii_start().starts_with(':')
            && is_outermost(record.get(..at).unwrap_or_default())
    })
}

/// Whether the position after this beginning of a record lies in the outermost object.
fn is_outermost(before: &str) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_u32, false, false);
    for byte in before.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth == 1 && !in_text
}

#[cfg(test)]
mod tests {
    use super::has_key;

    #[test]
    fn only_keys_of_the_outermost_object_are_found() {
        for (record, expected) in [
            (r#"{"a":{"b":"}\"["},"id" :1}"#, true),
            (r#"{"a":{"id":1}}"#, false),
            (r#"{"a":[{"id":1}]}"#, false),
            (r#"{"a":"id"}"#, false),
            (r#"{"a":"x\"id\":"}"#, false),
        ] {
            assert_eq!(has_key(record, "\"id\""), expected, "{record}");
        }
    }
}
