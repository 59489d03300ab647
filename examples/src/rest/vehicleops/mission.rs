//! Creating missions and asking for their progress.

use compact_str::CompactString;
use fleet_core::{
    FleetId, MissionId, VehicleId, dialect::Maybe, event::MissionStatus, time::Stamp,
};
use serde_json::Number;

/// The body of a new mission (`POST /missions`).
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct MissionRequest {
    /// The fleet.
    #[serde(rename = "fleet_id")]
    pub fleet: FleetId,
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The purpose: `DELIVERY`, or any other word.
    pub mission_type: CompactString,
    /// The route.
    pub waypoints: Vec<Waypoint>,
    /// `NORMAL`, or any other word.
    pub priority: CompactString,
}

/// A point of a route.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Waypoint {
    /// Degrees north.
    pub latitude: Number,
    /// Degrees east.
    pub longitude: Number,
    /// The position in the route, from 1.
    pub order: u32,
}

/// The response to a [`MissionRequest`] (201).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MissionCreated {
    /// The id of the mission.
    pub id: MissionId,
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// `ASSIGNED`.
    pub status: MissionStatus,
    /// The number of way points.
    pub waypoints: u32,
    /// When the mission was created.
    pub created_at: Stamp,
}

/// The progress of a mission (`GET /missions/{id}`).
///
/// # Examples
/// ```
/// use fleet_examples::rest::vehicleops::Mission;
/// let json = r#"{"id":"mission-008","vehicle_id":"fleet-001-VH-001","mission_type":"DELIVERY","status":"IN_PROGRESS","completed_waypoints":1,"total_waypoints":3,"completion_pct":33.3,"started_at":"2024-02-15T15:01:00Z","estimated_completion":"2024-02-15T15:45:00Z"}"#;
/// let mission: Mission = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&mission)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Mission {
    /// The id, which the request has too.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub id: Maybe<MissionId>,
    /// The vehicle.
    #[serde(
        rename = "vehicle_id",
        default,
        skip_serializing_if = "Maybe::is_missing"
    )]
    pub vehicle: Maybe<VehicleId>,
    /// The purpose.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub mission_type: Maybe<CompactString>,
    /// The state of the mission.
    pub status: MissionStatus,
    /// The number of way points that were reached.
    pub completed_waypoints: u32,
    /// The number of all way points.
    pub total_waypoints: u32,
    /// The percentage of way points that were reached, with one decimal.
    pub completion_pct: Number,
    /// When the mission started.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub started_at: Maybe<Stamp>,
    /// When the mission is expected to end.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub estimated_completion: Maybe<Stamp>,
}
