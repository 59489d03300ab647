use std::collections::BTreeMap;

use compact_str::CompactString;

use super::alert::words;
use crate::data::{EventTime, VehicleId, state::state_by_serde};

words! {
    /// What a vehicle is told to do.
    CommandKind {
        /// Halt at once.
        Stop = "STOP",
        /// Go on with the last active mission.
        Resume = "RESUME",
        /// Drive to new way points.
        Reroute = "REROUTE",
        /// Drive to the home station.
        ReturnToBase = "RETURN_TO_BASE",
    }
}

words! {
    /// How far a command has come.
    CommandStatus {
        /// Sent.
        Dispatched = "DISPATCHED",
        /// Done.
        Executed = "EXECUTED",
        /// Not done.
        Failed = "FAILED",
    }
}

/// What a person tells a vehicle to do. Rules never send one.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Command {
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// What to do.
    #[serde(rename = "command")]
    pub kind: CommandKind,
    /// How to do it, such as the way points of a reroute; values are JSON texts.
    #[serde(default)]
    pub params: BTreeMap<CompactString, String>,
    /// Who sent it.
    #[serde(default)]
    pub issued_by: Option<CompactString>,
    /// When.
    pub issued_at: EventTime,
}

state_by_serde!(Command, 1);
