//! Commands that people send to vehicles.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{ContentHasher, Event, alert::words};
use crate::data::{CommandId, EventTime, VehicleId, state::state_by_serde};

words! {
    /// The action that a command requests.
    CommandKind {
        /// Stop at once.
        Stop = "STOP",
        /// Continue the last active mission.
        Resume = "RESUME",
        /// Drive to new waypoints.
        Reroute = "REROUTE",
        /// Drive to the home station.
        ReturnToBase = "RETURN_TO_BASE",
    }
}

/// A command that a person sends to a vehicle. Rules never send one.
///
/// # Guarantees
/// Commands with the same [`known_as`](Self::known_as) are copies of one command: whoever carries
/// commands out does so once.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, VehicleId, event::{Command, CommandKind}};
/// let command = Command::new(VehicleId::new("car-1")?, CommandKind::Stop, EventTime::MIN);
/// // Without an id, what it says tells it from other commands.
/// assert_eq!(command.known_as(), command.clone().known_as());
/// let later = Command { issued_at: EventTime::MAX, ..command.clone() };
/// assert_ne!(command.known_as(), later.known_as());
/// # Ok::<(), fleet_core::IdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Command {
    /// The id in the history, if the sender gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<CommandId>,
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The requested action.
    #[serde(rename = "command")]
    pub kind: CommandKind,
    /// Parameters, such as the waypoints of a reroute. The values are JSON texts.
    #[serde(default)]
    pub params: BTreeMap<CompactString, String>,
    /// The sender.
    #[serde(default)]
    pub issued_by: Option<CompactString>,
    /// The time of sending.
    pub issued_at: EventTime,
}

// `id` came later; a state without it is read as one of a sender that gives none.
state_by_serde!(Command, 1);

impl Command {
    /// Creates a command without id, parameters and sender.
    pub fn new(vehicle: VehicleId, kind: CommandKind, issued_at: EventTime) -> Self {
        Self {
            id: None,
            vehicle,
            kind,
            params: BTreeMap::new(),
            issued_by: None,
            issued_at,
        }
    }

    /// Returns the id. A command without one gets an id of vehicle, action, parameters and time.
    pub fn known_as(&self) -> CommandId {
        let made = || CommandId::of_content(self.content().finish_id());
        self.id.clone().unwrap_or_else(made)
    }

    fn content(&self) -> ContentHasher {
        let mut content = ContentHasher::new();
        content.text(self.id.as_ref().map_or("", CommandId::as_str));
        content
            .text(self.vehicle.as_str())
            .text(self.kind.as_word());
        for (name, json) in &self.params {
            content.text(name).text(json);
        }
        content.integer(self.issued_at.as_micros().cast_unsigned());
        content
    }
}

/// A command is keyed by its vehicle, and its time is that of sending.
impl Event for Command {
    fn key(&self) -> &str {
        self.vehicle.as_str()
    }
    fn at(&self) -> EventTime {
        self.issued_at
    }
    fn identity(&self) -> u64 {
        self.content().finish()
    }
}
