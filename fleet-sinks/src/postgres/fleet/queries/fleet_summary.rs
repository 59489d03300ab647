//! The current numbers of one fleet.

use fleet_core::{FleetId, Result, dialect::Maybe, time::Stamp};
use serde_json::Number;
use tokio_postgres::types::ToSql;

use super::convert::{count, number, time};
use crate::postgres::fleet::tenancy::Scoped;

/// The current numbers of a fleet, in the form of VehicleOps (`GET /fleet/{id}/summary`).
///
/// # Units
/// Percent, km/h.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FleetSummary {
    /// The name of the fleet.
    pub fleet_name: String,
    /// The number of vehicles.
    pub total_vehicles: u64,
    /// The number of vehicles that are neither idle nor offline.
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

/// A vehicle is active unless it is idle or offline: in the described response 18 of 20 are active
/// and 2 are idle.
const SQL: &str = "
SELECT f.name, now() AS asked_at,
    count(v.vehicle_id) AS total,
    count(*) FILTER (WHERE s.status NOT IN ('IDLE', 'OFFLINE')) AS active,
    count(*) FILTER (WHERE s.status = 'IDLE') AS idle,
    count(*) FILTER (WHERE s.status = 'ALERT') AS in_alert,
    avg(s.battery_pct) AS battery_pct, avg(s.speed_kmh) AS speed_kmh,
    (SELECT count(*) FROM fleet.missions m WHERE m.tenant = f.tenant AND m.fleet_id = f.fleet_id
        AND m.status IN ('ASSIGNED', 'IN_PROGRESS', 'PAUSED')) AS missions,
    (SELECT count(*) FROM fleet.alerts a WHERE a.tenant = f.tenant AND a.fleet_id = f.fleet_id
        AND NOT a.acknowledged) AS alerts
FROM fleet.fleets f
    LEFT JOIN fleet.vehicles v USING (tenant, fleet_id)
    LEFT JOIN fleet.vehicle_state s USING (tenant, vehicle_id)
WHERE f.tenant = $1 AND f.fleet_id = $2
GROUP BY f.tenant, f.fleet_id, f.name";

/// Returns the current numbers of a fleet; `None` if no such fleet is visible.
///
/// # Errors
/// Refuses a scope with several tenants. Otherwise returns errors of the server.
pub async fn fleet_summary(scoped: &Scoped, fleet: &FleetId) -> Result<Option<FleetSummary>> {
    let values: [&(dyn ToSql + Sync); 2] = [&scoped.tenant()?, &fleet.as_str()];
    let asked = scoped.row("ask for the summary of a fleet in", SQL, &values, |row| {
        Ok(FleetSummary {
            fleet_name: row.try_get("name")?,
            total_vehicles: count(row, "total")?,
            active_vehicles: count(row, "active")?,
            idle_vehicles: count(row, "idle")?,
            vehicles_in_alert: count(row, "in_alert")?,
            avg_battery_pct: number(row.try_get("battery_pct")?),
            avg_speed_kmh: number(row.try_get("speed_kmh")?),
            active_missions: count(row, "missions")?,
            open_alerts: count(row, "alerts")?,
            last_updated: time(row, "asked_at")?.into(),
        })
    });
    asked.await
}
