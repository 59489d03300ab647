//! Outcomes of commands of VehicleOps.

use compact_str::CompactString;

use crate::{
    data::{CommandId, VehicleId, time::Stamp},
    dialect::Maybe,
    event::{CommandKind, CommandOutcome, CommandStatus},
};

/// The outcome of a command (topic `fleet.commands.status`, keyed by vehicle). The system's history
/// of commands has status and time, but no message brings them, so topic and form are our choice.
///
/// Outcomes have a separate topic: a reader of `fleet.commands` takes every record for a command.
///
/// # Examples
/// ```
/// use fleet_core::{dialect::vehicleops::OutcomeMessage, event::CommandOutcome};
/// let json = r#"{"id":"cmd-001","vehicle_id":"fleet-001-VH-001","command":"STOP","status":"EXECUTED","timestamp":"2024-02-15T14:35:02Z"}"#;
/// let message: OutcomeMessage = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&message)?, json);
/// assert_eq!(CommandOutcome::from(message).reason, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OutcomeMessage {
    /// The id of the command in the history.
    pub id: CommandId,
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// What the vehicle had to do.
    pub command: CommandKind,
    /// `EXECUTED` or `FAILED`.
    pub status: CommandStatus,
    /// When it was carried out or refused.
    pub timestamp: Stamp,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub reason: Maybe<CompactString>,
}

impl From<&CommandOutcome> for OutcomeMessage {
    fn from(outcome: &CommandOutcome) -> Self {
        Self {
            id: outcome.id.clone(),
            vehicle: outcome.vehicle.clone(),
            command: outcome.kind,
            status: outcome.status,
            timestamp: outcome.at.into(),
            reason: Maybe::or_missing(outcome.reason.clone()),
        }
    }
}

impl From<OutcomeMessage> for CommandOutcome {
    fn from(message: OutcomeMessage) -> Self {
        Self {
            reason: message.reason.get().cloned(),
            id: message.id,
            vehicle: message.vehicle,
            kind: message.command,
            status: message.status,
            at: message.timestamp.at,
        }
    }
}
