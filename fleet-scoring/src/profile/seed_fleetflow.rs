//! The score of FleetFlow.

use fleet_core::{Error, ErrorKind, Result, event::TripSamples};

use super::count;
use crate::{
    Number, PointsLost, Score, TripColumns, TripScore, TripSums,
    count::Limits,
    harsh_event::Runs,
    score::{Cause, Profile, Rounding, ScoreSums},
};

/// The score of FleetFlow: 100 minus a penalty for each sample beyond 0.4 g, braking or
/// accelerating.
///
/// The described score charges for samples, not events: a second of braking at -0.5 g costs one
/// penalty at 1 Hz and 16,000 at 16 kHz. [`TripScore::events`] lists the runs of such samples.
///
/// # Units
/// Longitudinal acceleration in g (9.80665 m/s²), strictly below -0.4 or above 0.4.
///
/// # References
/// The described system specifies the base of 100, both limits, and a whole number from 0 to 100.
/// It does not specify the penalty: 5 points per sample are from the first version of its public
/// project.
///
/// # Examples
/// The request in the system's description, two samples, one of -0.5 g:
/// ```
/// use fleet_scoring::{SeedFleetflow, TripColumns};
/// let score = SeedFleetflow::new(5.0)?.score(&TripColumns::new(vec![-0.5, 0.1]));
/// assert_eq!(score.score.value, Some(95));
/// assert_eq!((score.sums.harsh_braking, score.sums.rapid_accel), (1, 0));
/// # Ok::<(), fleet_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SeedFleetflow {
    limits: Limits<f64>,
    profile: Profile,
    empty: EmptyTrip,
}

/// The score of a trip without samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmptyTrip {
    /// 100 points, as in the described system's public project.
    #[default]
    FullScore,
    /// No score, with a reason.
    Insufficient,
}

/// The limits of the described system, g.
const LIMITS: Limits<f64> = Limits {
    low: -0.4,
    high: 0.4,
};
/// Points per sample, from the first version of its public project.
const PENALTY: f64 = 5.0;
/// The names of the components.
const NAMES: [&str; 2] = ["harsh_braking", "rapid_accel"];
const UNIT: &str = "samples";

/// The formula of [`SeedFleetflow`], over samples beyond its limits: 100 minus a penalty for each,
/// rounded to a whole number.
///
/// A receipt of it needs an event for each sample. A penalty that [`SeedFleetflow::new`] refuses
/// makes a profile that [`Profile::check`] refuses.
///
/// # Examples
/// ```
/// use fleet_core::EventTime;
/// use fleet_scoring::{profile, score::{Cause, Evidence, ScoredEvent}};
/// let mut trip = Evidence::of_trip(None, &[]);
/// trip.add(ScoredEvent::new("trip-1", Cause::HarshBrake, EventTime::MIN, EventTime::MIN));
/// let receipt = profile::seed_fleetflow(2.5).receipt(&trip);
/// assert_eq!(receipt.score, Some(98.0));
/// let lost: Vec<_> = receipt.components.iter().map(|line| line.points_lost).collect();
/// assert_eq!(lost, [2.5, 0.0, -0.5], "rounding gives half a point back");
/// ```
pub fn seed_fleetflow(penalty: f64) -> Profile {
    let [braking, accelerating] = NAMES;
    let components = vec![
        count(braking, Cause::HarshBrake, UNIT, penalty),
        count(accelerating, Cause::RapidAccel, UNIT, penalty),
    ];
    Profile {
        rounding: Rounding::Score,
        ..Profile::new("seed-fleetflow", 1, "FleetFlow, first version", components)
    }
}

impl Default for SeedFleetflow {
    fn default() -> Self {
        Self::of(PENALTY)
    }
}

impl SeedFleetflow {
    /// A profile that takes `penalty` points for each harsh sample.
    ///
    /// # Errors
    /// Refuses a penalty that is negative or not finite.
    pub fn new(penalty: f64) -> Result<Self> {
        if !penalty.is_finite() || penalty < 0.0 {
            let message = format!("the penalty is {penalty}: it must be finite and not negative");
            return Err(Error::new(ErrorKind::Config, message));
        }
        Ok(Self::of(penalty))
    }

    fn of(penalty: f64) -> Self {
        Self {
            limits: LIMITS,
            profile: seed_fleetflow(penalty),
            empty: EmptyTrip::default(),
        }
    }

    /// Sets the score of a trip without samples.
    #[must_use]
    pub fn empty_trip(mut self, empty: EmptyTrip) -> Self {
        self.empty = empty;
        self
    }

