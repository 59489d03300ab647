//! How trips are scored, as the command line names it.

use std::time::Duration;

use fleet_core::{
    DriverId, Result, TripId,
    event::{AlertKind, Telemetry, TripSamples},
};
use fleet_scoring::{
    SeedFleetflow, TripColumns, TripScore,
    assess::{Assess, Driven, Finder, TripRecorder, TripSignals},
    profile,
};

use crate::{
    args::{DetectorName, ProfileName, ScoreArgs},
    console::failure::usage_error,
    report::trip::AssessedReport,
};

/// Points lost for each offending sample, from the first version of FleetFlow.
const PENALTY: f64 = 5.0;
/// What geotab takes for a share of speeding of 1; it publishes none. Our choice: one point for
/// each percent.
const MULTIPLIER: f64 = 100.0;

/// How trips are scored.
#[derive(Debug)]
pub(crate) enum Method {
    /// Sample by sample, as FleetFlow does.
    Samples(SeedFleetflow),
    /// By a detector and a profile; with what the detector is called.
    Assess(Assess, String),
}

/// The score of one trip.
#[derive(Debug, serde::Serialize)]
#[serde(untagged)]
pub(crate) enum Scored {
    Samples(Box<TripScore>),
    Assessed(Box<AssessedReport>),
}

impl Method {
    /// The method of these arguments.
    ///
    /// # Errors
    /// Refuses options that do not go together.
    pub(crate) fn of(args: &ScoreArgs) -> Result<Self> {
        let seed = args.profile == ProfileName::SeedFleetflow;
        if args.penalty.is_some() && !seed {
            return Err(usage_error(
                "--penalty goes with --profile seed-fleetflow: the other profiles fix their points"
                    .into(),
            ));
        }
        if args.class.is_some() && args.detector != DetectorName::Production {
            return Err(usage_error(
                "--class goes with --detector production: the other detectors have one limit for \
                 all vehicles"
                    .into(),
            ));
        }
        let penalty = args.penalty.unwrap_or(PENALTY);
        if seed && args.detector == DetectorName::Seed {
            return Ok(Self::Samples(SeedFleetflow::new(penalty)?));
        }
        let (finder, name) = match args.detector {
            DetectorName::Seed => {
                let limits = if args.profile == ProfileName::SeedFleetflowV2 {
                    profile::LIMITS
                } else {
                    profile::FIRST_LIMITS
                };
                (Finder::runs(limits), "seed".to_owned())
            }
            DetectorName::Threshold(level) => (Finder::limit(level)?, format!("threshold:{level}")),
            DetectorName::Production => {
                let class = args.class.unwrap_or_default();
                (Finder::production(class), "production".to_owned())
            }
        };
        let profile = match args.profile {
            ProfileName::SeedFleetflow => profile::seed_fleetflow(penalty),
            ProfileName::SeedFleetflowV2 => profile::seed_fleetflow_v2(),
            ProfileName::Per100km => profile::per_100km(),
            ProfileName::Samsara2016 => profile::samsara_2016(),
            ProfileName::Geotab => profile::geotab(MULTIPLIER)?,
        };
        Ok(Self::Assess(Assess::new(finder, profile)?, name))
    }

    /// Scores the telemetry of one trip, sorted by time.
    pub(crate) fn rows(&self, trip: &str, rows: &[Telemetry], rate: Option<f64>) -> Scored {
        match self {
            Self::Samples(profile) => {
                let mut columns = TripColumns::<f64>::of_telemetry(rows);
                if let Some(hz) = rate {
                    columns = columns.with_rate(hz);
                }
                Scored::Samples(Box::new(profile.score(&columns)))
            }
            Self::Assess(assess, detector) => {
                let mut recorder = TripRecorder::default();
                for row in rows {
                    recorder.push(row);
                }
                let start = recorder.start();
                let (duration_s, assessment) = if let Some(hz) = rate {
                    // Without the times of odometers and positions, speed alone says how far.
                    let signals = recorder.signals().clone().with_rate(hz);
                    let trip = Driven::new(trip, start, &signals);
                    (signals.duration_s(), assess.trip(&trip))
                } else {
                    let duration_s = recorder.signals().duration_s();
                    (duration_s, recorder.assess(trip, assess))
                };
                let report = AssessedReport::new(detector, assess, assessment);
                Scored::Assessed(Box::new(report.of(recorder.len(), duration_s)))
            }
        }
    }

    /// Scores a trip as it was sent.
    pub(crate) fn samples(&self, trip: &TripSamples) -> Scored {
        match self {
            Self::Samples(profile) => Scored::Samples(Box::new(profile.score_samples(trip))),
            Self::Assess(assess, detector) => {
                let signals = TripSignals::of_samples(trip);
                let length_s = signals.duration_s().unwrap_or_default();
                let length = Duration::try_from_secs_f64(length_s);
                // A trip is sent when it ends.
                let start = trip.at - length.unwrap_or_default();
                let name = format!("{} {}", trip.driver, trip.at.as_micros());
                let assessment = assess.trip(&Driven::new(&name, start, &signals));
                let report = AssessedReport::new(detector, assess, assessment);
                Scored::Assessed(Box::new(report.of(signals.len(), signals.duration_s())))
            }
        }
    }
}

impl Scored {
    /// Names the trip and its driver.
    pub(crate) fn named(mut self, trip: Option<TripId>, driver: Option<DriverId>) -> Self {
        let (own_trip, own_driver) = match &mut self {
            Self::Samples(score) => (&mut score.trip_id, &mut score.driver_id),
            Self::Assessed(report) => (&mut report.trip_id, &mut report.driver_id),
        };
        (*own_trip, *own_driver) = (trip, driver);
        self
    }

    /// The name of the trip in texts: its id, else its driver.
    pub(crate) fn name(&self) -> &str {
        let (trip, driver) = match self {
            Self::Samples(score) => (&score.trip_id, &score.driver_id),
            Self::Assessed(report) => (&report.trip_id, &report.driver_id),
        };
        let driver = driver.as_ref().map_or("-", DriverId::as_str);
        trip.as_ref().map_or(driver, TripId::as_str)
    }

    /// The events that have times: kind, beginning and end in seconds.
    pub(crate) fn events(&self) -> Vec<(AlertKind, f64, f64)> {
        match self {
            Self::Samples(score) => {
                let events = score.events.iter();
                let events = events.map(|event| (event.kind, event.start_s, event.end_s));
                events.collect()
            }
            Self::Assessed(report) => report.spans(),
        }
    }
}
