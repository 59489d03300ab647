//! The state of trip detection for one vehicle.

use std::time::Duration;

use fleet_core::{
    EventTime,
    odometry::{Meter, Segment},
    state::state_by_serde,
};

use crate::TripSums;

/// The state of one vehicle.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TripState {
    pub(super) meter: Meter,
    pub(super) moves: bool,
    pub(super) phase: Phase,
    pub(super) silent_from: Option<i64>,
}

state_by_serde!(TripState, 1);

/// The phases of a vehicle.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) enum Phase {
    /// It is not on a trip.
    #[default]
    Parked,
    /// It moves, but not yet far enough or long enough for a trip.
    Starting(Interval),
    /// It is on a trip.
    Driving(Interval),
    /// It is on a trip, the first interval, and has stood still since the second one began.
    Stopping(Interval, Interval),
}

/// An interval of time, and the sums of the events in it.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Interval {
    start: i64,
    end: i64,
    pub(super) sums: TripSums,
}

impl Interval {
    /// An interval that starts with this event, without the distance driven up to it.
    pub(super) fn begin(now: EventTime, row: TripSums) -> Self {
        Self {
            sums: row,
            ..Self::after(now)
        }
    }

    /// An interval that starts after the event at `now`, which belongs to the interval before.
    pub(super) fn after(now: EventTime) -> Self {
        Self {
            start: now.as_micros(),
            end: now.as_micros(),
            sums: TripSums::default(),
        }
    }

    /// Adds an event, and the distance driven up to it since the start of the interval.
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

    /// Appends the interval that follows.
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
    pub(super) fn duration(&self) -> Duration {
        self.end().since(self.start())
    }
    /// The sums, with the duration of the interval.
    pub(super) fn sums(&self) -> TripSums {
        TripSums {
            duration_us: Some(self.end.saturating_sub(self.start)),
            ..self.sums
        }
    }
}
