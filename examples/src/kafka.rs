//! What the examples over Apache Kafka share: events in, and knowing when all were read.

use std::time::{Duration, SystemTime};

use fleet_core::{Error, ErrorKind, EventTime, Order, Result, pipeline::Health};
use fleet_sinks::kafka::{
    KafkaProducer, KafkaSinkOptions,
    topics::{self, Topic},
};
use tokio::sync::watch;

/// The brokers that `KAFKA_BOOTSTRAP_SERVERS` names, as in the systems that the examples rebuild.
///
/// # Errors
/// Says how to start a broker, if it names none.
pub fn brokers() -> Result<String> {
    std::env::var("KAFKA_BOOTSTRAP_SERVERS").map_err(|_| {
        let message = "KAFKA_BOOTSTRAP_SERVERS is not set: `cargo xtask services up kafka` starts a \
                       broker, and `cargo xtask example NAME` one for the example";
        Error::new(ErrorKind::Config, message)
    })
}

/// What was produced.
#[derive(Clone, Copy, Debug)]
pub struct Produced {
    /// Before the first record. A topic may hold what an earlier run produced.
    pub since: EventTime,
    /// How many there are.
    pub records: u64,
}

/// Makes a topic if it is missing, or else checks it, and produces each line to it, under the key
/// of its vehicle.
///
/// # Errors
/// Refuses a topic with other settings, and lines without a vehicle; returns an error if a record
/// is not durable.
pub async fn produce(brokers: &str, topic: &Topic, lines: &str) -> Result<Produced> {
    let options = KafkaSinkOptions::default();
    topics::ensure(brokers, std::slice::from_ref(topic), &options).await?;
    let mut producer = KafkaProducer::open(brokers, &topic.name, &options)?;
    let mut produced = Produced {
        since: now(),
        records: 0,
    };
    for line in lines.lines() {
        let event: serde_json::Value = serde_json::from_str(line).map_err(|cause| {
            Error::new(ErrorKind::Source, format!("no event: {line}")).because(cause)
        })?;
        let vehicle = event.get("vehicle_id").and_then(serde_json::Value::as_str);
        let vehicle = vehicle
            .ok_or_else(|| Error::new(ErrorKind::Source, format!("of no vehicle: {line}")))?;
        let (key, value) = (vehicle.as_bytes(), line.as_bytes());
        producer.send(Some(key), value, None).await?;
        produced.records += 1;
    }
    producer.flush().await?;
    Ok(produced)
}

#[expect(clippy::disallowed_methods, reason = "records have real times")]
fn now() -> EventTime {
    EventTime::from(SystemTime::now())
}

/// Rows are computed as they come, because one producer sends the events of each vehicle in order.
/// At the end of a topic nothing follows that would release rows that wait.
pub fn as_sent() -> Order {
    Order {
        out_of_orderness: Duration::ZERO,
        ..Order::default()
    }
}

/// Waits until a pipeline has read this many records, or has ended. A topic has no end, so an
/// example stops when it has seen what it produced.
pub async fn all_read(mut health: watch::Receiver<Health>, records: u64) {
    // An error means that the pipeline is gone, and its own result says why.
    let _ = health.wait_for(|health| health.read() >= records).await;
}
