//! Commands that people send to vehicles.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::alert::words;
use crate::data::{EventTime, VehicleId, state::state_by_serde};

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

/// A command that a person sends to a vehicle. Rules never send one.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Command {
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

state_by_serde!(Command, 1);
