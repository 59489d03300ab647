//! Commands of VehicleOps to vehicles.

use compact_str::CompactString;

use crate::{
    data::{VehicleId, time::Stamp},
    dialect::{JsonText, Maybe},
    event::{Command, CommandKind},
};

/// A command to a vehicle (topic `fleet.commands`).
///
/// # Examples
/// ```
/// use fleet_core::{dialect::vehicleops::CommandMessage, event::CommandKind};
/// let json = r#"{"vehicle_id":"fleet-001-VH-001","command":"REROUTE","params":{"waypoints":[{"latitude":4.7120,"order":1}]},"issued_at":"2024-02-15T14:35:00.250000+00:00"}"#;
/// let message: CommandMessage = serde_json::from_str(json)?;
/// assert_eq!(message.command, CommandKind::Reroute);
/// assert_eq!(serde_json::to_string(&message)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct CommandMessage {
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// What the vehicle must do.
    pub command: CommandKind,
    /// The parameters, any JSON.
    pub params: JsonText,
    /// When the command was sent.
    pub issued_at: Stamp,
    /// The id of the command in the history. Our addition: the system sends none.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub id: Maybe<CompactString>,
}

impl CommandMessage {
    /// Creates the message of a command.
    ///
    /// # Errors
    /// Returns an error for a parameter that is not JSON.
    pub fn of(command: &Command) -> Result<Self, serde_json::Error> {
        let mut params = serde_json::Map::new();
        for (name, json) in &command.params {
            params.insert(name.to_string(), serde_json::from_str(json)?);
        }
        Ok(Self {
            vehicle: command.vehicle.clone(),
            command: command.kind,
            params: JsonText::new(serde_json::to_string(&params)?)?,
            issued_at: command.issued_at.into(),
            id: Maybe::Missing,
        })
    }

    /// Returns the command; the message does not name its sender.
    ///
    /// # Errors
    /// Returns an error for parameters that are not a JSON object.
    pub fn to_command(&self) -> Result<Command, serde_json::Error> {
        let params: std::collections::BTreeMap<CompactString, JsonText> =
            serde_json::from_str(self.params.as_str())?;
        let params = params.into_iter();
        Ok(Command {
            vehicle: self.vehicle.clone(),
            kind: self.command,
            params: params
                .map(|(name, json)| (name, json.as_str().to_owned()))
                .collect(),
            issued_by: None,
            issued_at: self.issued_at.at,
        })
    }
}
