//! Means, extremes and totals of one vehicle over a range.

use fleet_core::{Result, VehicleId, dialect::Maybe};
use serde_json::Number;

use super::{
    convert::{mean, number},
    range::TimeRange,
    sums::sums,
};
use crate::postgres::fleet::tenancy::Scoped;

/// The metrics of one vehicle over a range, in the form of VehicleOps
/// (`GET /analytics/vehicle/{id}/metrics`). A number without a reading is null.
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

/// Returns the metrics of one vehicle over a range; zero and null if no reading is visible.
///
/// # Cost
/// Reads one row per day, up to 46 for the hours and 118 for the minutes at both ends, and the
/// readings of less than two minutes.
///
/// # Errors
/// Refuses a scope with several tenants. Otherwise returns errors of the server.
pub async fn vehicle_metrics(
    scoped: &Scoped,
    vehicle: &VehicleId,
    range: TimeRange,
) -> Result<VehicleMetrics> {
    let doing = "ask for the metrics of a vehicle in";
    let found = sums(scoped, doing, &[vehicle.as_str()], range).await?.pop();
    let of = |read: fn(&super::sums::Sums) -> Option<f64>| number(found.as_ref().and_then(read));
    Ok(VehicleMetrics {
        total_readings: found.as_ref().map_or(0, |sums| sums.readings),
        avg_speed_kmh: of(|sums| mean(sums.speed_sum_kmh, sums.speed_count)),
        max_speed_kmh: of(|sums| sums.speed_max_kmh),
        avg_battery_pct: of(|sums| mean(sums.battery_sum_pct, sums.battery_count)),
        min_battery_pct: of(|sums| sums.battery_min_pct),
        avg_engine_temp_c: of(|sums| mean(sums.engine_temp_sum_c, sums.engine_temp_count)),
        max_engine_temp_c: of(|sums| sums.engine_temp_max_c),
        total_distance_km: of(|sums| sums.distance_m.map(|m| m / 1000.0)),
        alert_count: found.as_ref().map_or(0, |sums| sums.alert_readings),
    })
}
