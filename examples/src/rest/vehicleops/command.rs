//! Commanding vehicles, and the history of commands.

use compact_str::CompactString;
use fleet_core::{
    VehicleId,
    dialect::{JsonText, Maybe},
    event::{CommandKind, CommandStatus},
    time::Stamp,
};

/// The body of a command (`POST /commands/{vehicle_id}`).
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct CommandRequest {
    /// What the vehicle must do.
    pub command: CommandKind,
    /// The parameters, any JSON.
    pub params: JsonText,
}

/// The response to a [`CommandRequest`] (202).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CommandAccepted {
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// What the vehicle must do.
    pub command: CommandKind,
    /// `DISPATCHED`.
    pub status: CommandStatus,
    /// The id of the operator.
    pub issued_by: CompactString,
    /// When the command was sent; only the system's documents have this key.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub issued_at: Maybe<Stamp>,
}

/// One command of the history.
///
/// # Examples
/// ```
/// use fleet_examples::rest::vehicleops::CommandItem;
/// let json = r#"{"id":"cmd-001","vehicle_id":"fleet-001-VH-001","command":"STOP","status":"EXECUTED","issued_by":"op-001","issued_at":"2024-02-15T14:35:00Z","executed_at":"2024-02-15T14:35:02Z"}"#;
/// let item: CommandItem = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&item)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CommandItem {
    /// The id of the command.
    pub id: CompactString,
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// What the vehicle must do.
    pub command: CommandKind,
    /// The progress of the command.
    pub status: CommandStatus,
    /// The id of the operator.
    pub issued_by: CompactString,
    /// When the command was sent.
    pub issued_at: Stamp,
    /// When the vehicle carried it out.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub executed_at: Maybe<Stamp>,
}
