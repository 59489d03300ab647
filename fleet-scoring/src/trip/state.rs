use std::time::Duration;

use fleet_core::{
    EventTime,
    odometry::{Meter, Segment},
    state::state_by_serde,
};

use crate::TripSums;

/// What is kept for one vehicle.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TripState {
    pub(super) meter: Meter,
    pub(super) moves: bool,
    pub(super) phase: Phase,
    pub(super) silent_from: Option<i64>,
}

state_by_serde!(TripState, 1);

/// What a vehicle does.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) enum Phase {
    #[default]
    Parked,
    /// It moves, but not yet far or long enough.
    Starting(Part),
    /// It is on a trip.
    Driving(Part),
    /// It is on a trip and stands since the second part began.
    Stopping(Part, Part),
}

/// A part of a trip.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Part {
    start: i64,
    end: i64,
    pub(super) sums: TripSums,
}

impl Part {
    /// Starts with a row; what was driven up to it belongs to nobody.
    pub(super) fn begin(now: EventTime, row: TripSums) -> Self {
        Self {
            sums: row,
            ..Self::pause(now)
        }
    }

    /// Starts after a row, which belongs to what was before.
    pub(super) fn pause(now: EventTime) -> Self {
        Self {
            start: now.as_micros(),
            end: now.as_micros(),
            sums: TripSums::default(),
        }
    }

    /// Adds a row and what was driven up to it, as far as that lies after the start.
    pub(super) fn add(&mut self, row: TripSums, segment: Option<&Segment>, now: EventTime) {
        self.sums.merge(&row);
        self.end = now.as_micros();
        if let Some(segment) = segment {
            let before = segment.micrometres_before(self.start());
            let driven = segment.method.map(|_| segment.micrometres() - before);
            let sum = self.sums.distance_um.zip(driven);
            self.sums.distance_um = sum.and_then(|(sum, driven)| sum.checked_add(driven));
        }
    }

    /// Adds what follows.
    pub(super) fn join(&mut self, other: &Self) {
        self.sums.merge(&other.sums);
        self.end = other.end;
    }

    pub(super) fn start(&self) -> EventTime {
        EventTime::from_micros(self.start)
    }
    pub(super) fn end(&self) -> EventTime {
        EventTime::from_micros(self.end)
    }
    pub(super) fn lasts(&self) -> Duration {
        self.end().since(self.start())
    }
    /// The sums with the duration.
    pub(super) fn sums(&self) -> TripSums {
        TripSums {
            duration_us: Some(self.end.saturating_sub(self.start)),
            ..self.sums
        }
    }
}
