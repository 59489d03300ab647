//! `fleet`: the main job on a simulated or recorded fleet, and what it left behind.
//!
//! Everything here goes through the public interface of the crates: it is the largest example.
#![expect(clippy::print_stderr, reason = "a command line speaks to people")]

mod address;
mod args;
mod command;
mod console;
mod database;
mod job;
mod report;
mod sink;

use std::{error::Error as _, process::ExitCode, time::Instant};

use clap::Parser;
use fleet_core::{Error, ErrorKind};

use args::{Args, Command};
use command::{dead_letters, demo, replay, report as report_command, score};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    #[expect(
        clippy::disallowed_methods,
        reason = "the report says how long the run took"
    )]
    let started = Instant::now();
    let command = match Args::try_parse() {
        Ok(args) => args.command.unwrap_or_default(),
        Err(wrong) => return address::refuse(&wrong),
    };
    let done = match command {
        // On the heap: what a job waits for is large, and there is one of each kind of store.
        Command::Demo(args) => Box::pin(demo::run(args, started)).await,
        Command::Replay(args) => replay::run(args, started).await,
        Command::Score(args) => score::run(args).await,
        Command::Graph(args) => job::telemetry::show(&args),
        Command::Report(args) => report_command::run(&args).await,
        Command::DeadLetters(args) => dead_letters::run(&args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error),
    }
}

/// Says what went wrong and why; 2 for what a change of the command line mends, 1 for the rest.
fn complain(error: &Error) -> ExitCode {
    eprintln!("fleet: {error}");
    let mut cause = error.source();
    let mut said = error.to_string();
    while let Some(because) = cause {
        let reason = because.to_string();
        // Some messages hold their cause already.
        if !said.contains(&reason) {
            eprintln!("  because {reason}");
            said += &reason;
        }
        cause = because.source();
    }
    let hint = match error.kind() {
        ErrorKind::Grown => Some(
            "--fresh forgets what the sink holds and reads all of it; an input that is still being \
             written is read with --follow from the first run on",
        ),
        ErrorKind::Structure => Some("--fresh forgets what the sink holds; or name another --sink"),
        _ => None,
    };
    if let Some(hint) = hint {
        eprintln!("  {hint}");
    }
    ExitCode::from(if error.kind() == ErrorKind::Config {
        2
    } else {
        1
    })
}
