//! Lists and acknowledges alerts.

use fleet_core::{
    Error, ErrorKind, FleetId, Result, VehicleId,
    dialect::{
        Maybe,
        vehicleops::{Acknowledged, AlertItem},
    },
    event::{Alert, Severity},
};
use tokio_postgres::{Row, types::ToSql};

use super::{
    convert::{maybe_text, text, time},
    range::Slice,
};
use crate::postgres::fleet::tenancy::Scoped;

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

/// The first acknowledgement is kept; a second one returns the first.
const ACKNOWLEDGE: &str = "
WITH now_seen AS (
    UPDATE fleet.alerts SET acknowledged = true, acknowledged_by = $2, acknowledged_at = now(),
        acknowledgement_notes = $3
    WHERE id = $1 AND NOT acknowledged
    RETURNING id, acknowledged_by, acknowledged_at, acknowledgement_notes
)
SELECT * FROM now_seen
UNION ALL
SELECT id, acknowledged_by, acknowledged_at, acknowledgement_notes FROM fleet.alerts
WHERE id = $1 AND acknowledged AND NOT EXISTS (SELECT FROM now_seen)";

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

/// Acknowledges an alert in the name of the scope's user, with optional notes. Returns `None` if no
/// such alert is visible.
///
/// It takes effect when the scope's transaction is committed.
///
/// # Errors
/// Refuses a scope without a [user](crate::postgres::tenancy::Scope::as_user). Otherwise returns
/// errors of the server.
pub async fn acknowledge_alert(
    scoped: &Scoped,
    id: &str,
    notes: Option<&str>,
) -> Result<Option<Acknowledged>> {
    let Some(user) = scoped.scope().user() else {
        return Err(Error::new(
            ErrorKind::Config,
            "cannot acknowledge an alert for nobody: name the user of the scope",
        ));
    };
    let values: [&(dyn ToSql + Sync); 3] = [&id, &user, &notes];
    let asked = scoped.row("acknowledge an alert of", ACKNOWLEDGE, &values, |row| {
        let [id, by]: [&str; 2] = [row.try_get("id")?, row.try_get("acknowledged_by")?];
        Ok(Acknowledged {
            id: id.into(),
            acknowledged: true,
            acknowledged_by: by.into(),
            acknowledged_at: time(row, "acknowledged_at")?.into(),
            notes: Maybe::or_null(row.try_get("acknowledgement_notes")?),
        })
    });
    asked.await
}

fn item(row: &Row) -> Result<AlertItem, tokio_postgres::Error> {
    let alert = alert(row)?;
    let mut item = AlertItem::of(&alert).unwrap_or_else(|| AlertItem {
        id: alert.id.to_string().into(),
        vehicle: alert.vehicle.clone(),
        fleet: Maybe::or_null(alert.fleet.clone()),
        alert_type: alert.kind.as_word().into(),
        severity: alert.severity.as_word().into(),
        value: super::convert::number(alert.value),
        threshold: super::convert::number(alert.threshold),
        message: alert.message(),
        acknowledged: false,
        triggered_at: alert.at.into(),
    });
    item.acknowledged = row.try_get("acknowledged")?;
    Ok(item)
}

/// Reads an alert from a row.
pub(super) fn alert(row: &Row) -> Result<Alert, tokio_postgres::Error> {
    let rule: &str = row.try_get("rule")?;
    Ok(Alert {
        id: text(row, "id")?,
        at: time(row, "time")?,
        vehicle: text(row, "vehicle_id")?,
        fleet: maybe_text(row, "fleet_id")?,
        kind: text(row, "kind")?,
        severity: text(row, "severity")?,
        rule: rule.into(),
        value: row.try_get("value")?,
        threshold: row.try_get("threshold")?,
        limit_source: text(row, "limit_source")?,
    })
}
