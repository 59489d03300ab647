//! The arguments of `score`.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use fleet_scoring::VehicleClass;

use crate::args::value::{ReportFormat, penalty, sample_rate};

/// The arguments of `score`.
#[derive(Debug, Parser)]
pub(crate) struct ScoreArgs {
    /// Files of samples; `-` is standard input, `.gz` is unpacked.
    #[arg(required = true)]
    pub(crate) inputs: Vec<PathBuf>,
    /// The format of the samples.
    #[arg(long, value_enum)]
    pub(crate) dialect: ScoreDialect,
    /// The column map of the inputs, with the trip as its key; as in replay.
    #[arg(long)]
    pub(crate) map: Vec<String>,
    /// How points are lost. per100km is the recommended one, with --detector production.
    #[arg(long, value_enum, default_value_t = ProfileName::SeedFleetflow)]
    pub(crate) profile: ProfileName,
    /// How events are found: seed, production or threshold:G.
    ///
    /// seed: samples beyond 0.4 g along the vehicle, one by one for seed-fleetflow, else in runs;
    /// for seed-fleetflow-v2 also beyond 0.3 g across it and 80 km/h. production: manoeuvres that
    /// a person would call harsh, and firm ones, from whatever signals there are. threshold:0.35:
    /// samples that reach 0.35 g along or across the vehicle, joined over 1 s.
    #[arg(long, default_value = "seed", value_parser = detector, verbatim_doc_comment)]
    pub(crate) detector: DetectorName,
    /// The class of the vehicles, for --detector production: passenger, van, heavy or bus.
    /// [default: passenger]
    #[arg(long, value_parser = class)]
    pub(crate) class: Option<VehicleClass>,
    /// Points lost for each offending sample, with seed-fleetflow. [default: 5]
    #[arg(long, value_parser = penalty, allow_negative_numbers = true)]
    pub(crate) penalty: Option<f64>,
    /// Samples per second, used instead of their times.
    #[arg(long, value_parser = sample_rate, allow_negative_numbers = true)]
    pub(crate) rate: Option<f64>,
    /// Score this trip alone, by its id; with fleetflow, the trips of this driver.
    #[arg(long)]
    pub(crate) trip: Option<String>,
    /// Draw the signals with the events that were found as SVG, at most 50 trips below each other.
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) plot: Option<PathBuf>,
    /// The format of the scores.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) report: ReportFormat,
}

/// The formats of samples that can be scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScoreDialect {
    /// Trip requests of FleetFlow, one JSON object per line.
    Fleetflow,
    /// CSV with a column map.
    Csv,
}

/// The profiles of scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileName {
    /// FleetFlow: a penalty for each harsh sample.
    SeedFleetflow,
    /// FleetFlow, second version: 2 points for each run of samples, more at night.
    SeedFleetflowV2,
    /// Recommended: events for each 100 km, and smoothness.
    #[value(name = "per100km")]
    Per100km,
    /// Samsara's formula of 2016: harsh events for each mile.
    #[value(name = "samsara-2016")]
    Samsara2016,
    /// Geotab's safety scorecard: events for each kilometre.
    Geotab,
}

/// The detectors of harsh events.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum DetectorName {
    Seed,
    Production,
    /// The level, g.
    Threshold(f64),
}

/// Parses `seed`, `production` or `threshold:G`.
fn detector(text: &str) -> Result<DetectorName, String> {
    let level = text.strip_prefix("threshold:");
    match (text, level) {
        ("seed", _) => Ok(DetectorName::Seed),
        ("production", _) => Ok(DetectorName::Production),
        (_, Some(level)) => {
            let number = level.parse().ok();
            let number = number.filter(|level: &f64| level.is_finite() && *level > 0.0);
            number.map(DetectorName::Threshold).ok_or_else(|| {
                format!("`{level}` is no level: give g above 0, such as threshold:0.35")
            })
        }
        ("threshold", _) => Err("the level is missing: write it like threshold:0.35, in g".into()),
        _ => Err(format!(
            "there is no detector `{text}`: use seed, production or threshold:G, such as \
             threshold:0.35"
        )),
    }
}

/// Parses a class of vehicles.
fn class(text: &str) -> Result<VehicleClass, String> {
    let mut classes = VehicleClass::ALL.into_iter();
    classes
        .find(|class| class.as_word() == text)
        .ok_or_else(|| format!("there is no class `{text}`: use passenger, van, heavy or bus"))
}
