//! The commands of the workspace, the same for contributors and for continuous integration.
//!
//! `cargo xtask check | test | bench | soak | services | kafka | example`. Each prints the cargo
//! commands that it runs, so that any of them can be repeated by hand.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks to its user"
)]

mod check;
mod house;
mod run;
mod services;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Checks, tests and measures the workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Layers, wording, format, lints, docs, dependencies, features one by one, licences
    ///
    /// Runs every step, even after one has failed. Warnings are failures only where CI=true.
    Check,
    /// Every test of the workspace, then every example; ends with a list of the skipped tests
    Test(test::command::Args),
    /// The benchmarks, or those whose name contains NAME
    Bench(test::bench::Args),
    /// The long tests, whose names start with `soak_`, in release mode
    ///
    /// Sets `FLEET_SOAK=1` and writes a numbered record under target/soak/.
    Soak,
    /// Private services on loopback, and the environment variables that point at them
    ///
    /// They run until `down`, which removes their data. Tests and examples can start their own.
    Services(services::Args),
    /// A tool of Apache Kafka, on the brokers of `services` or of the environment
    Kafka(services::ToolArgs),
    /// One example, to its closing check
    ///
    /// It passes if it exits with 0 and its last line starts with `NAME: ok (`.
    Example(test::example::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = enter_root().and_then(|()| match cli.command {
        Command::Check => check::run(),
        Command::Test(args) => test::command::run(&args),
        Command::Bench(args) => Ok(test::bench::run(&args)),
        Command::Soak => test::soak::run(),
        Command::Services(args) => services::run(&args),
        Command::Kafka(args) => services::tool(&args),
        Command::Example(args) => test::example::run(&args),
    });
    match done {
        Ok(code) => code,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Changes to the root of the workspace, so that a command works the same from every folder.
fn enter_root() -> Result<(), String> {
    let Some(package) = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from) else {
        return Err("start it through cargo: `cargo xtask ..`".to_owned());
    };
    let root = package.parent().ok_or("xtask has no parent directory")?;
    std::env::set_current_dir(root)
        .map_err(|error| format!("cannot enter {}: {error}", root.display()))
}
