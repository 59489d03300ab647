//! Rows of the Ford fleet demo, as its REST interface lists them.

use compact_str::CompactString;
use fleet_core::{DriverId, VehicleId, dialect::Maybe, time::Stamp};
use serde_json::Number;

/// A row of table `vehicle_state`, and an item of `GET /fleet/vehicles`: the newest telemetry of a
/// vehicle.
///
/// # Units
/// Those of the system: mph, degrees Fahrenheit, volts of the 12 V system, percent, miles.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct VehicleState {
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The time of its newest event.
    pub last_seen_ts: Stamp,
    /// `active`, or any other word.
    pub status: CompactString,
    /// Degrees north.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub lat: Maybe<Number>,
    /// Degrees east.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub lon: Maybe<Number>,
    /// mph.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub speed: Maybe<Number>,
    /// Degrees.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub heading: Maybe<Number>,
    /// Percent.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub fuel_pct: Maybe<Number>,
    /// Degrees Fahrenheit.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub engine_temp: Maybe<Number>,
    /// Volts.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub battery_v: Maybe<Number>,
    /// Miles.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub odometer: Maybe<Number>,
}

/// A row of table `driver_notes`, and an item of `GET /fleet/notes`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DriverNote {
    /// The id of the note.
    pub note_id: CompactString,
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The customer of the vehicle.
    pub customer_id: CompactString,
    /// The author.
    #[serde(rename = "driver_id")]
    pub driver: DriverId,
    /// The name of the author.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub driver_name: Maybe<CompactString>,
    /// When the note was written.
    pub ts: Stamp,
    /// The text.
    pub note_text: String,
    /// The subject.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub category: Maybe<CompactString>,
    /// The region of the vehicle.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub region_id: Maybe<CompactString>,
    /// The territory of the vehicle.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub territory_id: Maybe<CompactString>,
    /// The roles that may see the note; see [`AccessRoles`](fleet_core::event::AccessRoles).
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub access_roles: Maybe<CompactString>,
}
