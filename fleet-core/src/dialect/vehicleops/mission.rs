//! Events of missions of VehicleOps.

use compact_str::CompactString;

use crate::{
    data::{MissionId, VehicleId, time::Stamp},
    dialect::Maybe,
    event::{MissionEvent, MissionEventKind},
};

/// An event of a mission (topic `fleet.missions.events`, keyed by mission). The system names the
/// topic but not its messages, so the form is our choice.
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
    /// The mission.
    #[serde(rename = "mission_id")]
    pub mission: MissionId,
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// What happened.
    pub event: MissionEventKind,
    /// The event time.
    pub timestamp: Stamp,
    /// The index of the way point, from 0.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub waypoint: Maybe<u32>,
    /// How many way points lie ahead, when they were assigned or replaced.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub waypoints: Maybe<u32>,
    /// Why it failed or was cancelled.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub reason: Maybe<CompactString>,
}

impl From<&MissionEvent> for MissionMessage {
    fn from(event: &MissionEvent) -> Self {
        Self {
            mission: event.mission.clone(),
            vehicle: event.vehicle.clone(),
            event: event.kind,
            timestamp: event.at.into(),
            waypoint: Maybe::or_missing(event.waypoint),
            waypoints: Maybe::or_missing(event.waypoints),
            reason: Maybe::or_missing(event.reason.clone()),
        }
    }
}

impl From<MissionMessage> for MissionEvent {
    fn from(message: MissionMessage) -> Self {
        Self {
            waypoint: message.waypoint.get().copied(),
            waypoints: message.waypoints.get().copied(),
            reason: message.reason.get().cloned(),
            mission: message.mission,
            vehicle: message.vehicle,
            kind: message.event,
            at: message.timestamp.at,
        }
    }
}
