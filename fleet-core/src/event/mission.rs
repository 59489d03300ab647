//! Missions: their status and the events along the way.

use compact_str::CompactString;

use super::{ContentHasher, Event, alert::words};
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
///
/// # Guarantees
/// A mission begins with `assigned`, `started` precedes its first waypoint, and at most one of
/// `completed`, `failed` and `cancelled` ends it. [`MissionEventKind::after`] says which may follow
/// which.
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
    /// How many waypoints lie ahead, when they were assigned or replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waypoints: Option<u32>,
    /// Why it failed or was cancelled, in words for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CompactString>,
}

// `waypoints` and `reason` came later; a state without them is read as one that lacks both.
state_by_serde!(MissionEvent, 1);

/// A mission event is keyed by its vehicle, which the events of its missions come from.
impl Event for MissionEvent {
    fn key(&self) -> &str {
        self.vehicle.as_str()
    }
    fn at(&self) -> EventTime {
        self.at
    }
    fn identity(&self) -> u64 {
        let mut content = ContentHasher::new();
        content
            .text(self.mission.as_str())
            .text(self.kind.as_word());
        for number in [self.waypoint, self.waypoints] {
            content.integer(number.map_or(u64::MAX, u64::from));
        }
        content.text(self.reason.as_deref().unwrap_or_default());
        content.finish()
    }
}

impl MissionEventKind {
    /// Returns the status after an event, or `None` if the event cannot follow.
    ///
    /// `is_started` says whether the mission has started: one that was paused before returns to
    /// [`Assigned`](MissionStatus::Assigned). No status at all is that of a mission which was not
    /// assigned yet.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::event::{MissionEventKind as Event, MissionStatus as Status};
    /// assert_eq!(Event::Assigned.after(None, false), Some(Status::Assigned));
    /// assert_eq!(Event::Paused.after(Some(Status::InProgress), true), Some(Status::Paused));
    /// assert_eq!(Event::Resumed.after(Some(Status::Paused), true), Some(Status::InProgress));
    /// // What is over stays over.
    /// assert_eq!(Event::Resumed.after(Some(Status::Completed), true), None);
    /// ```
    pub fn after(self, status: Option<MissionStatus>, is_started: bool) -> Option<MissionStatus> {
        use MissionStatus as Status;
        let underway = if is_started {
            Status::InProgress
        } else {
            Status::Assigned
        };
        let is_open = matches!(
            status,
            Some(Status::Assigned | Status::InProgress | Status::Paused)
        );
        Some(match (self, status) {
            (Self::Assigned, None) => Status::Assigned,
            (Self::Started, Some(Status::Assigned))
            | (Self::WaypointReached, Some(Status::InProgress)) => Status::InProgress,
            (Self::Completed, Some(Status::InProgress)) => Status::Completed,
            (Self::Paused, Some(Status::Assigned | Status::InProgress)) => Status::Paused,
            (Self::Resumed, Some(Status::Paused)) => underway,
            (Self::Rerouted, Some(status)) if is_open => status,
            (Self::Failed, _) if is_open => Status::Failed,
            (Self::Cancelled, _) if is_open => Status::Cancelled,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_follows_the_end_and_nothing_precedes_the_assignment() {
        for event in MissionEventKind::ALL {
            for end in [
                MissionStatus::Completed,
                MissionStatus::Failed,
                MissionStatus::Cancelled,
            ] {
                assert_eq!(event.after(Some(end), true), None, "{event} after {end}");
            }
            let is_first = *event == MissionEventKind::Assigned;
            assert_eq!(event.after(None, false).is_some(), is_first, "{event}");
        }
    }

    #[test]
    fn a_mission_that_is_paused_before_it_starts_goes_on_as_assigned() {
        let paused = MissionEventKind::Paused.after(Some(MissionStatus::Assigned), false);
        assert_eq!(paused, Some(MissionStatus::Paused));
        let resumed = MissionEventKind::Resumed.after(paused, false);
        assert_eq!(resumed, Some(MissionStatus::Assigned));
        // A paused vehicle stands, so it reaches nothing.
        assert_eq!(MissionEventKind::WaypointReached.after(paused, true), None);
        assert_eq!(MissionEventKind::Started.after(paused, false), None);
    }
}
