//! Acknowledges an anomaly.

use fleet_core::{Result, dialect::ford::Acknowledged};

use crate::postgres::fleet::{queries::alerts::acknowledge_alert, tenancy::Scoped};

/// Acknowledges an anomaly in the name of the scope's user. Returns `None` if no such anomaly is
/// visible.
///
/// # Errors
/// Returns errors of [`acknowledge_alert`].
pub async fn acknowledge_anomaly(scoped: &Scoped, id: &str) -> Result<Option<Acknowledged>> {
    let seen = acknowledge_alert(scoped, id, None).await?;
    Ok(seen.map(|seen| Acknowledged {
        success: true,
        anomaly_id: seen.id,
        acknowledged_by: seen.acknowledged_by,
    }))
}
