use compact_str::CompactString;
use serde_json::Number;

use crate::{
    data::{DriverId, VehicleId, time::Stamp},
    dialect::Maybe,
};

/// A row of the table `vehicle_state`: what a vehicle said last.
///
/// # Units
/// Those of the system: mph, degrees Fahrenheit, volts of the 12 V system, percent, miles.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct VehicleState {
    /// Whose.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// When it was heard of.
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

/// A row of the table `driver_notes`, and an item of the list of notes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Note {
    /// Its name.
    pub note_id: CompactString,
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The vehicle's customer.
    pub customer_id: CompactString,
    /// Who wrote it.
    #[serde(rename = "driver_id")]
    pub driver: DriverId,
    /// That driver's name.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub driver_name: Maybe<CompactString>,
    /// When.
    pub ts: Stamp,
    /// The text.
    pub note_text: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub category: Maybe<CompactString>,
    /// The vehicle's region.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub region_id: Maybe<CompactString>,
    /// The vehicle's territory.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub territory_id: Maybe<CompactString>,
    /// Who may see it; see [`AccessRoles`](crate::event::AccessRoles).
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub access_roles: Maybe<CompactString>,
}
