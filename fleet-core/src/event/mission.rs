//! Missions: their status and the events along the way.

use super::alert::words;
use crate::data::{EventTime, MissionId, VehicleId, state::state_by_serde};

words! {
    /// The progress of a mission.
    MissionStatus {
        /// Assigned to a vehicle.
        Assigned = "ASSIGNED",
        /// In progress.
        InProgress = "IN_PROGRESS",
        /// Stopped, to be resumed.
        Paused = "PAUSED",
        /// All waypoints reached.
        Completed = "COMPLETED",
        /// Failed.
        Failed = "FAILED",
        /// Cancelled.
        Cancelled = "CANCELLED",
    }
}

words! {
    /// An event in the course of a mission.
    MissionEventKind {
        /// Assigned to a vehicle.
        Assigned = "assigned",
        /// In progress.
        Started = "started",
        /// One waypoint reached.
        WaypointReached = "waypoint_reached",
        /// Paused.
        Paused = "paused",
        /// Resumed.
        Resumed = "resumed",
        /// Sent to other waypoints.
        Rerouted = "rerouted",
        /// All waypoints reached.
        Completed = "completed",
        /// Failed.
        Failed = "failed",
        /// Cancelled.
        Cancelled = "cancelled",
    }
}

/// An event in the course of a mission.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct MissionEvent {
    /// The mission.
    #[serde(rename = "mission_id")]
    pub mission: MissionId,
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The kind of event.
    #[serde(rename = "event")]
    pub kind: MissionEventKind,
    /// The time of the event.
    #[serde(rename = "time")]
    pub at: EventTime,
    /// The index of the waypoint, from 0.
    #[serde(default)]
    pub waypoint: Option<u32>,
}

state_by_serde!(MissionEvent, 1);
