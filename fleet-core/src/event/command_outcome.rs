//! The outcome of a command.

use compact_str::CompactString;

use super::{CommandKind, ContentHasher, Event, alert::words};
use crate::data::{CommandId, EventTime, VehicleId, state::state_by_serde};

words! {
    /// The progress of a command.
    CommandStatus {
        /// Sent to the vehicle.
        Dispatched = "DISPATCHED",
        /// Carried out.
        Executed = "EXECUTED",
        /// Not carried out.
        Failed = "FAILED",
    }
}

/// The outcome of a command: carried out, or not and why.
///
/// # Guarantees
/// A [`Command`](super::Command) has one outcome, however often it was delivered.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, VehicleId};
/// use fleet_core::event::{Command, CommandKind, CommandOutcome, CommandStatus};
/// let command = Command::new(VehicleId::new("car-1")?, CommandKind::Resume, EventTime::MIN);
/// let failed = CommandOutcome::failed(&command, EventTime::MIN, "the vehicle is not stopped");
/// assert_eq!((failed.id, failed.status), (command.known_as(), CommandStatus::Failed));
/// assert_eq!(CommandOutcome::executed(&command, EventTime::MIN).reason, None);
/// # Ok::<(), fleet_core::IdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CommandOutcome {
    /// The command, as it [is known](super::Command::known_as).
    pub id: CommandId,
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The requested action.
    #[serde(rename = "command")]
    pub kind: CommandKind,
    /// Executed or failed.
    pub status: CommandStatus,
    /// When it was carried out or refused.
    #[serde(rename = "time")]
    pub at: EventTime,
    /// Why it failed, in words for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CompactString>,
}

state_by_serde!(CommandOutcome, 1);

impl CommandOutcome {
    /// The outcome of a command that was carried out.
    pub fn executed(command: &super::Command, at: EventTime) -> Self {
        Self {
            id: command.known_as(),
            vehicle: command.vehicle.clone(),
            kind: command.kind,
            status: CommandStatus::Executed,
            at,
            reason: None,
        }
    }

    /// The outcome of a command that was not, and why.
    pub fn failed(
        command: &super::Command,
        at: EventTime,
        reason: impl Into<CompactString>,
    ) -> Self {
        Self {
            status: CommandStatus::Failed,
            reason: Some(reason.into()),
            ..Self::executed(command, at)
        }
    }
}

impl Event for CommandOutcome {
    fn key(&self) -> &str {
        self.vehicle.as_str()
    }
    fn at(&self) -> EventTime {
        self.at
    }
    fn identity(&self) -> u64 {
        let mut content = ContentHasher::new();
        content.text(self.id.as_str()).text(self.kind.as_word());
        content.text(self.status.as_word());
        content.text(self.reason.as_deref().unwrap_or_default());
        content.finish()
    }
}
