//! The detectors that a trip can be assessed by.

use fleet_core::{Result, event::Signal};

use super::{
    Found, FoundEvent, SamplesBeyond, TripSignals,
    found::{UNTIMED, severity},
    production::manoeuvres,
    runs::runs,
};
use crate::{Number, VehicleClass, detect::Limit, profile::RunLimits, score::Cause};

/// A detector that finds the events of a trip.
///
/// # Examples
/// ```
/// use fleet_core::{DriverId, EventTime, VehicleId, units::Acceleration};
/// use fleet_core::event::{TripSample, TripSamples};
/// use fleet_scoring::{assess::{Finder, TripSignals}, score::Cause};
/// let sample = |g: f64| TripSample {
///     t_s: None,
///     speed: None,
///     longitudinal: Some(Acceleration::from_g(g)),
///     lateral: None,
/// };
/// let trip = TripSamples {
///     trip_id: None,
///     vehicle: VehicleId::new("car-1")?,
///     driver: DriverId::new("ada")?,
///     at: EventTime::MIN,
///     sample_rate_hz: Some(1.0),
///     samples: [0.1, -0.5, -0.4, 0.0].map(sample).to_vec(),
/// };
/// let found = Finder::limit(0.35)?.find(&TripSignals::of_samples(&trip));
/// assert_eq!(found.beyond.unwrap().samples, 2);
/// assert_eq!((found.events.len(), found.events[0].kind), (1, Cause::HarshBrake));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finder(Rule);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Rule {
    Runs(RunLimits),
    /// A limit, and its level in the precision of samples.
    Limit(Limit, f32),
    Production(VehicleClass),
}

impl Finder {
    /// Runs of consecutive samples beyond limits, as the seeds count them.
    pub fn runs(limits: RunLimits) -> Self {
        Self(Rule::Runs(limits))
    }

    /// Samples whose acceleration along or across the vehicle reaches this level, g; those at most
    /// 1 s apart are one event. See [`Limit`].
    ///
    /// # Errors
    /// Refuses a level that is not finite and positive.
    pub fn limit(level_g: f64) -> Result<Self> {
        let limit = Limit::new(level_g)?;
        Ok(Self(Rule::Limit(limit, f32::nearest(level_g))))
    }

    /// The detector of `production`, for vehicles of this class; see
    /// [`Detector`](crate::detect::Detector).
    pub fn production(class: VehicleClass) -> Self {
        Self(Rule::Production(class))
    }

    /// Finds the events of a trip. They have no ids yet: those depend on the name of the trip.
    pub fn find(&self, signals: &TripSignals) -> Found {
        match self.0 {
            Rule::Runs(limits) => runs(limits, signals),
            Rule::Limit(limit, level) => beyond(limit, level, signals),
            Rule::Production(class) => manoeuvres(class, signals),
        }
    }

    /// Whether it finds samples beyond a plain limit.
    pub(super) fn is_limit(&self) -> bool {
        matches!(self.0, Rule::Limit(..))
    }

    /// Whether its events are the runs of the seeds.
    pub(super) fn is_runs(&self) -> bool {
        matches!(self.0, Rule::Runs(_))
    }
}

/// Events of a plain limit. The axis of the peak says what an event is.
fn beyond(limit: Limit, level: f32, signals: &TripSignals) -> Found {
    let counts = limit.detect(&signals.views());
    let along = signals.column(Signal::AccelerationLongitudinal);
    let reach = |sign: f32| {
        let beyond = along.iter().filter(|value| sign * **value >= level);
        beyond.count() as u64
    };
    let mut found = Found {
        beyond: Some(SamplesBeyond {
            samples: counts.samples,
            lateral: counts.lateral,
            braking: reach(-1.0),
            accelerating: reach(1.0),
        }),
        ..Found::default()
    };
    if !signals.is_timed() {
        found.unavailable.push(UNTIMED);
        return found;
    }
    if !along.is_empty() {
        let causes = [Cause::HarshBrake, Cause::RapidAccel];
        found.watched.extend(causes.map(|cause| (cause, 1.0)));
    }
    if signals.has(Signal::AccelerationLateral) {
        found.watched.push((Cause::HarshCorner, 1.0));
    }
    let events = counts.events.iter().map(|event| {
        let cause = match event.across {
            true => Cause::HarshCorner,
            false if event.peak_g < 0.0 => Cause::HarshBrake,
            false => Cause::RapidAccel,
        };
        FoundEvent {
            start_s: Some(event.start_s),
            end_s: Some(event.end_s),
            peak_g: Some(event.peak_g),
            ..FoundEvent::new(cause, severity(event.peak_g.abs() / level.wide()))
        }
    });
    found.events = events.collect();
    found
}
