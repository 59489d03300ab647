//! Reads an alert from a row of table `alerts`.

use fleet_core::event::Alert;
use tokio_postgres::Row;

use crate::postgres::fleet::queries::convert::{maybe_text, text, time};

/// Reads an alert from a row.
pub(in crate::postgres::fleet::queries) fn alert(
    row: &Row,
) -> Result<Alert, tokio_postgres::Error> {
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
