//! The speed of a vehicle over time, in buckets of minutes.

use fleet_core::{Error, ErrorKind, Result, VehicleId, dialect::Maybe, time::Stamp};
use serde_json::Number;
use tokio_postgres::{Row, types::ToSql};

use super::{
    convert::{count, mean, number, time},
    range::TimeRange,
    spans::Spans,
};
use crate::postgres::fleet::tenancy::Scoped;

/// The speeds of one bucket, in the form of VehicleOps
/// (`GET /analytics/vehicle/{id}/speed-series`).
///
/// # Units
/// km/h.
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

/// The longest bucket in minutes, as in VehicleOps.
pub const MAX_BUCKET_MINUTES: u32 = 60;

/// Reads whole minutes from their roll-up, whose index includes the speeds, and the rest at both
/// ends from telemetry.
pub(super) const SQL: &str = "
SELECT date_bin(make_interval(mins => $3), time, 'epoch') AS bucket, sum(speed_count)::bigint AS speed_count,
    sum(speed_sum_kmh) AS speed_sum_kmh, min(speed_min_kmh) AS speed_min_kmh, max(speed_max_kmh) AS speed_max_kmh
FROM (
    SELECT time, speed_count, speed_sum_kmh, speed_min_kmh, speed_max_kmh FROM fleet.v_minutes
    WHERE tenant = $1 AND vehicle_id = $2 AND time >= $4 AND time < $5
  UNION ALL
    SELECT time, (speed_kmh IS NOT NULL)::int, speed_kmh, speed_kmh, speed_kmh FROM fleet.v_telemetry
    WHERE tenant = $1 AND vehicle_id = $2 AND (time >= $6 AND time < $7 OR time >= $8 AND time < $9)
) AS parts
GROUP BY bucket";

/// Returns the speeds of one vehicle in buckets of whole minutes, aligned to 1970, in order of
/// time. Buckets without readings are left out. The first and last bucket count only readings
/// inside the range.
///
/// # Errors
/// Refuses buckets outside 1 to [`MAX_BUCKET_MINUTES`] and a scope of several tenants. Otherwise
/// returns errors of the server.
pub async fn speed_series(
    scoped: &Scoped,
    vehicle: &VehicleId,
    range: TimeRange,
    bucket_minutes: u32,
) -> Result<Vec<SpeedBucket>> {
    let minutes = i32::try_from(bucket_minutes).ok();
    let Some(minutes) = minutes.filter(|_| (1..=MAX_BUCKET_MINUTES).contains(&bucket_minutes))
    else {
        let message = format!(
            "cannot ask for speeds in buckets of {bucket_minutes} minutes: 1 to {MAX_BUCKET_MINUTES}"
        );
        return Err(Error::new(ErrorKind::Config, message));
    };
    let tenant = scoped.tenant()?;
    let vehicle = vehicle.as_str();
    let spans = Spans::of_minutes(range);
    let [m0, m1] = spans.minutes[0].bounds();
    let [[t0, t1], [t2, t3]] = spans.moments.map(TimeRange::bounds);
    let values: [&(dyn ToSql + Sync); 9] =
        [&tenant, &vehicle, &minutes, &m0, &m1, &t0, &t1, &t2, &t3];
    let mut buckets = scoped
        .rows("ask for the speeds of a vehicle in", SQL, &values, bucket)
        .await?;
    buckets.sort_by_key(|bucket| bucket.bucket.at);
    Ok(buckets)
}

fn bucket(row: &Row) -> Result<SpeedBucket, tokio_postgres::Error> {
    let sum = row.try_get("speed_sum_kmh")?;
    Ok(SpeedBucket {
        bucket: time(row, "bucket")?.into(),
        avg_value: number(mean(sum, count(row, "speed_count")?)),
        max_value: number(row.try_get("speed_max_kmh")?),
        min_value: number(row.try_get("speed_min_kmh")?),
    })
}
