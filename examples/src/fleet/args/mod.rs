//! The words of the command line; `--help` is made of these comments.

use std::{path::PathBuf, time::Duration};

use clap::{Parser, Subcommand, ValueEnum};
use fleet_rules::Mode;
use fleet_sources::{
    Pace,
    simulator::{Area, Scenario},
};

use crate::{database::DatabaseChoice, sink::SinkChoice};

/// Turns the events of a vehicle fleet into alerts, minute windows and stored history.
///
/// Without a command it runs `demo`.
#[derive(Debug, Parser)]
#[command(name = "fleet", version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Simulates a fleet and runs the main job on it.
    Demo(DemoArgs),
    /// Runs the main job on recorded events.
    Replay(ReplayArgs),
    /// Scores the drivers of recorded trips.
    Score(ScoreArgs),
    /// Prints the graph of the main job as Mermaid.
    Graph(GraphArgs),
    /// Says what a finished database holds.
    Report(ReportArgs),
    /// Writes the records that could not be used, one a line, to mend and replay them.
    DeadLetters(DeadLettersArgs),
}

impl Default for Command {
    fn default() -> Self {
        let args = Args::parse_from(["fleet", "demo"]);
        args.command.unwrap_or(Self::Graph(GraphArgs {
            rules: None,
            mode: Mode::Edge,
        }))
    }
}

/// What `demo` takes.
#[derive(Debug, Parser)]
pub(crate) struct DemoArgs {
    /// Number of vehicles.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) vehicles: u32,
    /// Simulated time, such as 90s, 10m or 24h.
    #[arg(long, default_value = "10m", value_parser = duration)]
    pub(crate) duration: Duration,
    /// What the vehicles do: normal, high-load, fault-injection or mixed.
    #[arg(long, default_value_t = Scenario::Mixed)]
    pub(crate) scenario: Scenario,
    /// Where they drive: bogota, medellin, cali or warsaw.
    #[arg(long, default_value_t = Area::Bogota)]
    pub(crate) area: Area,
    /// The same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// As fast as possible, or as the vehicles would send.
    #[arg(long, value_enum, default_value_t = PaceWord::Max)]
    pub(crate) pace: PaceWord,
    #[command(flatten)]
    pub(crate) out: OutArgs,
}

/// What `replay` takes.
#[derive(Debug, Parser)]
pub(crate) struct ReplayArgs {
    /// Files of events, together one input in the order given; `-` is standard input, `.gz` is unpacked.
    #[arg(required = true)]
    pub(crate) inputs: Vec<PathBuf>,
    /// How the events are written.
    #[arg(long, value_enum)]
    pub(crate) dialect: DialectWord,
    /// The vehicle of messages that name none, which only openxc has.
    #[arg(long, default_value = "openxc")]
    pub(crate) vehicle: String,
    /// The column map of the inputs (csv), or PATTERN=MAP for those whose name matches; may be repeated.
    #[arg(long)]
    pub(crate) map: Vec<String>,
    /// The rules: preset:NAME.
    #[arg(long)]
    pub(crate) rules: Option<String>,
    /// edge: one alert each time a condition becomes true; every: one for each offending event.
    #[arg(long, default_value = "edge")]
    pub(crate) mode: Mode,
    /// The length of a window.
    #[arg(long, default_value = "1m", value_parser = duration)]
    pub(crate) window: Duration,
    /// How much older than its vehicle's newest event an event may come and still be put in its place; the
    /// same in every run over one sink.
    #[arg(long, default_value = "5s", value_parser = duration)]
    pub(crate) out_of_orderness: Duration,
    /// How much older than that an event may come and still revise windows and sums; it raises no alert.
    #[arg(long, default_value = "0s", value_parser = duration)]
    pub(crate) allowed_lateness: Duration,
    /// Keep reading when the end is reached, until stopped.
    #[arg(long)]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) out: OutArgs,
}

/// Where results go and how the run reports.
#[derive(Debug, Parser)]
pub(crate) struct OutArgs {
    /// sqlite:PATH, postgres:URL, ndjson:DIR, csv:DIR or null; postgres: takes `FLEET_POSTGRES_URL`.
    #[arg(long, default_value = "sqlite:fleet.db")]
    pub(crate) sink: SinkChoice,
    /// The longest time between two commits.
    #[arg(long, default_value = "500ms", value_parser = duration)]
    pub(crate) commit_every: Duration,
    /// Threads that compute; results do not depend on it.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) workers: u16,
    /// How the closing report is written.
    #[arg(long, value_enum, default_value_t = ReportWord::Text)]
    pub(crate) report: ReportWord,
    /// Forget everything that the sink holds, of every run and input, and begin again.
    #[arg(long)]
    pub(crate) fresh: bool,
}

