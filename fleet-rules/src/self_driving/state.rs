use fleet_core::{EventTime, odometry::Meter, state::state_by_serde};

use super::{SelfDriving, episode::Episode};

/// What is kept for one vehicle: where it stands, and the sums of the hours that have not left.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SelfDrivingState {
    pub(super) meter: Meter,
    /// Whether the system was engaged at the last telemetry, and when that was.
    pub(super) engaged: Option<bool>,
    engaged_at: Option<i64>,
    /// Microseconds since the last stretch was settled, and those of them that were engaged.
    pub(super) stretch: (i64, i64),
    pub(super) episode: Episode,
    pub(super) speeding: bool,
    /// By the start of the hour, in the order of time.
    open: Vec<(i64, SelfDriving)>,
}

state_by_serde!(SelfDrivingState, 1);

impl SelfDrivingState {
    /// The sums of the hour that starts then.
    pub(super) fn sums(&mut self, start: EventTime) -> &mut SelfDriving {
        let start = start.as_micros();
        let place = self.open.partition_point(|(at, _)| *at < start);
        if self.open.get(place).is_none_or(|(at, _)| *at != start) {
            self.open.insert(place, (start, SelfDriving::default()));
        }
        #[expect(clippy::indexing_slicing, reason = "the place was found or made above")]
        &mut self.open[place].1
    }

    /// Takes out the sums of all hours.
    pub(super) fn take(
        &mut self,
    ) -> impl ExactSizeIterator<Item = (EventTime, SelfDriving)> + use<> {
        std::mem::take(&mut self.open)
            .into_iter()
            .map(|(start, sums)| (EventTime::from_micros(start), sums))
    }

    /// Notes the answer of the newest telemetry. Returns since when the one before holds, and what it was.
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
