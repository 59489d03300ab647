//! Lists anomalies.

use fleet_core::{
    Result, VehicleId,
    dialect::{AlertNames, Maybe},
    event::{AlertKind, Severity, Telemetry, TextField},
};
use tokio_postgres::{Row, types::ToSql};

use super::anomaly::Anomaly;
use crate::postgres::fleet::{
    queries::{
        alerts::alert,
        convert::{count, maybe_time},
        page::{Page, Slice},
    },
    tenancy::Scoped,
};

/// A filter for anomalies; fields that are `None` match all.
#[derive(Clone, Debug, Default)]
pub struct AnomalyFilter {
    /// Of this vehicle.
    pub vehicle: Option<VehicleId>,
    /// Of this region.
    pub region: Option<String>,
    /// Of this territory.
    pub territory: Option<String>,
    /// Of this kind.
    pub kind: Option<AlertKind>,
    /// Of exactly this severity.
    pub severity: Option<Severity>,
    /// Only acknowledged, or only open ones.
    pub acknowledged: Option<bool>,
}

/// Restricted to kinds that the system has, so that totals count exactly what is listed.
const LIST: &str = "SELECT *, count(*) OVER () AS total FROM fleet.alerts
    WHERE kind = ANY ($1) AND ($2::text IS NULL OR vehicle_id = $2) AND ($3::text IS NULL OR region_id = $3)
        AND ($4::text IS NULL OR territory_id = $4) AND ($5::text IS NULL OR severity = $5)
        AND ($6::boolean IS NULL OR acknowledged = $6)
    ORDER BY time DESC, id LIMIT $7 OFFSET $8";

/// Lists anomalies in the names and units of the system, newest first.
///
/// # Errors
/// Returns errors of the server.
pub async fn anomalies(
    scoped: &Scoped,
    filter: &AnomalyFilter,
    slice: Slice,
) -> Result<Page<Anomaly>> {
    let [limit, offset] = slice.bounds();
    let kinds: Vec<_> = AlertKind::ALL
        .iter()
        .filter(|kind| AlertNames::Ford.name(**kind).is_some())
        .filter(|kind| filter.kind.is_none_or(|wanted| wanted == **kind))
        .map(AlertKind::as_word)
        .collect();
    let values: [&(dyn ToSql + Sync); 8] = [
        &kinds,
        &filter.vehicle.as_ref().map(VehicleId::as_str),
        &filter.region,
        &filter.territory,
        &filter.severity.map(Severity::as_word),
        &filter.acknowledged,
        &limit,
        &offset,
    ];
    let found = scoped
        .rows("list the anomalies of", LIST, &values, |row| {
            Ok((count(row, "total")?, anomaly(row)?))
        })
        .await?;
    Ok(Page {
        total: found.first().map_or(0, |(total, _)| *total),
        items: found
            .into_iter()
            .filter_map(|(_, anomaly)| anomaly)
            .collect(),
        limit: slice.limit.into(),
        offset: slice.offset.into(),
    })
}

fn anomaly(row: &Row) -> Result<Option<Anomaly>, tokio_postgres::Error> {
    let alert = alert(row)?;
    let mut event = Telemetry::new(alert.vehicle.clone(), alert.at);
    for (field, column) in [
        (TextField::Customer, "tenant"),
        (TextField::Region, "region_id"),
        (TextField::Territory, "territory_id"),
        (TextField::AccessRoles, "access_roles"),
    ] {
        event.set_text(field, row.try_get(column)?);
    }
    let Some(mut anomaly) = Anomaly::of(&alert, &event) else {
        return Ok(None);
    };
    let by: Option<&str> = row.try_get("acknowledged_by")?;
    anomaly.acknowledged = row.try_get("acknowledged")?;
    anomaly.acknowledged_by = Maybe::or_null(by.map(Into::into));
    anomaly.acknowledged_at = Maybe::or_null(maybe_time(row, "acknowledged_at")?.map(Into::into));
    Ok(Some(anomaly))
}
