//! Compares the vehicles of a fleet over a range.

use fleet_core::{FleetId, Result, VehicleId, dialect::Maybe};
use serde_json::Number;
use tokio_postgres::types::ToSql;

use super::{
    convert::{mean, number},
    range::TimeRange,
    sums::{Sums, sums},
};
use crate::postgres::fleet::tenancy::Scoped;

/// The performance of a fleet by distance, longest first, in the form of VehicleOps
/// (`GET /analytics/fleet/{id}/performance`).
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FleetPerformance {
    /// One item for each vehicle.
    pub vehicles: Vec<VehiclePerformance>,
}

/// The performance of one vehicle of a fleet.
///
/// # Units
/// km/h, percent, km.
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

/// Returns the performance of each vehicle of a fleet with readings in a range, by distance,
/// largest first.
///
/// # Cost
/// The cost of [`vehicle_metrics`](super::vehicle_metrics) for each vehicle.
///
/// # Errors
/// Refuses a scope with several tenants. Otherwise returns errors of the server.
pub async fn fleet_performance(
    scoped: &Scoped,
    fleet: &FleetId,
    range: TimeRange,
) -> Result<FleetPerformance> {
    let doing = "ask for the performance of a fleet in";
    let sql = "SELECT vehicle_id FROM fleet.vehicles WHERE tenant = $1 AND fleet_id = $2";
    let values: [&(dyn ToSql + Sync); 2] = [&scoped.tenant()?, &fleet.as_str()];
    let vehicles: Vec<String> = scoped
        .rows(doing, sql, &values, |row| row.try_get(0))
        .await?;
    let vehicles: Vec<_> = vehicles.iter().map(String::as_str).collect();
    let mut found = sums(scoped, doing, &vehicles, range).await?;
    let km = |sums: &Sums| sums.distance_m.unwrap_or(0.0);
    // The sort is stable: vehicles with equal distances stay in the order of their ids.
    found.sort_by(|a, b| km(b).total_cmp(&km(a)));
    let item = |sums: Sums| VehiclePerformance {
        avg_speed: number(mean(sums.speed_sum_kmh, sums.speed_count)),
        avg_battery: number(mean(sums.battery_sum_pct, sums.battery_count)),
        distance_km: number(sums.distance_m.map(|m| m / 1000.0)),
        alerts: sums.alert_readings,
        vehicle: sums.vehicle,
    };
    Ok(FleetPerformance {
        vehicles: found.into_iter().map(item).collect(),
    })
}
