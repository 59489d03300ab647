//! The sums that scores are computed from, and how they add up.

use fleet_core::event::Severity;

use super::{
    Cause, Exposure, ScoredEvent,
    event::{Conditions, SEVERITIES},
};

/// The sums that scores are computed from: of a trip, a day, a driver or a fleet.
///
/// # Guarantees
/// All sums are whole numbers (counts, microseconds, micrometres, thousandths of g times seconds).
/// [`merge`](Self::merge) is associative and commutative to the last bit, and
/// [`remove`](Self::remove) undoes [`add`](Self::add) exactly. The score of a day is that of the
/// day's sums, never the mean of the trips' scores. Sums stop at 2^64.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use fleet_core::{EventTime, units::Distance};
/// use fleet_scoring::score::{Cause, Exposure, ScoreSums, ScoredEvent};
/// let driven = Exposure::new(Distance::from_km(10.0), Duration::from_secs(1200));
/// let mut trip = ScoreSums::of_trip(Some(driven), &[Cause::HarshBrake]);
/// let brake = ScoredEvent::new("trip-1", Cause::HarshBrake, EventTime::MIN, EventTime::MIN);
/// let quiet = trip.clone();
/// trip.add(&brake);
/// assert_eq!(trip.count(Cause::HarshBrake), 1);
/// trip.remove(&brake);
/// assert_eq!(trip, quiet);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScoreSums {
    pub(super) trips: u64,
    /// Trips whose distance or driving time is unknown.
    pub(super) unmeasured: u64,
    pub(super) driven: Exposure,
    pub(super) causes: [CauseSums; Cause::COUNT],
}

/// The sums of one cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CauseSums {
    /// How much was driven while somebody looked for the cause.
    pub(super) watched: Exposure,
    pub(super) by_severity: [Tally; SEVERITIES.len()],
    /// Counts by [`Conditions`].
    pub(super) by_conditions: [u64; Conditions::ALL.len()],
    pub(super) impulse_mgs: u64,
}

/// The sums of events of one severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) count: u64,
    pub(super) extent: Exposure,
}

impl CauseSums {
    pub(super) fn count(&self) -> u64 {
        self.by_conditions
            .iter()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Applies `change` to each sum and the matching one of `other`.
    fn change(&mut self, other: &Self, change: fn(u64, u64) -> u64) {
        let exposure = |mine: &mut Exposure, other: Exposure| {
            mine.distance_um = change(mine.distance_um, other.distance_um);
            mine.driving_us = change(mine.driving_us, other.driving_us);
        };
        exposure(&mut self.watched, other.watched);
        for (mine, other) in self.by_severity.iter_mut().zip(&other.by_severity) {
            mine.count = change(mine.count, other.count);
            exposure(&mut mine.extent, other.extent);
        }
        for (mine, other) in self.by_conditions.iter_mut().zip(&other.by_conditions) {
            *mine = change(*mine, *other);
        }
        self.impulse_mgs = change(self.impulse_mgs, other.impulse_mgs);
    }

    /// The sums of one event.
    fn of_event(event: &ScoredEvent) -> Self {
        let mut sums = Self::default();
        if let Some(tally) = sums.by_severity.get_mut(event.severity_index()) {
            tally.count = 1;
            tally.extent = Exposure {
                distance_um: event.distance_um,
                driving_us: event.duration_us(),
            };
        }
        if let Some(count) = sums.by_conditions.get_mut(event.conditions.index()) {
            *count = 1;
        }
        sums.impulse_mgs = event.impulse_mgs;
        sums
    }
}

impl ScoreSums {
    /// The sums of a trip before its events, which was watched for these causes from start to end.
    ///
    /// `driven` is `None` if its distance or driving time is unknown; then no score that is
    /// normalised by exposure includes it.
    pub fn of_trip(driven: Option<Exposure>, watched: &[Cause]) -> Self {
        let mut sums = Self {
            trips: 1,
            unmeasured: u64::from(driven.is_none()),
            driven: driven.unwrap_or_default(),
            ..Self::default()
        };
        for cause in watched {
            sums.watch(*cause, sums.driven);
        }
        sums
    }

    /// Says how much was driven while somebody looked for a cause. 0 for a cause that nobody looked
    /// for: then no events of it does not mean that none happened.
    pub fn watch(&mut self, cause: Cause, watched: Exposure) {
        if let Some(sums) = self.causes.get_mut(cause.index()) {
            sums.watched = watched;
        }
    }

    /// Adds an event, unless it is excused.
    pub fn add(&mut self, event: &ScoredEvent) {
        self.change(event, u64::saturating_add);
    }

    /// Takes an event out that was added, in constant time.
    pub fn remove(&mut self, event: &ScoredEvent) {
        self.change(event, u64::saturating_sub);
    }

    fn change(&mut self, event: &ScoredEvent, change: fn(u64, u64) -> u64) {
        if event.excused {
            return;
        }
        if let Some(sums) = self.causes.get_mut(event.cause.index()) {
            sums.change(&CauseSums::of_event(event), change);
        }
    }

    /// Adds the sums of other trips.
    pub fn merge(&mut self, other: &Self) {
        self.trips = self.trips.saturating_add(other.trips);
        self.unmeasured = self.unmeasured.saturating_add(other.unmeasured);
        self.driven.merge(other.driven);
        for (mine, other) in self.causes.iter_mut().zip(&other.causes) {
            mine.change(other, u64::saturating_add);
        }
    }

    /// The number of trips.
    pub fn trips(&self) -> u64 {
        self.trips
    }
    /// How much was driven, or `None` if that is unknown of any trip.
    pub fn driven(&self) -> Option<Exposure> {
        (self.unmeasured == 0).then_some(self.driven)
    }
    /// How much was driven while somebody looked for a cause.
    pub fn watched(&self, cause: Cause) -> Exposure {
        self.cause(cause).watched
    }
    /// The events of a cause.
    pub fn count(&self, cause: Cause) -> u64 {
        self.cause(cause).count()
    }

    pub(super) fn cause(&self, cause: Cause) -> CauseSums {
        self.causes.get(cause.index()).copied().unwrap_or_default()
    }

    /// Adds events of which nothing but their number is known.
    pub(crate) fn add_count(&mut self, cause: Cause, count: u64) {
        let Some(sums) = self.causes.get_mut(cause.index()) else {
            return;
        };
        let low = SEVERITIES.iter().position(|one| *one == Severity::Low);
        if let Some(tally) = low.and_then(|low| sums.by_severity.get_mut(low)) {
            tally.count = tally.count.saturating_add(count);
        }
        if let Some(sum) = sums.by_conditions.first_mut() {
            *sum = sum.saturating_add(count);
        }
    }
}
