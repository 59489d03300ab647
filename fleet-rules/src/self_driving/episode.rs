//! Pairs interventions with disengagements, so that one takeover counts once.

use std::time::Duration;

use fleet_core::{
    EventTime,
    event::{Driving, DrivingKind},
};

/// The open takeover: an intervention whose disengagement may still follow, or the reverse.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Episode {
    open: Option<(DrivingKind, i64)>,
}

impl Episode {
    /// Takes the next event and returns whether it begins a takeover. Planned hand-backs and other
    /// kinds of events do not.
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
