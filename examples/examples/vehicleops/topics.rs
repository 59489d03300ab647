//! The topics of one run, and everything that is in them in the end.

use std::{env, time::Duration};

use fleet_core::EventTime;
use fleet_sinks::{
    kafka::{
        KafkaSinkOptions,
        topics::{self, Topic},
    },
    outbox::CONTENT_ID,
};
use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
    message::Headers,
};
use serde_json::Value;

use crate::{Fallible, shift};

/// How long the broker may take to answer. Our choice: a new one takes seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// The names of the topics of one run.
pub(crate) struct Topics {
    pub(crate) raw: String,
    pub(crate) processed: String,
    pub(crate) commands: String,
    pub(crate) alerts: String,
    pub(crate) missions: String,
    /// The outcomes of commands, which the original lacks.
    pub(crate) outcomes: String,
    /// When the shift of the fleet begins.
    pub(crate) start: EventTime,
    /// What tells them from those of other runs.
    suffix: String,
}

impl Topics {
    /// Makes the topics of the system, under names that no other run has.
    pub(crate) async fn make(brokers: &str) -> Fallible<Self> {
        let since = std::time::UNIX_EPOCH;
        #[expect(clippy::disallowed_methods, reason = "a name that no other run has")]
        let now = std::time::SystemTime::now().duration_since(since)?;
        let suffix = format!("-{}", now.as_millis());
        let mut made = topics::vehicleops();
        made.push(topics::vehicleops_outcomes());
        let variables = [
            Some("KAFKA_TELEMETRY_TOPIC"),
            None,
            Some("KAFKA_COMMANDS_TOPIC"),
            Some("KAFKA_ALERTS_TOPIC"),
            Some("KAFKA_MISSIONS_TOPIC"),
            None,
        ];
        for (topic, variable) in made.iter_mut().zip(variables) {
            let name = variable.and_then(|name| env::var(name).ok());
            topic.name = name.unwrap_or_else(|| topic.name.clone()) + &suffix;
        }
        topics::ensure(brokers, &made, &KafkaSinkOptions::default()).await?;
        let mut names = made.into_iter().map(|topic: Topic| topic.name);
        let mut next = || names.next().ok_or("a topic is missing");
        Ok(Self {
            raw: next()?,
            processed: next()?,
            commands: next()?,
            alerts: next()?,
            missions: next()?,
            outcomes: next()?,
            start: shift::before(now),
            suffix,
        })
    }

    /// The name of a group of readers of this run.
    pub(crate) fn group(&self, name: &str) -> String {
        format!("{name}{}", self.suffix)
    }
}

/// A record of a topic.
pub(crate) struct Record {
    pub(crate) key: String,
    pub(crate) id: String,
    pub(crate) value: Value,
}

impl Record {
    /// A text of the value.
    pub(crate) fn text(&self, key: &str) -> Fallible<&str> {
        let text = self.value.get(key).and_then(Value::as_str);
        text.ok_or_else(|| format!("no text {key}: {}", self.value).into())
    }
    /// A number of the value.
    pub(crate) fn number(&self, key: &str) -> Fallible<f64> {
        let number = self.value.get(key).and_then(Value::as_f64);
        number.ok_or_else(|| format!("no number {key}: {}", self.value).into())
    }
}

/// All committed records of the topics, each topic by partition in its order.
pub(crate) struct Read {
    pub(crate) raw: Vec<Record>,
    pub(crate) processed: Vec<Record>,
    pub(crate) commands: Vec<Record>,
    pub(crate) alerts: Vec<Record>,
    pub(crate) missions: Vec<Record>,
    pub(crate) outcomes: Vec<Record>,
}

/// Reads topics to their ends.
pub(crate) struct Reader<'a> {
    pub(crate) brokers: &'a str,
    pub(crate) topics: &'a Topics,
}

impl Reader<'_> {
    pub(crate) async fn all(&self) -> Fallible<Read> {
        let names = self.topics;
        Ok(Read {
            raw: self.topic(&names.raw).await?,
            processed: self.topic(&names.processed).await?,
            commands: self.topic(&names.commands).await?,
            alerts: self.topic(&names.alerts).await?,
            missions: self.topic(&names.missions).await?,
            outcomes: self.topic(&names.outcomes).await?,
        })
    }

    async fn topic(&self, name: &str) -> Fallible<Vec<Record>> {
        committed(self.brokers, name).await
    }
}

/// All committed records of a topic, by partition in their order.
pub(crate) async fn committed(brokers: &str, name: &str) -> Fallible<Vec<Record>> {
    let (brokers, name) = (brokers.to_owned(), name.to_owned());
    tokio::task::spawn_blocking(move || read_committed(&brokers, &name)).await?
}

fn read_committed(brokers: &str, name: &str) -> Fallible<Vec<Record>> {
    let mut config = ClientConfig::new();
    for (property, value) in [
        ("bootstrap.servers", brokers),
        ("group.id", "vehicleops-check"),
        ("enable.auto.commit", "false"),
        ("isolation.level", "read_committed"),
        ("enable.partition.eof", "true"),
    ] {
        config.set(property, value);
    }
    let consumer: BaseConsumer = config.create()?;
    let all: BaseConsumer = config.set("isolation.level", "read_uncommitted").create()?;
    let metadata = consumer.fetch_metadata(Some(name), PATIENCE)?;
    let topic = metadata.topics().first().ok_or("the topic is gone")?;
    let mut list = TopicPartitionList::new();
    for partition in topic.partitions() {
        let end = |of: &BaseConsumer| of.fetch_watermarks(name, partition.id(), PATIENCE);
        // A commit is answered before each partition has heard of it.
        while end(&consumer)?.1 < end(&all)?.1 {
            std::thread::sleep(Duration::from_millis(5));
        }
        list.add_partition_offset(name, partition.id(), Offset::Beginning)?;
    }
    consumer.assign(&list)?;
    let (mut read, mut open) = (Vec::new(), topic.partitions().len());
    while open > 0 {
        match consumer.poll(PATIENCE) {
            Some(Ok(message)) => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let mut headers = message.headers().into_iter().flat_map(Headers::iter);
                let id = headers.find(|header| header.key == CONTENT_ID);
                read.push(Record {
                    key: message.key().map(text).unwrap_or_default(),
                    id: id.and_then(|id| id.value).map(text).unwrap_or_default(),
                    value: serde_json::from_slice(message.payload().unwrap_or_default())?,
                });
            }
            Some(Err(KafkaError::PartitionEOF(_))) => open -= 1,
            Some(Err(error)) => return Err(error.into()),
            None => return Err(format!("{name} is not read to its end in {PATIENCE:?}").into()),
        }
    }
    Ok(read)
}