    /// The name of the profile in reports and on the command line.
    pub const fn name(&self) -> &'static str {
        "seed-fleetflow"
    }

    /// The formula of the score.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Scores a trip. The result has no trip and driver id.
    pub fn score<T: Number>(&self, trip: &TripColumns<T>) -> TripScore {
        let limits = self.limits.to::<T>();
        let mut runs = Runs::new(&trip.sampling, limits);
        let timed = trip.sampling.is_known();
        let outside = limits.count(&trip.longitudinal, |start, block| {
            if timed {
                runs.take(start, block);
            }
        });
        let (duration_s, metres) = (trip.duration_s(), trip.distance_m());
        let sums = TripSums {
            samples: trip.len() as u64,
            measured: outside.present,
            harsh_braking: outside.below,
            rapid_accel: outside.above,
            duration_us: duration_s.map(millionths),
            distance_um: metres.map(millionths),
        };
        TripScore {
            trip_id: None,
            driver_id: None,
            samples: sums.samples,
            duration_s,
            distance_km: metres.map(|metres| metres / 1000.0),
            score: self.score_sums(&sums),
            events: runs.finish(),
            sums,
        }
    }

    /// Scores a trip as it was sent, with its trip and driver id.
    pub fn score_samples(&self, trip: &TripSamples) -> TripScore {
        TripScore {
            trip_id: trip.trip_id.clone(),
            driver_id: Some(trip.driver.clone()),
            ..self.score(&TripColumns::<f64>::of_samples(trip))
        }
    }

    /// Scores the sums of one trip, or the merged sums of many.
    pub fn score_sums(&self, sums: &TripSums) -> Score {
        let mut counts = ScoreSums::default();
        counts.add_count(Cause::HarshBrake, sums.harsh_braking);
        counts.add_count(Cause::RapidAccel, sums.rapid_accel);
        let receipt = self.profile.score(&counts);
        let components = receipt
            .components
            .iter()
            .zip(NAMES)
            .map(|(line, name)| PointsLost {
                name,
                quantity: line.quantity,
                unit: UNIT,
                weight: line.weight,
                points_lost: line.weight * line.quantity,
            });
        let components = components.collect();
        let insufficient = if sums.samples == 0 && self.empty == EmptyTrip::FullScore {
            None
        } else if sums.samples == 0 {
            Some("the trip has no samples")
        } else if sums.measured == 0 {
            Some("no sample has a longitudinal acceleration")
        } else {
            None
        };
        Score {
            value: receipt.score.filter(|_| insufficient.is_none()).map(whole),
            insufficient,
            components,
        }
    }

    /// The counts of one sample. Duration and distance are 0.
    pub(crate) fn sums_of_sample(&self, longitudinal_g: Option<f64>) -> TripSums {
        let reading = longitudinal_g.unwrap_or(f64::MISSING);
        let outside = self.limits.count(&[reading], |_, _| {});
        TripSums {
            samples: 1,
            measured: outside.present,
            harsh_braking: outside.below,
            rapid_accel: outside.above,
            ..TripSums::default()
        }
    }
}

/// A score that was rounded to a whole number.
fn whole(score: f64) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a score is from 0 to 100"
    )]
    let whole = score as u8;
    whole
}

/// Converts a value to whole millionths.
fn millionths(value: f64) -> i64 {
    const LIMIT: f64 = 9e18;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the value is held within the limit first"
    )]
    let whole = (value * 1e6).round().clamp(-LIMIT, LIMIT) as i64;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prop_scores_are_those_of_the_described_arithmetic_for_any_penalty() {
        for hundredths in 0..700_u32 {
            let penalty = f64::from(hundredths) / 100.0;
            let profile = SeedFleetflow::new(penalty).unwrap();
            for (braking, accelerating) in (0..40_u32).map(|n| (n % 7, n / 3)) {
                let sums = TripSums {
                    samples: 100,
                    measured: 100,
                    harsh_braking: braking.into(),
                    rapid_accel: accelerating.into(),
                    ..TripSums::default()
                };
                let costs = [braking, accelerating].map(|count| penalty * f64::from(count));
                let [brakes, accelerations] = costs;
                let wanted = (100.0 - (brakes + accelerations)).clamp(0.0, 100.0).round();
                let found = profile.score_sums(&sums);
                assert_eq!(
                    found.value.map(f64::from),
                    Some(wanted),
                    "{penalty} {sums:?}"
                );
                let lost = found
                    .components
                    .iter()
                    .map(|part| part.points_lost.to_bits());
                assert!(lost.eq(costs.map(f64::to_bits)));
            }
        }
    }
}
