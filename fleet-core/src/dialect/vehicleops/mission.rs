use compact_str::CompactString;
use serde_json::Number;

use crate::{
    data::{FleetId, MissionId, VehicleId, time::Stamp},
    dialect::Maybe,
    event::{MissionEvent, MissionEventKind, MissionStatus},
};

/// The body of a request for a mission.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct MissionRequest {
    /// Which fleet.
    #[serde(rename = "fleet_id")]
    pub fleet: FleetId,
    /// Which vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// What for: `DELIVERY`, or any other word.
    pub mission_type: CompactString,
    /// Where to.
    pub waypoints: Vec<Waypoint>,
    /// `NORMAL`, or any other word.
    pub priority: CompactString,
}

/// A point of a mission.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Waypoint {
    /// Degrees north.
    pub latitude: Number,
    /// Degrees east.
    pub longitude: Number,
    /// Its place in the mission, from 1.
    pub order: u32,
}

/// The answer to it (201).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MissionCreated {
    /// Its name.
    pub id: MissionId,
    /// Which vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// ASSIGNED.
    pub status: MissionStatus,
    /// How many way points.
    pub waypoints: u32,
    /// When.
    pub created_at: Stamp,
}

/// A mission as it is asked for.
///
/// # Examples
/// ```
/// use fleet_core::dialect::vehicleops::Mission;
/// let json = r#"{"id":"mission-008","vehicle_id":"fleet-001-VH-001","mission_type":"DELIVERY","status":"IN_PROGRESS","completed_waypoints":1,"total_waypoints":3,"completion_pct":33.3,"started_at":"2024-02-15T15:01:00Z","estimated_completion":"2024-02-15T15:45:00Z"}"#;
/// let mission: Mission = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&mission)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Mission {
    /// Its name; the question has it too.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub id: Maybe<MissionId>,
    /// Which vehicle.
    #[serde(
        rename = "vehicle_id",
        default,
        skip_serializing_if = "Maybe::is_missing"
    )]
    pub vehicle: Maybe<VehicleId>,
    /// What for.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub mission_type: Maybe<CompactString>,
    /// How far it has come.
    pub status: MissionStatus,
    /// Way points that were reached.
    pub completed_waypoints: u32,
    /// Way points in all.
    pub total_waypoints: u32,
    /// Their share, with one decimal.
    pub completion_pct: Number,
    /// When it began.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub started_at: Maybe<Stamp>,
    /// When it is thought to end.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub estimated_completion: Maybe<Stamp>,
}

/// A step of a mission (topic `fleet.missions.events`, keyed by mission). The system names the topic and not its
/// messages: this form is our choice.
///
/// # Examples
/// ```
/// use fleet_core::dialect::vehicleops::MissionMessage;
/// let json = r#"{"mission_id":"mission-008","vehicle_id":"fleet-001-VH-001","event":"waypoint_reached","timestamp":"2024-02-15T15:10:00Z","waypoint":1}"#;
/// let message: MissionMessage = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&message)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MissionMessage {
    /// Which mission.
    #[serde(rename = "mission_id")]
    pub mission: MissionId,
    /// Which vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// What happened.
    pub event: MissionEventKind,
    /// When.
    pub timestamp: Stamp,
    /// Which way point, from 0.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub waypoint: Maybe<u32>,
}

impl From<&MissionEvent> for MissionMessage {
    fn from(event: &MissionEvent) -> Self {
        Self {
            mission: event.mission.clone(),
            vehicle: event.vehicle.clone(),
            event: event.kind,
            timestamp: event.at.into(),
            waypoint: Maybe::or_missing(event.waypoint),
        }
    }
}

impl From<MissionMessage> for MissionEvent {
    fn from(message: MissionMessage) -> Self {
        Self {
            waypoint: message.waypoint.get().copied(),
            mission: message.mission,
            vehicle: message.vehicle,
            kind: message.event,
            at: message.timestamp.at,
        }
    }
}
