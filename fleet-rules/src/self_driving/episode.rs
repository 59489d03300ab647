use std::time::Duration;

use fleet_core::{
    EventTime,
    event::{Driving, DrivingKind},
};

/// The takeover that is open: an intervention that waits for its disengagement, or the other way round.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Episode {
    open: Option<(DrivingKind, i64)>,
}

impl Episode {
    /// Whether the event opens an episode. A planned hand-back and other events are none.
    pub(super) fn opens(&mut self, event: &Driving, within: Duration) -> bool {
        let takeover = matches!(
            event.kind,
            DrivingKind::Intervention | DrivingKind::Disengagement
        );
        if !takeover || event.planned == Some(true) {
            return false;
        }
        let pair = self.open.take().is_some_and(|(kind, at)| {
            kind != event.kind && event.at.since(EventTime::from_micros(at)) <= within
        });
        if !pair {
            self.open = Some((event.kind, event.at.as_micros()));
        }
        !pair
    }
}
