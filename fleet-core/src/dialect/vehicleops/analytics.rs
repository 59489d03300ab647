use compact_str::CompactString;
use serde_json::Number;

use crate::{
    data::{VehicleId, time::Stamp},
    dialect::Maybe,
};

/// What one vehicle did in a time (`GET /analytics/vehicle/{id}/metrics`). Numbers without a reading are null.
///
/// # Units
/// km/h, percent, degrees Celsius, km.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct VehicleMetrics {
    /// How many readings there were.
    pub total_readings: u64,
    /// km/h.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub avg_speed_kmh: Maybe<Number>,
    /// km/h.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub max_speed_kmh: Maybe<Number>,
    /// Percent.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub avg_battery_pct: Maybe<Number>,
    /// Percent.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub min_battery_pct: Maybe<Number>,
    /// Degrees Celsius.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub avg_engine_temp_c: Maybe<Number>,
    /// Degrees Celsius.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub max_engine_temp_c: Maybe<Number>,
    /// km.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub total_distance_km: Maybe<Number>,
    /// How many readings had the status ALERT; the system counts readings, not alerts.
    pub alert_count: u64,
}

/// Speeds of one bucket (`GET /analytics/vehicle/{id}/speed-series`), km/h.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SpeedBucket {
    /// When it begins.
    pub bucket: Stamp,
    /// The mean.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub avg_value: Maybe<Number>,
    /// The highest.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub max_value: Maybe<Number>,
    /// The lowest.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub min_value: Maybe<Number>,
}

/// How the vehicles of a fleet did (`GET /analytics/fleet/{id}/performance`), those with the most km first.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FleetPerformance {
    /// One item a vehicle.
    pub vehicles: Vec<VehiclePerformance>,
}

/// How one vehicle did.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct VehiclePerformance {
    /// Which.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// km/h.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub avg_speed: Maybe<Number>,
    /// Percent.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub avg_battery: Maybe<Number>,
    /// km.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub distance_km: Maybe<Number>,
    /// How many readings had the status ALERT.
    pub alerts: u64,
}

/// The readings of one vehicle (`GET /telemetry/{id}/history`).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct History<T> {
    /// Whose.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// From when on.
    pub from: Stamp,
    /// Until when.
    pub to: Stamp,
    /// How many there are.
    pub total_records: u64,
    /// The readings.
    pub data: Vec<T>,
}

/// The numbers of a fleet (`GET /fleet/{id}/summary`).
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FleetSummary {
    /// Its name.
    pub fleet_name: CompactString,
    /// How many vehicles it has.
    pub total_vehicles: u64,
    /// How many of them are under way.
    pub active_vehicles: u64,
    /// How many of them stand.
    pub idle_vehicles: u64,
    /// How many of them have the status ALERT.
    pub vehicles_in_alert: u64,
    /// Percent.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub avg_battery_pct: Maybe<Number>,
    /// km/h.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub avg_speed_kmh: Maybe<Number>,
    /// How many missions are under way.
    pub active_missions: u64,
    /// How many alerts nobody has seen.
    pub open_alerts: u64,
    /// When these were the numbers.
    pub last_updated: Stamp,
}
