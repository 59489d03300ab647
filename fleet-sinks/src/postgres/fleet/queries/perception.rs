//! Summarises detected objects by class.

use fleet_core::{Result, VehicleId, event::ObjectClass};
use tokio_postgres::{Row, types::ToSql};

use super::{
    convert::{count, maybe_text},
    range::TimeRange,
};
use crate::postgres::fleet::tenancy::Scoped;

/// The detections of one class of objects.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ClassSummary {
    /// The class; null if the sensor does not report it.
    pub object_class: Option<ObjectClass>,
    /// The number of detections.
    pub detections: u64,
    /// The smallest distance, m.
    pub min_distance_m: Option<f64>,
    /// The mean distance, m.
    pub avg_distance_m: Option<f64>,
    /// The mean speed, km/h.
    pub avg_speed_kmh: Option<f64>,
    /// The mean confidence, 0 to 1.
    pub avg_confidence: Option<f64>,
}

const SQL: &str = "
SELECT object_class, count(*) AS detections, min(object_distance_m) AS nearest, avg(object_distance_m) AS distance,
    avg(object_speed_kmh) AS speed, avg(confidence) AS confidence
FROM fleet.v_perception
WHERE tenant = $1 AND ($2::text IS NULL OR vehicle_id = $2) AND time >= $3 AND time < $4
GROUP BY object_class ORDER BY detections DESC, object_class";

/// Returns the detections of one vehicle, or of all, in a range, the most frequent class first.
///
/// # Errors
/// Refuses a scope with several tenants. Otherwise returns errors of the server.
pub async fn perception_summary(
    scoped: &Scoped,
    vehicle: Option<&VehicleId>,
    range: TimeRange,
) -> Result<Vec<ClassSummary>> {
    let (tenant, vehicle) = (scoped.tenant()?, vehicle.map(VehicleId::as_str));
    let [from, to] = range.bounds();
    let values: [&(dyn ToSql + Sync); 4] = [&tenant, &vehicle, &from, &to];
    scoped
        .rows("sum up the perception in", SQL, &values, class)
        .await
}

fn class(row: &Row) -> Result<ClassSummary, tokio_postgres::Error> {
    Ok(ClassSummary {
        object_class: maybe_text(row, "object_class")?,
        detections: count(row, "detections")?,
        min_distance_m: row.try_get("nearest")?,
        avg_distance_m: row.try_get("distance")?,
        avg_speed_kmh: row.try_get("speed")?,
        avg_confidence: row.try_get("confidence")?,
    })
}
