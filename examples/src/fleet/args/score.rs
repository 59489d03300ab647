//! The arguments of `score`.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

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
    /// How points are lost: seed-fleetflow.
    #[arg(long, default_value = "seed-fleetflow")]
    pub(crate) profile: String,
    /// How harsh events are detected: seed, sample by sample.
    #[arg(long, default_value = "seed")]
    pub(crate) detector: String,
    /// Points lost for each offending sample.
    #[arg(long, default_value = "5", value_parser = penalty, allow_negative_numbers = true)]
    pub(crate) penalty: f64,
    /// Samples per second, used instead of their times.
    #[arg(long, value_parser = sample_rate, allow_negative_numbers = true)]
    pub(crate) rate: Option<f64>,
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
