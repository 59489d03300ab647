//! Sums over the readings of vehicles, from roll-ups wherever they cover the range.

use fleet_core::{Result, VehicleId};
use tokio_postgres::{Row, types::ToSql};

use super::{
    convert::{count, text},
    range::TimeRange,
    spans::Spans,
};
use crate::postgres::fleet::tenancy::Scoped;

/// Reads whole days, hours and minutes from their roll-ups, and the rest at both ends from
/// telemetry.
pub(super) const SQL: &str = "
SELECT vehicle_id, sum(readings)::bigint AS readings,
    sum(speed_count)::bigint AS speed_count, sum(speed_sum_kmh)::double precision AS speed_sum_kmh,
    max(speed_max_kmh) AS speed_max_kmh,
    sum(battery_count)::bigint AS battery_count, sum(battery_sum_pct)::double precision AS battery_sum_pct,
    min(battery_min_pct) AS battery_min_pct,
    sum(engine_temp_count)::bigint AS engine_temp_count,
    sum(engine_temp_sum_c)::double precision AS engine_temp_sum_c, max(engine_temp_max_c) AS engine_temp_max_c,
    sum(distance_m)::double precision AS distance_m, sum(alert_readings)::bigint AS alert_readings
FROM (
    SELECT vehicle_id, readings, speed_count, speed_sum_kmh, speed_max_kmh, battery_count, battery_sum_pct,
        battery_min_pct, engine_temp_count, engine_temp_sum_c, engine_temp_max_c, distance_m, alert_readings
    FROM fleet.v_days
    WHERE tenant = $1 AND vehicle_id = ANY ($2) AND time >= $3 AND time < $4
  UNION ALL
    SELECT vehicle_id, readings, speed_count, speed_sum_kmh, speed_max_kmh, battery_count, battery_sum_pct,
        battery_min_pct, engine_temp_count, engine_temp_sum_c, engine_temp_max_c, distance_m, alert_readings
    FROM fleet.v_hours
    WHERE tenant = $1 AND vehicle_id = ANY ($2) AND (time >= $5 AND time < $6 OR time >= $7 AND time < $8)
  UNION ALL
    SELECT vehicle_id, readings, speed_count, speed_sum_kmh::numeric, speed_max_kmh, battery_count,
        battery_sum_pct::numeric, battery_min_pct, engine_temp_count, engine_temp_sum_c::numeric, engine_temp_max_c,
        distance_m::numeric, alert_readings
    FROM fleet.v_minutes
    WHERE tenant = $1 AND vehicle_id = ANY ($2) AND (time >= $9 AND time < $10 OR time >= $11 AND time < $12)
  UNION ALL
    SELECT vehicle_id, 1, (speed_kmh IS NOT NULL)::int, speed_kmh::numeric, speed_kmh, (battery_pct IS NOT NULL)::int,
        battery_pct::numeric, battery_pct, (engine_temp_c IS NOT NULL)::int, engine_temp_c::numeric, engine_temp_c,
        distance_m::numeric, (COALESCE(status, '') = 'ALERT')::int
    FROM fleet.v_telemetry
    WHERE tenant = $1 AND vehicle_id = ANY ($2) AND (time >= $13 AND time < $14 OR time >= $15 AND time < $16)
) AS parts
GROUP BY vehicle_id";

/// Sums, counts and extremes over the readings of one vehicle.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    pub(super) vehicle: VehicleId,
    pub(super) readings: u64,
    pub(super) speed_count: u64,
    pub(super) speed_sum_kmh: Option<f64>,
    pub(super) speed_max_kmh: Option<f64>,
    pub(super) battery_count: u64,
    pub(super) battery_sum_pct: Option<f64>,
    pub(super) battery_min_pct: Option<f64>,
    pub(super) engine_temp_count: u64,
    pub(super) engine_temp_sum_c: Option<f64>,
    pub(super) engine_temp_max_c: Option<f64>,
    pub(super) distance_m: Option<f64>,
    pub(super) alert_readings: u64,
}

/// The sums of some vehicles of one tenant. Vehicles without readings are left out.
pub(super) async fn sums(
    scoped: &Scoped,
    doing: &str,
    vehicles: &[&str],
    range: TimeRange,
) -> Result<Vec<Sums>> {
    let tenant = scoped.tenant()?;
    let bounds = Spans::of(range).bounds();
    let mut values: Vec<&(dyn ToSql + Sync)> = vec![&tenant, &vehicles];
    for bound in &bounds {
        values.push(bound);
    }
    let mut sums = scoped.rows(doing, SQL, &values, read).await?;
    sums.sort_by(|a, b| a.vehicle.cmp(&b.vehicle));
    Ok(sums)
}

fn read(row: &Row) -> Result<Sums, tokio_postgres::Error> {
    Ok(Sums {
        vehicle: text(row, "vehicle_id")?,
        readings: count(row, "readings")?,
        speed_count: count(row, "speed_count")?,
        speed_sum_kmh: row.try_get("speed_sum_kmh")?,
        speed_max_kmh: row.try_get("speed_max_kmh")?,
        battery_count: count(row, "battery_count")?,
        battery_sum_pct: row.try_get("battery_sum_pct")?,
        battery_min_pct: row.try_get("battery_min_pct")?,
        engine_temp_count: count(row, "engine_temp_count")?,
        engine_temp_sum_c: row.try_get("engine_temp_sum_c")?,
        engine_temp_max_c: row.try_get("engine_temp_max_c")?,
        distance_m: row.try_get("distance_m")?,
        alert_readings: count(row, "alert_readings")?,
    })
}
