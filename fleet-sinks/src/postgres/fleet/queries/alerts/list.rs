//! Lists alerts.

use fleet_core::{FleetId, Result, VehicleId, dialect::Maybe, event::Severity};
use tokio_postgres::{Row, types::ToSql};

use super::{item::AlertItem, row::alert};
use crate::postgres::fleet::{
    queries::{convert::number, page::Slice},
    tenancy::Scoped,
};

/// A filter for alerts; fields that are `None` match all.
#[derive(Clone, Debug, Default)]
pub struct AlertFilter {
    /// Of this fleet.
    pub fleet: Option<FleetId>,
    /// Of this vehicle.
    pub vehicle: Option<VehicleId>,
    /// Of exactly this severity.
    pub severity: Option<Severity>,
    /// Only acknowledged, or only open ones.
    pub acknowledged: Option<bool>,
}

const LIST: &str = "SELECT * FROM fleet.alerts
    WHERE ($1::text IS NULL OR fleet_id = $1) AND ($2::text IS NULL OR vehicle_id = $2)
        AND ($3::text IS NULL OR severity = $3) AND ($4::boolean IS NULL OR acknowledged = $4)
    ORDER BY time DESC, id LIMIT $5 OFFSET $6";

/// Lists alerts, newest first. A kind that VehicleOps does not have gets our name.
///
/// # Errors
/// Returns errors of the server.
pub async fn alerts(scoped: &Scoped, filter: &AlertFilter, slice: Slice) -> Result<Vec<AlertItem>> {
    let [limit, offset] = slice.bounds();
    let values: [&(dyn ToSql + Sync); 6] = [
        &filter.fleet.as_ref().map(FleetId::as_str),
        &filter.vehicle.as_ref().map(VehicleId::as_str),
        &filter.severity.map(Severity::as_word),
        &filter.acknowledged,
        &limit,
        &offset,
    ];
    scoped.rows("list the alerts of", LIST, &values, item).await
}

fn item(row: &Row) -> Result<AlertItem, tokio_postgres::Error> {
    let alert = alert(row)?;
    let mut item = AlertItem::of(&alert).unwrap_or_else(|| AlertItem {
        id: alert.id.to_string(),
        vehicle: alert.vehicle.clone(),
        fleet: Maybe::or_null(alert.fleet.clone()),
        alert_type: alert.kind.as_word().into(),
        severity: alert.severity.as_word().into(),
        value: number(alert.value),
        threshold: number(alert.threshold),
        message: alert.message(),
        acknowledged: false,
        triggered_at: alert.at.into(),
    });
    item.acknowledged = row.try_get("acknowledged")?;
    Ok(item)
}
