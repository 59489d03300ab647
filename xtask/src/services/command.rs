//! `cargo xtask services up | down | status`: private servers that keep running.

use std::process::ExitCode;

use xtask::postgres::{self, Lasting, Status, VARIABLE};

use super::Install;
use super::compose::{self, Compose};
use crate::run::Metadata;

/// What to do with which services.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to do with the services
    action: Action,
    /// Which services; all of them by default
    services: Vec<Service>,
    /// Install what is missing, as CI does
    #[arg(long)]
    install: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Action {
    /// Start them and print where they are
    Up,
    /// Stop them and remove their data
    Down,
    /// Show which of them run
    Status,
}

/// A service that can be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Service {
    Postgres,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<ExitCode, String> {
    let folder = Metadata::load()?.target_directory.join("services");
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let compose = Compose::new(&folder);
    // There is only one service, so an empty list of services means that one too.
    match args.action {
        Action::Up => up(&compose, Install::allowed(args.install))?,
        Action::Down => down(&compose)?,
        Action::Status => status(&compose),
    }
    Ok(ExitCode::SUCCESS)
}

/// Uses the server that the environment names, else the installed programs, else a container.
fn up(compose: &Compose, install: Install) -> Result<(), String> {
    if std::env::var_os(VARIABLE).is_some() {
        eprintln!("postgres: {VARIABLE} names one; nothing to start");
        return Ok(());
    }
    let url = if !postgres::is_installed() && compose::answers() {
        compose.up()?
    } else {
        if !postgres::is_installed() {
            install.postgres()?;
        }
        Lasting::locate()?.up()?
    };
    println!("export {VARIABLE}={url}");
    Ok(())
}

fn down(compose: &Compose) -> Result<(), String> {
    let own = postgres::is_installed() && Lasting::locate()?.down()?;
    if compose.down()? || own {
        println!("postgres: stopped, and what it held is gone");
    } else {
        println!("postgres: was not started here");
    }
    Ok(())
}

fn status(compose: &Compose) {
    if std::env::var_os(VARIABLE).is_some() {
        println!("postgres: named by {VARIABLE}");
    }
    let own = Lasting::locate().map_or(Status::Absent, |lasting| lasting.status());
    match (own, compose.running()) {
        (Status::Running { url, log }, _) => {
            println!("postgres: running, export {VARIABLE}={url}");
            println!("          its log is {}", log.display());
        }
        (_, Some(url)) => println!("postgres: running in a container, export {VARIABLE}={url}"),
        (Status::Ended, None) => {
            println!("postgres: ended; `cargo xtask services up` starts it again");
        }
        (Status::Absent, None) => println!("postgres: not started"),
    }
}
