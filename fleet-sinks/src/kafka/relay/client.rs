//! The client of a relay: one that never lets a record overtake an earlier one.

use std::time::Duration;

use fleet_core::Result;
use rdkafka::ClientConfig;

use super::super::{config, options::KafkaSinkOptions, producer::Producer};

/// What the order of a key depends on. These win over properties of the user.
const ORDERED: [(&str, &str); 5] = [
    ("acks", "all"),
    ("enable.idempotence", "true"),
    // A broker may accept what follows a refused batch, of a producer that it does not know yet.
    ("max.in.flight.requests.per.connection", "1"),
    // Else the client goes on after a batch that a topic refuses.
    ("enable.gapless.guarantee", "true"),
    // None expires: a later one could be sent after that. The relay has its own deadline, and drops
    // the client then.
    ("delivery.timeout.ms", "0"),
];
/// Other names of the same properties.
const ALIASES: [&str; 3] = [
    "request.required.acks",
    "max.in.flight",
    "message.timeout.ms",
];
/// How long a topic may be unknown before its messages fail, in milliseconds. Our choice: a new
/// topic is known to all brokers within a second, and a page with a missing one takes so long.
const PROPAGATION: (&str, u128) = ("topic.metadata.propagation.max.ms", 2_000);

/// A client that is made anew after each failure: what it held is gone then, and all that is not
/// acknowledged is sent again in order.
#[derive(Debug)]
pub(super) struct Client {
    config: ClientConfig,
    producer: Option<Producer>,
    /// How long a broker may take to acknowledge a page.
    pub(super) timeout: Duration,
}

impl Client {
    /// Makes a client. It asks no broker yet.
    pub(super) fn open(brokers: &str, options: &KafkaSinkOptions) -> Result<Self> {
        let mut config = config::producer(brokers, options)?;
        let (name, most) = PROPAGATION;
        if !options.properties.contains_key(name) {
            // Well before the page fails as a whole, which would not say why.
            let millis = most.min(options.timeout.as_millis() / 4);
            config.set(name, millis.to_string());
        }
        for name in ALIASES {
            config.remove(name);
        }
        for (name, value) in ORDERED {
            config.set(name, value);
        }
        Ok(Self {
            producer: Some(Producer::open(&config)?),
            config,
            timeout: options.timeout,
        })
    }

    /// The producer, with a write begun.
    pub(super) fn begin(&mut self) -> Result<&Producer> {
        let producer = match self.producer.take() {
            Some(producer) => producer,
            None => Producer::open(&self.config)?,
        };
        let producer = self.producer.insert(producer);
        producer.begin();
        Ok(producer)
    }

    /// Drops the client, on another thread, because that waits for its threads. What is under way
    /// to a broker may still arrive there, before or between what is sent again.
    pub(super) fn retire(&mut self) {
        if let Some(producer) = self.producer.take() {
            drop(tokio::task::spawn_blocking(move || drop(producer)));
        }
    }
}
