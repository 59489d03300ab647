//! The arguments of the commands that run a pipeline: `demo` and `replay`.

use std::{path::PathBuf, time::Duration};

use clap::Parser;
use fleet_rules::Mode;
use fleet_sources::simulator::{Area, Scenario};

use crate::{
    args::value::{DialectName, PaceName, ReportFormat, duration},
    sink::SinkChoice,
};

/// The arguments of `demo`.
#[derive(Debug, Parser)]
pub(crate) struct DemoArgs {
    /// Number of vehicles.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) vehicles: u32,
    /// Simulated time, such as 90s, 10m or 24h.
    #[arg(long, default_value = "10m", value_parser = duration)]
    pub(crate) duration: Duration,
    /// How the vehicles behave: normal, high-load, fault-injection or mixed.
    #[arg(long, default_value_t = Scenario::Mixed)]
    pub(crate) scenario: Scenario,
    /// Where they drive: bogota, medellin, cali or warsaw.
    #[arg(long, default_value_t = Area::Bogota)]
    pub(crate) area: Area,
    /// The same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How fast simulated time passes.
    #[arg(long, value_enum, default_value_t = PaceName::Max)]
    pub(crate) pace: PaceName,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// The arguments of `replay`.
#[derive(Debug, Parser)]
pub(crate) struct ReplayArgs {
    /// Files of events, read as one input in the order given; `-` is standard input, `.gz` is
    /// unpacked. Or kafka:BROKERS/TOPIC, read until stopped: start the command again elsewhere to
    /// share its partitions.
    #[arg(required = true)]
    pub(crate) inputs: Vec<PathBuf>,
    /// The format of the events.
    #[arg(long, value_enum)]
    pub(crate) dialect: DialectName,
    /// The vehicle of messages that name none, which only openxc has.
    #[arg(long, default_value = "openxc")]
    pub(crate) vehicle: String,
    /// The column map of the inputs (csv), or PATTERN=MAP for the inputs whose name matches; may be
    /// repeated.
    #[arg(long)]
    pub(crate) map: Vec<String>,
    /// The rules: preset:NAME. Default: the preset of the dialect.
    #[arg(long)]
    pub(crate) rules: Option<String>,
    /// edge: one alert each time a condition becomes true; every: one for each offending event.
    #[arg(long, default_value = "edge")]
    pub(crate) mode: Mode,
    /// The length of a window.
    #[arg(long, default_value = "1m", value_parser = duration)]
    pub(crate) window: Duration,
    /// How much older than the newest event of its vehicle an event may be and still be sorted into
    /// place; the same in every run over one sink.
    #[arg(long, default_value = "5s", value_parser = duration)]
    pub(crate) out_of_orderness: Duration,
    /// How much older than that an event may be and still revise windows and sums; it raises no
    /// alert.
    #[arg(long, default_value = "0s", value_parser = duration)]
    pub(crate) allowed_lateness: Duration,
    /// After how long without a sign of life another member of the group takes the partitions of
    /// this one (kafka).
    #[arg(long, default_value = "10s", value_parser = duration)]
    pub(crate) session_timeout: Duration,
    /// Keep reading at the end of the input, until stopped.
    #[arg(long)]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Where results are stored and how the run is reported.
#[derive(Debug, Parser)]
pub(crate) struct OutputArgs {
    /// sqlite:PATH, postgres:URL, kafka:BROKERS/TOPIC, ndjson:DIR, csv:DIR or null.
    ///
    /// A bare postgres: takes the URL from `FLEET_POSTGRES_URL`. Kafka gets each row at least once,
    /// with its table in the header `table`; {table} in the topic makes a topic of each table.
    #[arg(long, default_value = "sqlite:fleet.db")]
    pub(crate) sink: SinkChoice,
    /// The longest time between two commits.
    #[arg(long, default_value = "500ms", value_parser = duration)]
    pub(crate) commit_every: Duration,
    /// Number of worker threads; results do not depend on it.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) workers: u16,
    /// The format of the closing report.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) report: ReportFormat,
    /// Delete everything that the sink holds, of every run and input, and start again.
    #[arg(long)]
    pub(crate) fresh: bool,
}