/// What `score` takes.
#[derive(Debug, Parser)]
pub(crate) struct ScoreArgs {
    /// Files of samples; `-` is standard input, `.gz` is unpacked.
    #[arg(required = true)]
    pub(crate) inputs: Vec<PathBuf>,
    /// How the samples are written.
    #[arg(long, value_enum)]
    pub(crate) dialect: ScoreDialectWord,
    /// The column map of the inputs, whose key is the trip; as in replay.
    #[arg(long)]
    pub(crate) map: Vec<String>,
    /// How points are lost: seed-fleetflow.
    #[arg(long, default_value = "seed-fleetflow")]
    pub(crate) profile: String,
    /// How harsh events are found: seed, sample by sample.
    #[arg(long, default_value = "seed")]
    pub(crate) detector: String,
    /// Points lost for each offending sample.
    #[arg(long, default_value = "5", value_parser = points, allow_negative_numbers = true)]
    pub(crate) penalty: f64,
    /// Samples a second, instead of their times.
    #[arg(long, value_parser = rate, allow_negative_numbers = true)]
    pub(crate) rate: Option<f64>,
    /// How the scores are written.
    #[arg(long, value_enum, default_value_t = ReportWord::Text)]
    pub(crate) report: ReportWord,
}

/// How samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScoreDialectWord {
    /// `FleetFlow`'s trip requests, one JSON object a line.
    Fleetflow,
    /// CSV by column map.
    Csv,
}

/// What `graph` takes.
#[derive(Debug, Parser)]
pub(crate) struct GraphArgs {
    /// The rules: preset:NAME.
    #[arg(long)]
    pub(crate) rules: Option<String>,
    /// As in replay.
    #[arg(long, default_value = "edge")]
    pub(crate) mode: Mode,
}

/// What `report` takes.
#[derive(Debug, Parser)]
pub(crate) struct ReportArgs {
    /// The database: a file, or postgres:URL.
    #[arg(long, default_value = "fleet.db")]
    pub(crate) db: DatabaseChoice,
    /// How the report is written.
    #[arg(long, value_enum, default_value_t = ReportWord::Text)]
    pub(crate) report: ReportWord,
}

/// What `dead-letters` takes.
#[derive(Debug, Parser)]
pub(crate) struct DeadLettersArgs {
    /// The database: a file, or postgres:URL.
    #[arg(long, default_value = "fleet.db")]
    pub(crate) db: DatabaseChoice,
    /// Show each with its place and reason instead of its bytes.
    #[arg(long)]
    pub(crate) reasons: bool,
}

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DialectWord {
    /// VehicleOps telemetry, JSON.
    Vehicleops,
    /// FleetStream telemetry, JSON.
    Fleetstream,
    /// Telemetry, perception and driving events of the self-driving pipeline, JSON.
    FleetPipeline,
    /// Telemetry of the Ford fleet demo, JSON.
    Ford,
    /// `OpenXC` messages, one signal each, JSON.
    Openxc,
    /// COVESA VSS names, JSON.
    Native,
    /// CSV by column map.
    Csv,
}

/// How fast simulated time goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PaceWord {
    /// As fast as possible.
    Max,
    /// As the vehicles would send.
    Realtime,
}

impl From<PaceWord> for Pace {
    fn from(word: PaceWord) -> Self {
        match word {
            PaceWord::Max => Self::Max,
            PaceWord::Realtime => Self::Realtime,
        }
    }
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportWord {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// `90s`, `10m`, `24h`, `1m 30s`, `500ms`.
fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text
        .parse()
        .map_err(|_| format!("`{text}` is no length of time: write it like 90s, 10m or 24h"))?;
    Duration::try_from(span).map_err(|_| format!("`{text}` is negative"))
}

fn points(text: &str) -> Result<f64, String> {
    let points = text.parse().ok();
    let points = points.filter(|points: &f64| points.is_finite() && *points >= 0.0);
    points.ok_or_else(|| format!("`{text}` is no number of points: give 0 or more, such as 5"))
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok();
    let rate = rate.filter(|rate: &f64| rate.is_finite() && *rate > 0.0);
    rate.ok_or_else(|| format!("`{text}` is no rate: give samples a second above 0, such as 10"))
}
