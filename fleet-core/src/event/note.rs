//! Remarks of drivers about vehicles.

use compact_str::CompactString;

use crate::data::{DriverId, EventTime, VehicleId, state::state_by_serde};

/// A remark that a driver wrote about a vehicle.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DriverNote {
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The driver.
    #[serde(rename = "driver_id")]
    pub driver: DriverId,
    /// The time of writing.
    #[serde(rename = "time")]
    pub at: EventTime,
    /// The text.
    #[serde(rename = "note_text")]
    pub text: String,
    /// The topic.
    #[serde(default)]
    pub category: Option<CompactString>,
}

state_by_serde!(DriverNote, 1);
