//! A topic of its own, and what is in it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    time::Duration,
};

use fleet_sources::{KafkaOptions, KafkaSource, StartAt};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    producer::{BaseProducer, BaseRecord, Producer},
};

/// As in the measurements of the client alone.
pub(super) const PARTITIONS: i32 = 4;

/// A topic on the broker of the bench.
pub(super) struct Topic {
    pub(super) brokers: String,
    pub(super) name: String,
    pub(super) records: u32,
}

impl Topic {
    /// A new topic without records.
    pub(super) fn new(brokers: &str) -> Self {
        let topic = Self {
            brokers: brokers.to_owned(),
            name: unique("bench"),
            records: 0,
        };
        let admin: AdminClient<DefaultClientContext> = topic.config().create().unwrap();
        let new = NewTopic::new(&topic.name, PARTITIONS, TopicReplication::Fixed(1));
        let made = runtime().block_on(admin.create_topics([&new], &AdminOptions::new()));
        made.unwrap().remove(0).unwrap();
        topic
    }

    /// A new topic with a record for each line of a file, keyed by vehicle.
    pub(super) fn filled(brokers: &str, lines: &Path) -> Self {
        let mut topic = Self::new(brokers);
        let producer = topic.producer("5");
        for line in BufReader::new(std::fs::File::open(lines).unwrap()).lines() {
            let line = line.unwrap();
            let vehicle = line.split('"').nth(3).unwrap();
            let record = || BaseRecord::to(&topic.name).key(vehicle).payload(&line);
            while producer.send(record()).is_err() {
                producer.poll(Duration::from_millis(10));
            }
            producer.poll(Duration::ZERO);
            topic.records += 1;
        }
        producer.flush(Duration::from_secs(120)).unwrap();
        topic
    }

    pub(super) fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.brokers);
        config
    }

    /// A producer that waits this many milliseconds for more.
    pub(super) fn producer(&self, linger: &str) -> BaseProducer {
        self.producer_with(linger, "none")
    }

    /// The same with compression.
    pub(super) fn producer_with(&self, linger: &str, compression: &str) -> BaseProducer {
        let mut config = self.config();
        config.set("enable.idempotence", "true").set("acks", "all");
        config.set("compression.type", compression);
        config.set("linger.ms", linger).create().unwrap()
    }

    /// A source over the topic, in a group of its own.
    pub(super) fn source(&self) -> KafkaSource {
        let (group, names) = (unique("group"), [&*self.name]);
        let options = KafkaOptions::default();
        KafkaSource::open(&self.brokers, &group, names, StartAt::Earliest, options).unwrap()
    }
}

pub(super) fn unique(what: &str) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{what}-{}-{number}", std::process::id())
}

pub(super) fn runtime() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread();
    { runtime }.enable_all().build().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
pub(super) fn now() -> std::time::Instant {
    std::time::Instant::now()
}
