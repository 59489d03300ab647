//! What a finder found on a trip.

use fleet_core::{ContentId, EventTime, event::Severity};

use crate::{
    profile::conditions_at,
    score::{Cause, Conditions, ScoredEvent},
    signal::Unavailable,
};

/// An event that a finder found, with the evidence for it.
///
/// # Units
/// Seconds since the first sample of the trip, g, km/h.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct FoundEvent {
    /// The id of the event on receipts and in disputes.
    pub id: ContentId,
    /// What happened.
    pub kind: Cause,
    /// When it began; `None` if the samples have no times.
    pub start_s: Option<f64>,
    /// When it ended.
    pub end_s: Option<f64>,
    /// The acceleration of greatest magnitude, negative when braking; `None` for speeding.
    pub peak_g: Option<f64>,
    /// The change of speed, negative when braking; `None` where no detector measures it.
    pub change_kmh: Option<f64>,
    /// How bad it was.
    pub severity: Severity,
    /// From 0 to 1, for a detector that says how sure it is.
    pub confidence: Option<f64>,
    /// Its first sample; it tells untimed events apart.
    #[serde(skip)]
    pub(super) sample: usize,
    /// The impulse beyond the firm level, thousandths of g times seconds.
    #[serde(skip)]
    pub(super) impulse_mgs: u64,
}

impl FoundEvent {
    pub(super) fn new(kind: Cause, severity: Severity) -> Self {
        Self {
            id: ContentId(0),
            kind,
            start_s: None,
            end_s: None,
            peak_g: None,
            change_kmh: None,
            severity,
            confidence: None,
            sample: 0,
            impulse_mgs: 0,
        }
    }

    /// The event as a score charges for it. `start` is the time of the first sample.
    pub(super) fn scored(&self, trip: &str, start: EventTime) -> ScoredEvent {
        // Without times, a microsecond for each sample keeps events apart and in order.
        let untimed = self.sample as f64 / 1e6;
        let at = |seconds: Option<f64>| after(start, seconds.unwrap_or(untimed));
        let (from, to) = (at(self.start_s), at(self.end_s));
        let event = ScoredEvent::new(trip, self.kind, from, to)
            .with_severity(self.severity)
            .under(conditions(from));
        ScoredEvent {
            impulse_mgs: self.impulse_mgs,
            ..event
        }
    }
}

/// A peak of this many times the limit is of high severity, and of medium; as in
/// [`HarshEvent`](crate::HarshEvent).
const TIERS: [(f64, Severity); 2] = [(1.6, Severity::High), (1.25, Severity::Medium)];

/// The severity of a peak that is this many times its limit.
pub(super) fn severity(times: f64) -> Severity {
    let tier = TIERS.iter().find(|(least, _)| times >= *least);
    tier.map_or(Severity::Low, |(_, severity)| *severity)
}

/// Samples without times can be counted, and no event can be placed.
pub(super) const UNTIMED: Unavailable = Unavailable::new(
    "events",
    "the samples have neither times nor a rate: state the samples per second",
);

/// The time that is this many seconds after another.
pub(super) fn after(start: EventTime, seconds: f64) -> EventTime {
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
    let micros = (seconds * 1e6).round() as i64;
    EventTime::from_micros(start.as_micros().saturating_add(micros))
}

/// A year, microseconds.
const YEAR_US: i64 = 365 * 24 * 3600 * 1_000_000;
const HOUR_US: i64 = 3600 * 1_000_000;

/// The conditions at a time, UTC. Times in 1970 count from an origin that nobody gave, so they have
/// no hour of day; no input says whether it rained.
fn conditions(at: EventTime) -> Conditions {
    let micros = at.as_micros();
    if micros < YEAR_US {
        return Conditions::default();
    }
    let hour = u8::try_from(micros.rem_euclid(24 * HOUR_US) / HOUR_US).unwrap_or(12);
    conditions_at(hour, false)
}

/// Samples that reach the limit of [`Finder::limit`](super::Finder::limit).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct SamplesBeyond {
    /// Samples whose longitudinal or lateral acceleration reaches it.
    pub samples: u64,
    /// Those of them whose lateral acceleration does.
    pub lateral: u64,
    /// Samples that brake so.
    pub braking: u64,
    /// Samples that accelerate so.
    pub accelerating: u64,
}

impl SamplesBeyond {
    /// Adds those of another trip.
    pub fn merge(&mut self, other: &Self) {
        self.samples += other.samples;
        self.lateral += other.lateral;
        self.braking += other.braking;
        self.accelerating += other.accelerating;
    }
}

/// What a finder found on a trip.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// All events, by their beginning.
    pub events: Vec<FoundEvent>,
    /// The causes that were watched for, and during which share of the trip, from 0 to 1.
    pub watched: Vec<(Cause, f64)>,
    /// Samples beyond a plain limit, if the finder is one.
    pub beyond: Option<SamplesBeyond>,
    /// What the trip cannot support.
    pub unavailable: Vec<Unavailable>,
}
