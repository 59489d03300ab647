//! The readings of one vehicle: a range, or the newest.

use fleet_core::{
    Result, VehicleId,
    event::{Reading, Signal, Telemetry},
    time::Stamp,
};
use tokio_postgres::{Row, types::ToSql};

use super::{
    convert::{count, maybe_text, text, time},
    range::TimeRange,
};
use crate::postgres::fleet::tenancy::Scoped;

/// The readings of one vehicle, in the form of VehicleOps (`GET /telemetry/{id}/history`).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct History<T> {
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The start of the range.
    pub from: Stamp,
    /// The end of the range.
    pub to: Stamp,
    /// The number of all readings in the range.
    pub total_records: u64,
    /// The readings, oldest first.
    pub data: Vec<T>,
}

/// The maximum number of readings in one response, as in VehicleOps.
pub const MAX_HISTORY: u32 = 10_000;

const COUNT: &str = "SELECT count(*) AS readings FROM fleet.v_telemetry
    WHERE tenant = $1 AND vehicle_id = $2 AND time >= $3 AND time < $4";
const HISTORY: &str = "SELECT * FROM fleet.v_telemetry
    WHERE tenant = $1 AND vehicle_id = $2 AND time >= $3 AND time < $4 ORDER BY time, id LIMIT $5";
const LATEST: &str = "SELECT * FROM fleet.v_telemetry
    WHERE tenant = $1 AND vehicle_id = $2 ORDER BY time DESC, id DESC LIMIT 1";

/// Returns the readings of one vehicle in a range, oldest first: at most `limit`, and at most
/// [`MAX_HISTORY`]. `total_records` counts all.
///
/// # Errors
/// Refuses a scope with several tenants. Otherwise returns errors of the server.
pub async fn history(
    scoped: &Scoped,
    vehicle: &VehicleId,
    range: TimeRange,
    limit: u32,
) -> Result<History<Telemetry>> {
    let doing = "ask for the history of a vehicle in";
    let (tenant, id) = (scoped.tenant()?, vehicle.as_str());
    let [from, to] = range.bounds();
    let limit = i64::from(limit.min(MAX_HISTORY));
    let total = scoped
        .row(doing, COUNT, &[&tenant, &id, &from, &to], |row| {
            count(row, "readings")
        })
        .await?;
    let data = scoped
        .rows(
            doing,
            HISTORY,
            &[&tenant, &id, &from, &to, &limit],
            telemetry,
        )
        .await?;
    Ok(History {
        vehicle: vehicle.clone(),
        from: range.from().into(),
        to: range.to().into(),
        total_records: total.unwrap_or(0),
        data,
    })
}

/// Returns the newest reading of one vehicle.
///
/// # Errors
/// Refuses a scope with several tenants. Otherwise returns errors of the server.
pub async fn latest(scoped: &Scoped, vehicle: &VehicleId) -> Result<Option<Telemetry>> {
    let values: [&(dyn ToSql + Sync); 2] = [&scoped.tenant()?, &vehicle.as_str()];
    scoped
        .row(
            "ask for the newest reading of a vehicle in",
            LATEST,
            &values,
            telemetry,
        )
        .await
}

fn telemetry(row: &Row) -> Result<Telemetry, tokio_postgres::Error> {
    let mut event = Telemetry::new(text(row, "vehicle_id")?, time(row, "time")?);
    event.set_fleet(maybe_text(row, "fleet_id")?);
    event.set_status(maybe_text(row, "status")?);
    for signal in Signal::ALL {
        if let Some(value) = row.try_get(signal.name())? {
            event.set(*signal, Reading::of_raw(value));
        }
    }
    Ok(event)
}
