//! `cargo xtask services up | down | status`: private servers that keep running.

use std::process::ExitCode;

use xtask::kafka::Nodes;

use super::compose::Compose;
use super::{Install, kafka, postgres};
use crate::run::Metadata;

/// What to do with which services.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to do with the services
    action: Action,
    /// Which services; all of them by default
    services: Vec<Service>,
    /// How many nodes Apache Kafka has
    #[arg(long, default_value = "1")]
    nodes: NodeCount,
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
    Kafka,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum NodeCount {
    #[value(name = "1")]
    One,
    #[value(name = "3")]
    Three,
}

impl From<NodeCount> for Nodes {
    fn from(count: NodeCount) -> Self {
        match count {
            NodeCount::One => Self::One,
            NodeCount::Three => Self::Three,
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<ExitCode, String> {
    let folder = Metadata::load()?.target_directory.join("services");
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let compose = Compose::new(&folder);
    let install = Install::allowed(args.install);
    let all = [Service::Postgres, Service::Kafka];
    for service in all {
        if !args.services.is_empty() && !args.services.contains(&service) {
            continue;
        }
        match (args.action, service) {
            (Action::Up, Service::Postgres) => postgres::up(&compose, install)?,
            (Action::Up, Service::Kafka) => kafka::up(&compose, install, args.nodes.into())?,
            (Action::Down, Service::Postgres) => postgres::down(&compose)?,
            (Action::Down, Service::Kafka) => kafka::down(&compose)?,
            (Action::Status, Service::Postgres) => postgres::status(&compose),
            (Action::Status, Service::Kafka) => kafka::status(&compose),
        }
    }
    Ok(ExitCode::SUCCESS)
}
