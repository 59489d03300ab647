//! The state of the self-driving sums of one vehicle.

use fleet_core::{EventTime, odometry::Meter, state::state_by_serde};

use super::{SelfDriving, episode::Episode};

/// The state of one vehicle: its odometer and engagement, and the sums that were not emitted yet.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SelfDrivingState {
    pub(super) meter: Meter,
    /// Whether the system was engaged at the last telemetry event.
    pub(super) engaged: Option<bool>,
    /// The time of the last telemetry event, microseconds.
    engaged_at: Option<i64>,
    /// Microseconds since the last segment of known distance, and how many of them were engaged.
    pub(super) stretch: (i64, i64),
    pub(super) episode: Episode,
    pub(super) speeding: bool,
    /// Sums by the start of their hour, in microseconds, sorted.
    open: Vec<(i64, SelfDriving)>,
}

state_by_serde!(SelfDrivingState, 1);

impl SelfDrivingState {
    /// The sums of the hour that starts at `start`.
    pub(super) fn sums(&mut self, start: EventTime) -> &mut SelfDriving {
        let start = start.as_micros();
        let place = self.open.partition_point(|(at, _)| *at < start);
        if self.open.get(place).is_none_or(|(at, _)| *at != start) {
            self.open.insert(place, (start, SelfDriving::default()));
        }
        #[expect(clippy::indexing_slicing, reason = "the place was found or made above")]
        &mut self.open[place].1
    }

    /// Removes and returns the sums of all hours, sorted by time.
    pub(super) fn take(
        &mut self,
    ) -> impl ExactSizeIterator<Item = (EventTime, SelfDriving)> + use<> {
        std::mem::take(&mut self.open)
            .into_iter()
            .map(|(start, sums)| (EventTime::from_micros(start), sums))
    }

    /// Sets the engaged state of the newest telemetry event. Returns the time and state of the one
    /// before.
    pub(super) fn watch(
        &mut self,
        engaged: Option<bool>,
        at: EventTime,
    ) -> Option<(EventTime, Option<bool>)> {
        let from = self.engaged_at.replace(at.as_micros());
        let was = std::mem::replace(&mut self.engaged, engaged);
        from.map(|from| (EventTime::from_micros(from), was))
    }
}
