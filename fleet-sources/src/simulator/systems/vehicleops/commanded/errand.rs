//! What a vehicle is about, and the course of its mission.

use std::collections::VecDeque;

use compact_str::CompactString;
use fleet_core::{
    EventTime, GeoPoint, MissionId, VehicleId,
    event::{MissionEvent, MissionEventKind},
};

/// What a vehicle is about while nobody has stopped it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) enum Errand {
    /// It moves at random, as all vehicles of the original do.
    Roaming,
    /// It drives to the waypoints of its mission.
    Mission(Mission),
    /// It drives to its base.
    Returning,
    /// It stands at its base.
    Parked,
}

/// A mission that is not over.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Mission {
    pub(super) id: MissionId,
    pub(super) vehicle: VehicleId,
    /// Those that lie ahead, the next one first.
    pub(super) ahead: VecDeque<GeoPoint>,
    pub(super) reached: u32,
    pub(super) started: bool,
}

impl Mission {
    pub(super) fn event(&self, kind: MissionEventKind, at: EventTime) -> MissionEvent {
        MissionEvent {
            mission: self.id.clone(),
            vehicle: self.vehicle.clone(),
            kind,
            at,
            waypoint: None,
            waypoints: None,
            reason: None,
        }
    }

    /// An event after which other waypoints lie ahead.
    pub(super) fn sent(&self, kind: MissionEventKind, at: EventTime) -> MissionEvent {
        MissionEvent {
            waypoints: u32::try_from(self.ahead.len()).ok(),
            ..self.event(kind, at)
        }
    }

    /// An event that ends the mission early.
    pub(super) fn ended(
        &self,
        kind: MissionEventKind,
        at: EventTime,
        reason: impl Into<CompactString>,
    ) -> MissionEvent {
        MissionEvent {
            reason: Some(reason.into()),
            ..self.event(kind, at)
        }
    }

    /// Takes note that the next waypoint is reached.
    pub(super) fn reach(&mut self, at: EventTime) -> MissionEvent {
        let event = MissionEvent {
            waypoint: Some(self.reached),
            ..self.event(MissionEventKind::WaypointReached, at)
        };
        self.ahead.pop_front();
        self.reached += 1;
        event
    }
}
