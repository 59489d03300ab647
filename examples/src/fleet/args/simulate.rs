//! The arguments of `simulate`.

use std::{path::PathBuf, time::Duration};

use clap::{Parser, ValueEnum};

use crate::args::value::{PaceName, duration};

/// The arguments of `simulate`.
#[derive(Debug, Parser)]
pub(crate) struct SimulateArgs {
    /// The system whose vehicles send, and the format in which they do.
    #[arg(long, value_enum)]
    pub(crate) dialect: SimulatedDialect,
    /// Number of vehicles; with fleetflow, of drivers.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) vehicles: u32,
    /// Simulated time, such as 90s, 10m or 24h.
    #[arg(long, default_value = "10m", value_parser = duration)]
    pub(crate) duration: Duration,
    /// The same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How fast simulated time passes.
    #[arg(long, value_enum, default_value_t = PaceName::Max)]
    pub(crate) pace: PaceName,
    /// A new file for the events, `-` for standard output, or kafka:BROKERS/TOPIC.
    #[arg(long, default_value = "-")]
    pub(crate) to: PathBuf,
}

/// The systems that can be simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SimulatedDialect {
    /// VehicleOps telemetry.
    Vehicleops,
    /// FleetStream telemetry.
    Fleetstream,
    /// Telemetry, perception and driving events of the self-driving pipeline.
    FleetPipeline,
    /// Telemetry of customer A of the Ford fleet demo.
    Ford,
    /// Trip requests of FleetFlow, for `score`.
    Fleetflow,
}
