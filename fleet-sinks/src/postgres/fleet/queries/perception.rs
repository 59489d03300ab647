//! Detected objects by class.

use fleet_core::{Result, VehicleId, event::ObjectClass};
use tokio_postgres::{Row, types::ToSql};

use super::{
    TimeRange,
    convert::{count, maybe_text},
};
use crate::postgres::fleet::tenancy::Scoped;

/// What was seen of one class of objects.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ClassSummary {
    /// Which; null where the sensor does not tell.
    pub object_class: Option<ObjectClass>,
    /// How often.
    pub detections: u64,
    /// The nearest, m.
    pub min_distance_m: Option<f64>,
    /// On average, m.
    pub avg_distance_m: Option<f64>,
    /// On average, km/h.
    pub avg_speed_kmh: Option<f64>,
    /// On average, 0 to 1.
    pub avg_confidence: Option<f64>,
}

const SQL: &str = "
SELECT object_class, count(*) AS detections, min(object_distance_m) AS nearest, avg(object_distance_m) AS distance,
    avg(object_speed_kmh) AS speed, avg(confidence) AS confidence
FROM fleet.v_perception
WHERE tenant = $1 AND ($2::text IS NULL OR vehicle_id = $2) AND time >= $3 AND time < $4
GROUP BY object_class ORDER BY detections DESC, object_class";

/// What the sensors of one vehicle or of all saw in a time, the most frequent class first.
///
/// # Errors
/// Refuses a scope of several tenants. Else those of the server.
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
