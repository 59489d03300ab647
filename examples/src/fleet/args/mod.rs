//! The arguments of the command line. `--help` is made of the doc comments in this folder.

mod query;
mod run;
mod score;
mod simulate;
mod value;

use clap::{Parser, Subcommand};
use fleet_rules::Mode;

pub(crate) use query::{DeadLettersArgs, GraphArgs, ReportArgs};
pub(crate) use run::{DemoArgs, OutputArgs, ReplayArgs};
pub(crate) use score::{DetectorName, ProfileName, ScoreArgs, ScoreDialect};
pub(crate) use simulate::{SimulateArgs, SimulatedDialect};
pub(crate) use value::{DialectName, ReportFormat};

/// Turns the events of a vehicle fleet into alerts, minute windows and stored history.
///
/// Without a command it runs `demo`.
#[derive(Debug, Parser)]
#[command(name = "fleet", version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// A subcommand and its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Simulates a fleet and runs the main job on it.
    Demo(DemoArgs),
    /// Runs the main job on recorded events.
    Replay(ReplayArgs),
    /// Scores the drivers of recorded trips.
    Score(ScoreArgs),
    /// Writes the events of a simulated fleet.
    Simulate(SimulateArgs),
    /// Prints the graph of the main job as Mermaid.
    Graph(GraphArgs),
    /// Reports what a finished database holds.
    Report(ReportArgs),
    /// Prints the records that could not be used, one per line, ready to be mended and replayed.
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
