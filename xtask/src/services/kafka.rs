//! Apache Kafka as a service that keeps running, and its tools.

use std::process::ExitCode;

use xtask::kafka::{self, Lasting, Nodes, Status, VARIABLE};

use super::Install;
use super::compose::{self, Compose};

const SERVICE: &str = "kafka";

/// A tool, and what to do with it.
#[derive(Debug, clap::Args)]
pub(crate) struct ToolArgs {
    /// The tool, as Apache Kafka names it, without `kafka-` and `.sh`: `topics`, `consumer-groups`
    tool: String,
    /// Its arguments; `--help` shows them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Uses the brokers that the environment names, else Java, else a container.
pub(crate) fn up(compose: &Compose, install: Install, nodes: Nodes) -> Result<(), String> {
    if std::env::var_os(VARIABLE).is_some() {
        eprintln!("kafka: {VARIABLE} names brokers; nothing to start");
        return Ok(());
    }
    let brokers = if kafka::missing().is_some() && compose::answers() {
        if nodes != Nodes::One {
            return Err("a container has one node; three need Java and Maven".to_owned());
        }
        compose.up(SERVICE)?.brokers()?
    } else {
        install.kafka()?;
        Lasting::locate()?.up(nodes)?
    };
    println!("export {VARIABLE}={brokers}");
    // Standard output is read by `eval`.
    eprintln!("kafka: `cargo xtask kafka topics --list`, `cargo xtask kafka consumer-groups ..`");
    Ok(())
}

/// Stops what `up` started.
pub(crate) fn down(compose: &Compose) -> Result<(), String> {
    let own = Lasting::locate()?.down()?;
    if compose.down(SERVICE)? || own {
        println!("kafka: stopped, and what it held is gone");
    } else {
        println!("kafka: was not started here");
    }
    Ok(())
}

/// Shows whether it runs.
pub(crate) fn status(compose: &Compose) {
    if std::env::var_os(VARIABLE).is_some() {
        println!("kafka: named by {VARIABLE}");
    }
    match (own(), contained(compose)) {
        (
            Status::Running {
                brokers,
                nodes,
                logs,
            },
            _,
        ) => {
            let all = logs.len();
            println!("kafka: running, export {VARIABLE}={brokers}");
            if nodes.len() < all {
                println!("       only {nodes:?} of {all} nodes; `up` starts the others again");
            }
            for log in logs {
                println!("       a log is {}", log.display());
            }
        }
        (_, Some(brokers)) => {
            println!("kafka: running in a container, export {VARIABLE}={brokers}");
        }
        (Status::Ended, None) => {
            println!("kafka: ended; `cargo xtask services up kafka` starts it again");
        }
        (Status::Absent, None) => println!("kafka: not started"),
    }
}

/// Runs a tool on the brokers that the environment names, or that `up` started.
pub(crate) fn tool(args: &ToolArgs) -> Result<ExitCode, String> {
    let brokers = match (std::env::var(VARIABLE), own()) {
        (Ok(named), _) => named,
        (Err(_), Status::Running { brokers, .. }) => brokers,
        // Its arguments may name some, or ask for help.
        (Err(_), Status::Ended | Status::Absent) => "localhost:9092".to_owned(),
    };
    if let Some(why) = kafka::missing() {
        return Err(why);
    }
    let mut command = kafka::tool(&args.tool, &args.arguments, &brokers)?;
    let ended = command.status();
    let ended = ended.map_err(|error| format!("cannot start java: {error}"))?;
    Ok(if ended.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn own() -> Status {
    Lasting::locate().map_or(Status::Absent, |lasting| lasting.status())
}

fn contained(compose: &Compose) -> Option<String> {
    compose.running(SERVICE)?.brokers().ok()
}
