//! Assesses a trip: finds its events, and scores them.

use std::borrow::Cow;

use fleet_core::{EventTime, Result, event::Signal};

use super::{Finder, Found, FoundEvent, SamplesBeyond, TripSignals};
use crate::{
    score::{
        Cause, Evidence, Exposure, Insufficient, Profile, Receipt, ScoreSums, exposure::whole,
    },
    signal::Unavailable,
};

/// A finder and a profile: what makes a trip a receipt.
///
/// # Guarantees
/// An assessment depends on the samples, their times, the name of the trip and what was driven
/// alone. A cause that the finder could not watch for, or only for less than half of what was
/// driven, has no part in the score, unless the profile counts events however much was driven.
///
/// # Examples
/// ```
/// use fleet_core::{DriverId, EventTime, VehicleId, units::{Acceleration, Speed}};
/// use fleet_core::event::{TripSample, TripSamples};
/// use fleet_scoring::{VehicleClass, profile};
/// use fleet_scoring::assess::{Assess, Driven, Finder, TripSignals};
/// let sample = |n: u32| TripSample {
///     t_s: None,
///     speed: Some(Speed::from_kmh(72.0)),
///     longitudinal: Some(Acceleration::from_g(if n / 20 == 150 { -0.5 } else { 0.0 })),
///     lateral: Some(Acceleration::from_g(0.0)),
/// };
/// let trip = TripSamples {
///     trip_id: None,
///     vehicle: VehicleId::new("car-1")?,
///     driver: DriverId::new("ada")?,
///     at: EventTime::MIN,
///     sample_rate_hz: Some(10.0),
///     samples: (0..6001).map(sample).collect(),
/// };
/// let signals = TripSignals::of_samples(&trip);
/// let assess = Assess::new(Finder::limit(0.35)?, profile::per_100km())?;
/// let found = assess.trip(&Driven::new("trip-1", EventTime::MIN, &signals));
/// assert_eq!(found.events.len(), 1);
/// // 12 km in 10 min: one event of medium severity, 16.7 for each 100 km.
/// assert_eq!(found.receipt.score, Some(50.0));
/// assert_eq!(found.receipt.components[0].events[0].id, found.events[0].id);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Assess {
    finder: Finder,
    profile: Profile,
    /// Whether the profile charges for samples, and the finder counts them.
    by_sample: bool,
}

/// The unit of profiles that charge for samples.
const SAMPLES: &str = "samples";
/// The unit of profiles that charge for runs of samples.
const RUNS: &str = "runs";

/// A trip to be assessed.
#[derive(Clone, Copy, Debug)]
pub struct Driven<'a> {
    name: &'a str,
    start: EventTime,
    signals: &'a TripSignals,
    exposure: Option<Exposure>,
}

impl<'a> Driven<'a> {
    /// A trip of this name, whose first sample was taken at this time. How much was driven comes
    /// from the speed of its samples.
    pub fn new(name: &'a str, start: EventTime, signals: &'a TripSignals) -> Self {
        Self {
            name,
            start,
            signals,
            exposure: signals.driven(),
        }
    }

    /// Sets how much was driven; `None` if it is unknown.
    #[must_use]
    pub fn with_driven(mut self, driven: Option<Exposure>) -> Self {
        self.exposure = driven;
        self
    }
}

/// What was found on a trip, and its score.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// All events, harsh and firm, by their beginning; also of a trip without a score.
    pub events: Vec<FoundEvent>,
    /// The score with its interval, or why the trip has no score; and what cost points.
    pub receipt: Receipt,
    /// The events with the sums over them, for scores of many trips.
    pub evidence: Evidence,
    /// Samples beyond a plain limit, if the finder is one.
    pub beyond: Option<SamplesBeyond>,
    /// What the trip cannot support.
    pub unavailable: Vec<Unavailable>,
}

impl Assess {
    /// An assessment by this finder and profile.
    ///
    /// A profile that charges for samples does so where the finder is a plain limit; with any other
    /// it charges for events, and says so in the unit of its components.
    ///
    /// # Errors
    /// Refuses a profile that [`Profile::check`] refuses.
    pub fn new(finder: Finder, mut profile: Profile) -> Result<Self> {
        profile.check()?;
        let by_sample =
            finder.is_limit() && profile.components.iter().any(|part| part.unit == SAMPLES);
        for part in &mut profile.components {
            part.unit = match &*part.unit {
                SAMPLES if by_sample => continue,
                SAMPLES | RUNS if finder.is_runs() => Cow::Borrowed(RUNS),
                SAMPLES | RUNS => Cow::Borrowed("events"),
                _ => continue,
            };
        }
        Ok(Self {
            finder,
            profile,
            by_sample,
        })
    }

    /// The finder.
    pub fn finder(&self) -> &Finder {
        &self.finder
    }

    /// The profile.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Assesses a trip.
    pub fn trip(&self, trip: &Driven<'_>) -> Assessment {
        let Found {
            mut events,
            watched,
            beyond,
            unavailable,
        } = self.finder.find(trip.signals);
        let mut evidence = Evidence::of_trip(trip.exposure, &[]);
        for (cause, share) in &watched {
            let driven = trip.exposure.unwrap_or_default();
            evidence.watch(*cause, part(driven, *share));
        }
        for event in &mut events {
            let scored = event.scored(trip.name, trip.start);
            event.id = scored.id;
            evidence.add(scored);
        }
        let mut receipt = self.receipt(&evidence, beyond);
        let charged = |cause: &Cause| {
            let mut parts = self.profile.components.iter();
            parts.any(|part| part.causes.contains(cause))
        };
        let along = Signal::AccelerationLongitudinal;
        let counted = self.by_sample && trip.signals.has(along);
        let seen = watched.iter().any(|(cause, _)| charged(cause)) || counted;
        if !seen && !trip.signals.is_empty() && receipt.insufficient.is_none() {
            withdraw(&mut receipt);
        }
        Assessment {
            events,
            receipt,
            evidence,
            beyond,
            unavailable,
        }
    }

    fn receipt(&self, evidence: &Evidence, beyond: Option<SamplesBeyond>) -> Receipt {
        match beyond {
            Some(beyond) if self.by_sample => {
                let mut sums = ScoreSums::default();
                sums.add_count(Cause::HarshBrake, beyond.braking);
                sums.add_count(Cause::RapidAccel, beyond.accelerating);
                self.profile.score(&sums)
            }
            _ => self.profile.receipt(evidence),
        }
    }
}

/// A share of what was driven.
fn part(driven: Exposure, share: f64) -> Exposure {
    if share >= 1.0 {
        return driven;
    }
    let part = |all: u64| whole(all as f64 * share);
    Exposure {
        distance_um: part(driven.distance_um),
        driving_us: part(driven.driving_us),
    }
}

/// Takes a score back that says nothing: no cause of it was watched for. Formulas that count events
/// would call such a trip perfect.
fn withdraw(receipt: &mut Receipt) {
    receipt.score = None;
    receipt.interval = None;
    receipt.insufficient = Some(Insufficient::NothingWatched);
    for line in &mut receipt.components {
        line.points_lost = 0.0;
    }
}
