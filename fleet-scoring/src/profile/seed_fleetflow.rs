use fleet_core::{Error, ErrorKind, Result, event::TripSamples};

use crate::{
    Component, Formula, Number, Tally, TripColumns, TripScore, TripSums, Verdict, count::Limits,
    event::Runs,
};

/// The score of FleetFlow: 100 less a penalty for each sample beyond 0.4 g, braking or speeding up.
///
/// Each sample counts for itself: a second of braking at -0.5 g costs one penalty at 1 Hz and 16,000 at 16 kHz.
/// That is the described score; its runs of samples are listed as events, so that nobody need be misled.
///
/// # Units
/// g (9.80665 m/s²) along the vehicle; strictly below -0.4 or above 0.4.
///
/// # References
/// The described system fixes base 100, both limits and a whole number from 0 to 100. It does not fix the penalty:
/// 5 points for each sample are its public project's first version.
///
/// # Examples
/// The request that the system's own description shows, two samples, one of -0.5 g:
/// ```
/// use fleet_scoring::{SeedFleetflow, TripColumns};
/// let score = SeedFleetflow::new(5.0)?.score(&TripColumns::new(vec![-0.5, 0.1]));
/// assert_eq!(score.verdict.score, Some(95));
/// assert_eq!((score.sums.harsh_braking, score.sums.rapid_accel), (1, 0));
/// # Ok::<(), fleet_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SeedFleetflow {
    limits: Limits<f64>,
    formula: Formula,
    empty: EmptyTrip,
}

/// What a trip without any sample gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmptyTrip {
    /// 100 points, as the described system's public project gives it: nothing was seen, so nothing is lost.
    #[default]
    FullScore,
    /// No score, with the reason: nothing was seen.
    Insufficient,
}

/// The limits, g: the described system's.
const LIMITS: Limits<f64> = Limits {
    low: -0.4,
    high: 0.4,
};
/// Points for each sample: its public project's first version.
const PENALTY: f64 = 5.0;

impl Default for SeedFleetflow {
    fn default() -> Self {
        Self::of(PENALTY)
    }
}

impl SeedFleetflow {
    /// Takes so many points for each offending sample.
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
        let component = |name, tally| Component {
            name,
            tally,
            unit: "samples",
            weight: penalty,
            cap: None,
        };
        let components = vec![
            component("harsh_braking", Tally::HarshBraking),
            component("rapid_accel", Tally::RapidAccel),
        ];
        Self {
            limits: LIMITS,
            formula: Formula {
                base: 100.0,
                components,
            },
            empty: EmptyTrip::default(),
        }
    }

    /// Says what a trip without any sample gets.
    #[must_use]
    pub fn empty_trip(mut self, empty: EmptyTrip) -> Self {
        self.empty = empty;
        self
    }

    /// Its name in reports and on the command line.
    pub const fn name(&self) -> &'static str {
        "seed-fleetflow"
    }

    /// What costs how many points.
    pub fn formula(&self) -> &Formula {
        &self.formula
    }

    /// Scores a trip, whose name is still to be filled in.
    pub fn score<T: Number>(&self, trip: &TripColumns<T>) -> TripScore {
        let limits = self.limits.to::<T>();
        let mut runs = Runs::new(&trip.clock, limits);
        let timed = trip.clock.is_known();
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
            verdict: self.judge(&sums),
            events: runs.finish(),
            sums,
        }
    }

    /// Scores a trip as it was sent, under its name.
    pub fn score_samples(&self, trip: &TripSamples) -> TripScore {
        TripScore {
            trip_id: trip.trip_id.clone(),
            driver_id: Some(trip.driver.clone()),
            ..self.score(&TripColumns::<f64>::of_samples(trip))
        }
    }

    /// Scores sums: of a trip, or of many that were added up.
    pub fn judge(&self, sums: &TripSums) -> Verdict {
        let (score, components) = self.formula.apply(sums);
        let insufficient = if sums.samples == 0 && self.empty == EmptyTrip::FullScore {
            None
        } else if sums.samples == 0 {
            Some("the trip has no samples")
        } else if sums.measured == 0 {
            Some("no sample has a longitudinal acceleration")
        } else {
            None
        };
        Verdict {
            score: insufficient.is_none().then_some(score),
            insufficient,
            components,
        }
    }

    /// The sums of one sample, without time and distance.
    pub(crate) fn tally(&self, longitudinal_g: Option<f64>) -> TripSums {
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

/// A length or time in whole millionths.
fn millionths(value: f64) -> i64 {
    const LIMIT: f64 = 9e18;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the value is held within the limit first"
    )]
    let whole = (value * 1e6).round().clamp(-LIMIT, LIMIT) as i64;
    whole
}
