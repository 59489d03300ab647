//! Topics of Apache Kafka as a sink, as a store, and [as code](topics).
//!
//! A [`KafkaStore`] keeps state, positions and results in one transaction. With a [`KafkaSink`]
//! rows are produced before the position is committed, at least once: after a crash those since the
//! last commit are produced again. A [`Relay`] produces what a store has committed: the messages of
//! its [outbox](crate::outbox), or its dead letters.

mod config;
mod contact;
mod context;
mod error;
mod options;
mod probe;
mod producer;
mod records;
mod relay;
mod reports;
mod security;
mod sink;
mod store;
#[cfg(test)]
pub(crate) mod test_topic;
#[cfg(test)]
mod tests;
pub mod topics;

pub use options::{Compression, KafkaSinkOptions};
pub use records::KafkaProducer;
pub use relay::{Relay, RelayOptions, RelayStatus, Step, TopicCounts};
pub use security::{Login, Mechanism, Security};
pub use sink::KafkaSink;
pub use store::{Differing, KafkaStore, KafkaStoreOptions, KafkaTopic, KafkaTx};
