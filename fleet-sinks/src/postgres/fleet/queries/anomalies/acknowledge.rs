//! Acknowledges an anomaly.

use fleet_core::Result;

use crate::postgres::fleet::{queries::alerts::acknowledge_alert, tenancy::Scoped};

/// The acknowledgement of an anomaly, in the form of the Ford system
/// (`POST /fleet/anomalies/{id}/ack`).
///
/// # Examples
/// ```
/// use fleet_sinks::postgres::queries::AnomalyAcknowledgement;
/// let json = r#"{"success":true,"anomaly_id":"9c5b94b1","acknowledged_by":"territory_manager_1"}"#;
/// let response: AnomalyAcknowledgement = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&response)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AnomalyAcknowledgement {
    /// Always true.
    pub success: bool,
    /// The id of the anomaly.
    pub anomaly_id: String,
    /// The user who acknowledged it.
    pub acknowledged_by: String,
}

/// Acknowledges an anomaly in the name of the scope's user. Returns `None` if no such anomaly is
/// visible.
///
/// # Errors
/// Returns errors of [`acknowledge_alert`].
pub async fn acknowledge_anomaly(
    scoped: &Scoped,
    id: &str,
) -> Result<Option<AnomalyAcknowledgement>> {
    let seen = acknowledge_alert(scoped, id, None).await?;
    Ok(seen.map(|seen| AnomalyAcknowledgement {
        success: true,
        anomaly_id: seen.id,
        acknowledged_by: seen.acknowledged_by,
    }))
}
