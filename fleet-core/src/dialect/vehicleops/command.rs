//! Commands of VehicleOps to vehicles.

use compact_str::CompactString;

use crate::{
    data::{CommandId, VehicleId, time::Stamp},
    dialect::{Dialect, JsonText, Maybe, Refused},
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
    pub id: Maybe<CommandId>,
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
            id: Maybe::or_missing(command.id.clone()),
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
            id: self.id.get().cloned(),
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

/// The commands of VehicleOps, one [`CommandMessage`] per record.
///
/// # Guarantees
/// Writing does not keep the style of the time nor the spelling of the parameters: they are those
/// of the model.
///
/// # Examples
/// ```
/// use fleet_core::dialect::{Dialect, vehicleops::Commands};
/// let line = r#"{"vehicle_id":"car-1","command":"STOP","params":{},"issued_at":"2024-02-15T14:35:00Z","id":"cmd-1"}"#;
/// let command = Commands.read(line, &mut ())?.unwrap();
/// let mut again = Vec::new();
/// Commands.write(&command, &mut again);
/// assert_eq!(again, line.as_bytes());
/// # Ok::<(), fleet_core::dialect::Refused>(())
/// ```
///
/// # Errors
/// Refuses a record that is not a JSON object with `vehicle_id`, `command`, `params` and
/// `issued_at`, a command that the system does not have, parameters that are not an object, and a
/// time outside 1970 to 9999.
#[derive(Clone, Copy, Debug, Default)]
pub struct Commands;

impl Dialect for Commands {
    type Event = Command;
    type Memo = ();

    fn read(&self, record: &str, (): &mut ()) -> Result<Option<Command>, Refused> {
        let message: CommandMessage =
            serde_json::from_str(record).map_err(|error| Refused::of_json(&error))?;
        if !message.issued_at.at.is_in_range() {
            return Err(Refused("issued_at is outside 1970 to 9999".into()));
        }
        let command = message.to_command();
        let command = command.map_err(|error| Refused(format!("params: {error}")))?;
        Ok(Some(command))
    }

    fn write(&self, command: &Command, to: &mut Vec<u8>) {
        let start = to.len();
        let message = CommandMessage::of(command);
        if message
            .and_then(|message| serde_json::to_writer(&mut *to, &message))
            .is_err()
        {
            to.truncate(start);
        }
    }
}
