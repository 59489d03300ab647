//! The events that a score charges for.

use fleet_core::{
    ContentId, EventTime,
    event::{ContentHasher, Severity},
    units::{Acceleration, Distance},
};

use super::{Cause, exposure::whole};

/// An event that a score may charge for, of any detector.
///
/// # Units
/// Times count from any origin, the same for all events of a trip.
///
/// # Guarantees
/// All amounts are whole numbers, so taking an event out of sums is exact.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, event::Severity, units::Distance};
/// use fleet_scoring::score::{Cause, ScoredEvent};
/// let second = |s: i64| EventTime::from_micros(s * 1_000_000);
/// let fast = ScoredEvent::new("trip-1", Cause::Speeding, second(60), second(90))
///     .with_severity(Severity::Medium)
///     .with_distance(Distance::from_m(900.0));
/// assert_eq!((fast.duration_us(), fast.distance_um), (30_000_000, 900_000_000));
/// let again = ScoredEvent::new("trip-1", Cause::Speeding, second(60), second(90));
/// assert_eq!(fast.id, again.id, "found again, it is the same event");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScoredEvent {
    /// Identifies the event on receipts and in disputes.
    pub id: ContentId,
    /// What happened.
    pub cause: Cause,
    /// How bad it was. An event of severity `Info` is counted, but most profiles charge nothing.
    pub severity: Severity,
    /// When it began.
    pub start: EventTime,
    /// When it ended.
    pub end: EventTime,
    /// The distance driven meanwhile, micrometres.
    pub distance_um: u64,
    /// The impulse beyond the level of firm events, thousandths of g times seconds.
    pub impulse_mgs: u64,
    /// Under which conditions it happened.
    pub conditions: Conditions,
    /// Not the driver's fault, such as braking because another vehicle cut in. It stays visible and
    /// costs nothing.
    pub excused: bool,
}

/// The conditions that make an event worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// It was night.
    pub night: bool,
    /// It rained.
    pub rain: bool,
}

impl Conditions {
    /// All of them, in the order in which sums are stored.
    pub(super) const ALL: [Self; 4] = {
        const fn of(night: bool, rain: bool) -> Conditions {
            Conditions { night, rain }
        }
        [
            of(false, false),
            of(true, false),
            of(false, true),
            of(true, true),
        ]
    };

    pub(super) fn index(self) -> usize {
        usize::from(self.night) + 2 * usize::from(self.rain)
    }
}

/// All severities, in the order in which sums are stored.
pub(super) const SEVERITIES: [Severity; 5] = [
    Severity::Info,
    Severity::Low,
    Severity::Medium,
    Severity::High,
    Severity::Critical,
];

impl ScoredEvent {
    /// An event of low severity. `trip` names the trip, so that the same event found again has the
    /// same id.
    pub fn new(trip: &str, cause: Cause, start: EventTime, end: EventTime) -> Self {
        let mut content = ContentHasher::new();
        content
            .text("scored event")
            .text(trip)
            .text(cause.as_word());
        content.integer(start.as_micros().cast_unsigned());
        Self {
            id: content.finish_id(),
            cause,
            severity: Severity::Low,
            start,
            end,
            distance_um: 0,
            impulse_mgs: 0,
            conditions: Conditions::default(),
            excused: false,
        }
    }

    /// Sets the severity.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
    /// Sets the distance that was driven meanwhile.
    #[must_use]
    pub fn with_distance(mut self, distance: Distance) -> Self {
        self.distance_um = whole(distance.as_m() * 1e6);
        self
    }
    /// Sets the impulse: the mean excess over the level of firm events, times the duration.
    #[must_use]
    pub fn with_mean_excess(mut self, excess: Acceleration) -> Self {
        self.impulse_mgs = whole(excess.as_g().abs() * 1e3 * (self.duration_us() as f64 / 1e6));
        self
    }
    /// Sets the conditions.
    #[must_use]
    pub fn under(mut self, conditions: Conditions) -> Self {
        self.conditions = conditions;
        self
    }
    /// Marks it as not the driver's fault.
    #[must_use]
    pub fn excused(mut self) -> Self {
        self.excused = true;
        self
    }

    /// How long it lasted, microseconds; 0 if it ends before it starts.
    pub fn duration_us(&self) -> u64 {
        u64::try_from(self.end.since(self.start).as_micros()).unwrap_or(u64::MAX)
    }
    /// Orders versions of one event, so that a merge of them does not depend on the sides.
    pub(super) fn rank(&self) -> impl Ord + use<> {
        let Conditions { night, rain } = self.conditions;
        let extent = (self.distance_um, self.impulse_mgs);
        let flags = (night, rain);
        (
            self.excused,
            self.end,
            self.severity_index(),
            extent,
            flags,
            self.start,
            self.cause,
        )
    }
    pub(super) fn severity_index(&self) -> usize {
        SEVERITIES
            .iter()
            .position(|one| *one == self.severity)
            .unwrap_or(0)
    }
}
