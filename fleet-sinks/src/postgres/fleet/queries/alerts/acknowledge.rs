//! Acknowledges an alert.

use fleet_core::{Error, ErrorKind, Result, dialect::Maybe, time::Stamp};
use tokio_postgres::types::ToSql;

use crate::postgres::fleet::{queries::convert::time, tenancy::Scoped};

/// The acknowledgement of an alert, in the form of VehicleOps
/// (`POST /alerts/{id}/acknowledge`).
///
/// # Examples
/// ```
/// use fleet_sinks::postgres::queries::AlertAcknowledgement;
/// let json = r#"{"id":"alert-001","acknowledged":true,"acknowledged_by":"op-001","acknowledged_at":"2024-02-15T14:38:00Z","notes":null}"#;
/// let response: AlertAcknowledgement = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&response)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AlertAcknowledgement {
    /// The id of the alert.
    pub id: String,
    /// Always true.
    pub acknowledged: bool,
    /// The user who acknowledged it.
    pub acknowledged_by: String,
    /// When it was acknowledged.
    pub acknowledged_at: Stamp,
    /// The remark of that user.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub notes: Maybe<String>,
}

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
) -> Result<Option<AlertAcknowledgement>> {
    let Some(user) = scoped.scope().user() else {
        return Err(Error::new(
            ErrorKind::Config,
            "cannot acknowledge an alert for nobody: name the user of the scope",
        ));
    };
    let values: [&(dyn ToSql + Sync); 3] = [&id, &user, &notes];
    let asked = scoped.row("acknowledge an alert of", ACKNOWLEDGE, &values, |row| {
        Ok(AlertAcknowledgement {
            id: row.try_get("id")?,
            acknowledged: true,
            acknowledged_by: row.try_get("acknowledged_by")?,
            acknowledged_at: time(row, "acknowledged_at")?.into(),
            notes: Maybe::or_null(row.try_get("acknowledgement_notes")?),
        })
    });
    asked.await
}
