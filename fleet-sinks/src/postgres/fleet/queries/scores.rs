//! Reads scores of trips, by trip or by driver.

use fleet_core::{DriverId, Result, TripId, time::Stamp};
use tokio_postgres::{Row, types::ToSql};

use super::{
    convert::{count, maybe_text, text, time},
    page::Slice,
};
use crate::postgres::fleet::tenancy::Scoped;

/// The score of one trip, as FleetFlow returns it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StoredTripScore {
    /// The trip.
    pub trip_id: TripId,
    /// The driver; null for a trip that was found in telemetry.
    pub driver_id: Option<DriverId>,
    /// The score, 0 to 100; null if the trip was too short to score.
    pub safety_score: Option<i32>,
    /// The number of harsh brakings.
    pub harsh_braking_count: u64,
    /// The number of rapid accelerations.
    pub rapid_accel_count: u64,
    /// When it was scored.
    pub created_at: Stamp,
}

const TRIP: &str = "SELECT * FROM fleet.driver_scores WHERE tenant = $1 AND trip_id = $2";
const DRIVER: &str = "SELECT * FROM fleet.driver_scores WHERE tenant = $1 AND driver_id = $2
    ORDER BY created_at DESC, trip_id LIMIT $3 OFFSET $4";

/// Returns the score of one trip; `None` if it is not scored yet.
///
/// # Errors
/// Refuses a scope with several tenants. Otherwise returns errors of the server.
pub async fn trip_score(scoped: &Scoped, trip: &TripId) -> Result<Option<StoredTripScore>> {
    let values: [&(dyn ToSql + Sync); 2] = [&scoped.tenant()?, &trip.as_str()];
    scoped
        .row("ask for the score of a trip in", TRIP, &values, score)
        .await
}

/// Lists the scores of one driver, newest first.
///
/// # Errors
/// Refuses a scope with several tenants. Otherwise returns errors of the server.
pub async fn driver_scores(
    scoped: &Scoped,
    driver: &DriverId,
    slice: Slice,
) -> Result<Vec<StoredTripScore>> {
    let [limit, offset] = slice.bounds();
    let values: [&(dyn ToSql + Sync); 4] = [&scoped.tenant()?, &driver.as_str(), &limit, &offset];
    scoped
        .rows("list the scores of a driver in", DRIVER, &values, score)
        .await
}

fn score(row: &Row) -> Result<StoredTripScore, tokio_postgres::Error> {
    Ok(StoredTripScore {
        trip_id: text(row, "trip_id")?,
        driver_id: maybe_text(row, "driver_id")?,
        safety_score: row.try_get("safety_score")?,
        harsh_braking_count: count(row, "harsh_braking_count")?,
        rapid_accel_count: count(row, "rapid_accel_count")?,
        created_at: time(row, "created_at")?.into(),
    })
}
