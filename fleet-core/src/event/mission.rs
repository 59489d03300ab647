use super::alert::words;
use crate::data::{EventTime, MissionId, VehicleId, state::state_by_serde};

words! {
    /// How far a mission has come.
    MissionStatus {
        /// Given to a vehicle.
        Assigned = "ASSIGNED",
        /// Under way.
        InProgress = "IN_PROGRESS",
        /// Between a stop and a resume.
        Paused = "PAUSED",
        /// All way points reached.
        Completed = "COMPLETED",
        /// Given up.
        Failed = "FAILED",
        /// Called off.
        Cancelled = "CANCELLED",
    }
}

words! {
    /// A step of a mission.
    MissionEventKind {
        /// Given to a vehicle.
        Assigned = "assigned",
        /// Under way.
        Started = "started",
        /// One way point reached.
        WaypointReached = "waypoint_reached",
        /// Stopped on the way.
        Paused = "paused",
        /// Going on.
        Resumed = "resumed",
        /// Given other way points.
        Rerouted = "rerouted",
        /// All way points reached.
        Completed = "completed",
        /// Given up.
        Failed = "failed",
        /// Called off.
        Cancelled = "cancelled",
    }
}

/// A step of a mission.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct MissionEvent {
    /// Which mission.
    #[serde(rename = "mission_id")]
    pub mission: MissionId,
    /// Which vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// What happened.
    #[serde(rename = "event")]
    pub kind: MissionEventKind,
    /// When.
    #[serde(rename = "time")]
    pub at: EventTime,
    /// Which way point, from 0.
    #[serde(default)]
    pub waypoint: Option<u32>,
}

state_by_serde!(MissionEvent, 1);
