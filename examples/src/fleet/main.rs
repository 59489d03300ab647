//! The `fleet` command: pipelines over simulated or recorded fleets, and reports of their results.
//!
//! It is the largest example, so it uses nothing but the public API of the crates. The layers,
//! lowest first; a module imports only from those before it:
//!
//! 1. `address`: PostgreSQL addresses and their passwords
//! 2. `console`: standard output and error messages
//! 3. `sink`: where a pipeline stores its results; `database`: reading them back
//! 4. `args`: what the command line takes
//! 5. `input`: input files and their column maps; `report`: results as text and JSON
//! 6. `job`: the pipelines
//! 7. `command`: the subcommands
#![expect(
    clippy::print_stderr,
    reason = "a command line prints errors and progress"
)]
#![cfg_attr(
    not(feature = "postgres"),
    expect(clippy::unused_async, reason = "only a server has to be waited for")
)]

mod address;
mod args;
mod command;
mod console;
mod database;
mod input;
mod job;
mod output;
mod report;
mod sink;
mod topic;

use std::{process::ExitCode, time::Instant};

use clap::Parser;

use args::{Args, Command};
use command::{dead_letters, demo, graph, replay, score, simulate};
use console::{failure, usage};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    #[expect(
        clippy::disallowed_methods,
        reason = "the closing report includes the elapsed time"
    )]
    let started = Instant::now();
    let command = match Args::try_parse() {
        Ok(args) => args.command.unwrap_or_default(),
        Err(error) => return usage::print(&error),
    };
    let result = match command {
        // Boxed, because the future of a job is large and the demo has three.
        Command::Demo(args) => Box::pin(demo::run(args, started)).await,
        Command::Replay(args) => replay::run(args, started).await,
        Command::Score(args) => score::run(args).await,
        Command::Simulate(args) => simulate::run(args).await,
        Command::Graph(args) => graph::run(&args),
        Command::Report(args) => command::report::run(&args).await,
        Command::DeadLetters(args) => dead_letters::run(&args).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::print(&error),
    }
}
