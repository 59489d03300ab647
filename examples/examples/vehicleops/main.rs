//! VehicleOps on Apache Kafka: people send commands, a simulated fleet obeys them, and its
//! telemetry is processed, all by topics.
//!
//! ```text
//! desk -> fleet.commands -> fleet -> fleet.telemetry.raw -> backend -> fleet.telemetry.processed
//!                  |          |                                   `--> fleet.alerts.triggered
//!                  |          |-> fleet.missions.events
//!                  |          `-> fleet.commands.status
//!                  `-> command log <-'
//! ```
//!
//! Fleet, backend and log are one pipeline each, exactly once: first with PostgreSQL, whose outbox
//! a relay brings to the topics, and then with `KafkaStore` and no database. Fleet and backend are
//! interrupted once in the middle. Plain loops over what is in the topics afterwards check that
//! - each command ends once, as `EXECUTED` or `FAILED`, although some are sent twice, late, or to
//!   nobody, and that telemetry shows what was executed;
//! - missions add up: each goes through its events in order and reaches as many waypoints as it was
//!   assigned, or ends early for a reason;
//! - alerts are those of the telemetry, numbered for each vehicle, and each raw event is processed
//!   once, for a reader of committed records;
//! - no command came from anybody but the desk: a rule never commands a vehicle.
//!
//! `cargo xtask example vehicleops` starts both servers; otherwise the example uses
//! `KAFKA_BOOTSTRAP_SERVERS` and `FLEET_POSTGRES_URL`. The topics and the group of the backend have
//! the variables of the original: `KAFKA_TELEMETRY_TOPIC`, `KAFKA_COMMANDS_TOPIC`,
//! `KAFKA_ALERTS_TOPIC`, `KAFKA_MISSIONS_TOPIC`, `KAFKA_CONSUMER_GROUP`. Each run appends a number
//! to them, because a topic may hold what an earlier run produced.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

mod backend;
mod check;
mod desk;
mod fleet;
mod log;
mod missions;
mod pipeline;
mod processed;
mod run;
mod shift;
mod store;
mod topics;

use std::{error::Error, time::Duration};

use fleet_examples::kafka;
use store::Stores;
use topics::{Reader, Topics};

/// How long all of it may take: who waits for what is lost would wait for ever. Our choice: many
/// times what it takes.
const PATIENCE: Duration = Duration::from_secs(300);

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Fallible<()> {
    let brokers = kafka::brokers()?;
    let mut told = Vec::new();
    for store in ["PostgreSQL", "Kafka"] {
        let topics = Topics::make(&brokers).await?;
        let stores = match store {
            "Kafka" => Stores::kafka(&brokers, &topics).await?,
            _ => Stores::postgres().await?,
        };
        let run = Box::pin(everything(&brokers, &topics, &stores));
        let run = tokio::time::timeout(PATIENCE, run).await;
        stores.remove().await?;
        let run = run.map_err(|_| format!("{store}: something is missing after {PATIENCE:?}"))?;
        told.push(format!("{store}: {}", run?));
    }
    println!("vehicleops: ok ({})", told.join("; "));
    Ok(())
}

async fn everything(brokers: &str, topics: &Topics, stores: &Stores) -> Fallible<String> {
    let sent = desk::commands(topics.start)?;
    let read = Reader { brokers, topics };
    // The desk goes on sending while the fleet drives and the backend processes.
    let ((), raw, ()) = tokio::try_join!(
        desk::send(brokers, topics, &sent),
        run::fleet_and_backend(brokers, topics, stores, sent.len() as u64),
        log::run(brokers, topics, stores, &sent),
    )?;
    let read = read.all().await?;
    assert_eq!(
        read.raw.len() as u64,
        raw,
        "the fleet's own count of its telemetry"
    );
    check::commands(&sent, &read)?;
    check::log(&sent, &stores.log_lines().await?);
    let missions = missions::add_up(&read)?;
    let alerts = processed::check(&read)?;
    let outcomes = read.outcomes.len();
    Ok(format!(
        "{} events processed once, {alerts} alerts, {outcomes} commands ended once, {missions}",
        read.processed.len()
    ))
}
