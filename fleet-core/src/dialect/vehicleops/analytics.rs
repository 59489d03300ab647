//! Aggregates of VehicleOps: metrics, speed series, performance, history and the fleet summary.

use compact_str::CompactString;
use serde_json::Number;

use crate::{
    data::{VehicleId, time::Stamp},
    dialect::Maybe,
};

/// The metrics of one vehicle in a period (`GET /analytics/vehicle/{id}/metrics`). A number without
/// a reading is null.
///
/// # Units
/// km/h, percent, degrees Celsius, km.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct VehicleMetrics {
    /// The number of readings.
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
    /// The number of readings with status `ALERT`; the system counts readings, not alerts.
    pub alert_count: u64,
}

/// The speeds of one bucket (`GET /analytics/vehicle/{id}/speed-series`), km/h.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SpeedBucket {
    /// The start of the bucket.
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

/// The performance of a fleet (`GET /analytics/fleet/{id}/performance`), longest distance first.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FleetPerformance {
    /// One item for each vehicle.
    pub vehicles: Vec<VehiclePerformance>,
}

/// The performance of one vehicle.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct VehiclePerformance {
    /// The vehicle.
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
    /// The number of readings with status `ALERT`.
    pub alerts: u64,
}

/// The readings of one vehicle (`GET /telemetry/{id}/history`).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct History<T> {
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The start of the period.
    pub from: Stamp,
    /// The end of the period.
    pub to: Stamp,
    /// The number of readings.
    pub total_records: u64,
    /// The readings.
    pub data: Vec<T>,
}

/// The current numbers of a fleet (`GET /fleet/{id}/summary`).
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FleetSummary {
    /// The name of the fleet.
    pub fleet_name: CompactString,
    /// The number of vehicles.
    pub total_vehicles: u64,
    /// The number of moving vehicles.
    pub active_vehicles: u64,
    /// The number of idle vehicles.
    pub idle_vehicles: u64,
    /// The number of vehicles with status `ALERT`.
    pub vehicles_in_alert: u64,
    /// Percent.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub avg_battery_pct: Maybe<Number>,
    /// km/h.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub avg_speed_kmh: Maybe<Number>,
    /// The number of active missions.
    pub active_missions: u64,
    /// The number of unacknowledged alerts.
    pub open_alerts: u64,
    /// When the numbers were computed.
    pub last_updated: Stamp,
}
