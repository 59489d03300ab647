//! Records as they are, for programs that make their own: simulators, gateways, tests.

use fleet_core::{EventTime, Result};
use rdkafka::{error::KafkaError as ClientError, message::OwnedHeaders};

use super::{
    config,
    options::KafkaSinkOptions,
    producer::{Outgoing, Producer},
};

/// Produces records whose keys and values are given as bytes.
///
/// # Guarantees
/// Records of a key are produced in the order of the calls, to the partition that Java's clients
/// choose for it. After [`flush`](Self::flush) all are on all replicas in sync.
///
/// # Examples
/// ```no_run
/// use fleet_sinks::kafka::{KafkaProducer, KafkaSinkOptions};
/// # async fn example() -> fleet_core::Result<()> {
/// let mut to = KafkaProducer::open("localhost:9092", "telemetry", &KafkaSinkOptions::default())?;
/// to.send(Some(b"car-1"), br#"{"vehicle_id":"car-1"}"#, None).await?;
/// to.flush().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct KafkaProducer {
    producer: Producer,
    topic: String,
    /// Handed over since the last flush.
    waiting: u32,
    /// The fates of those that are known, also if a flush was dropped.
    reports: Vec<(u32, Option<ClientError>)>,
}

impl KafkaProducer {
    /// Opens a topic to produce to. The brokers are first asked by a record.
    ///
    /// # Errors
    /// Refuses what [`KafkaSink::open`](super::KafkaSink::open) refuses.
    pub fn open(brokers: &str, topic: &str, options: &KafkaSinkOptions) -> Result<Self> {
        Ok(Self {
            producer: Producer::open(&config::producer(brokers, options)?)?,
            topic: topic.to_owned(),
            waiting: 0,
            reports: Vec::new(),
        })
    }

    /// Hands a record over, which is sent with others. Waits while a million wait. Without a time
    /// the record has the time of its sending.
    ///
    /// # Errors
    /// Returns an error if the record is too large.
    pub async fn send(
        &mut self,
        key: Option<&[u8]>,
        value: &[u8],
        at: Option<EventTime>,
    ) -> Result<()> {
        if self.waiting == u32::MAX {
            self.flush().await?;
        }
        let record = Outgoing {
            topic: &self.topic,
            key,
            value: Some(value),
            at,
            headers: OwnedHeaders::new(),
        };
        if let Err(cause) = self.producer.send(self.waiting, record).await {
            return Err(self.producer.failed(&self.topic, cause).await);
        }
        self.waiting += 1;
        Ok(())
    }

    /// Waits until every record is durable. A call that was dropped is repeated by the next one.
    ///
    /// # Errors
    /// Returns the first error of a record that is not. Which of the others are is unknown.
    pub async fn flush(&mut self) -> Result<()> {
        let missing = (self.waiting as usize).saturating_sub(self.reports.len());
        self.producer.collect(missing, &mut self.reports).await;
        let failed = std::mem::take(&mut self.reports);
        let failed = failed.into_iter().find_map(|(_, cause)| cause);
        self.waiting = 0;
        self.producer.begin();
        match failed {
            Some(cause) => Err(self.producer.failed(&self.topic, cause).await),
            None => Ok(()),
        }
    }
}
