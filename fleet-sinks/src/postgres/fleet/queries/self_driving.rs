//! Self-driving totals and the ratios that follow from them.

use fleet_core::{Result, VehicleId};
use tokio_postgres::{Row, types::ToSql};

use super::{
    convert::{count, text},
    range::TimeRange,
};
use crate::postgres::fleet::tenancy::Scoped;

/// The totals of one vehicle over several hours. For several vehicles, add the totals before
/// computing ratios: a mean of ratios is a different number.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SelfDrivingTotals {
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// Distance, km.
    pub km: f64,
    /// Distance with the system engaged, km.
    pub engaged_km: f64,
    /// The number of times that a person took control.
    pub interventions: u64,
    /// The number of times that the system left the engaged state.
    pub disengagements: u64,
    /// The number of interventions and disengagements, counted once where they belong together.
    pub episodes: u64,
    /// The number of readings above the speed limit.
    pub speed_violations: u64,
    /// Distance per intervention, km; null without one.
    pub km_per_intervention: Option<f64>,
    /// Share of the time with the system engaged, percent; null where nothing was observed.
    pub autopilot_engagement_pct: Option<f64>,
}

/// Whole micrometres and microseconds: in this form sums are the same in any order.
const SQL: &str = "
SELECT vehicle_id, sum(km::numeric(24, 9))::double precision AS km,
    sum(engaged_km::numeric(24, 9))::double precision AS engaged_km, sum(interventions)::bigint AS interventions,
    sum(disengagements)::bigint AS disengagements, sum(episodes)::bigint AS episodes,
    sum(speed_violations)::bigint AS speed_violations, 
    sum(observed_s::numeric(24, 6))::double precision AS observed_s,
    sum(engaged_s::numeric(24, 6))::double precision AS engaged_s
FROM fleet.self_driving_hours
WHERE tenant = $1 AND ($2::text IS NULL OR vehicle_id = $2) AND start >= $3 AND start < $4
GROUP BY vehicle_id ORDER BY vehicle_id";

/// Returns the totals of one vehicle, or of each, over the hours that start in a range.
///
/// # Errors
/// Refuses a scope with several tenants. Otherwise returns errors of the server.
pub async fn self_driving_metrics(
    scoped: &Scoped,
    vehicle: Option<&VehicleId>,
    range: TimeRange,
) -> Result<Vec<SelfDrivingTotals>> {
    let (tenant, vehicle) = (scoped.tenant()?, vehicle.map(VehicleId::as_str));
    let [from, to] = range.bounds();
    let values: [&(dyn ToSql + Sync); 4] = [&tenant, &vehicle, &from, &to];
    scoped
        .rows("ask for self-driving metrics in", SQL, &values, totals)
        .await
}

fn totals(row: &Row) -> Result<SelfDrivingTotals, tokio_postgres::Error> {
    let km: f64 = row.try_get("km")?;
    let interventions = count(row, "interventions")?;
    let [observed, engaged]: [f64; 2] = [row.try_get("observed_s")?, row.try_get("engaged_s")?];
    Ok(SelfDrivingTotals {
        vehicle: text(row, "vehicle_id")?,
        km,
        engaged_km: row.try_get("engaged_km")?,
        interventions,
        disengagements: count(row, "disengagements")?,
        episodes: count(row, "episodes")?,
        speed_violations: count(row, "speed_violations")?,
        km_per_intervention: (interventions > 0).then(|| km / interventions as f64),
        autopilot_engagement_pct: (observed > 0.0).then(|| 100.0 * engaged / observed),
    })
}
