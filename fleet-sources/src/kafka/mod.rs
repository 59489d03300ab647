//! Topics of Apache Kafka, read as a member of a consumer group.
//!
//! One thread polls the client, always, and moves records into batches; the source hands them to
//! the pipeline. Both meet in `shared`.
//!
//! | file | holds |
//! |---|---|
//! | `records` | the payload: records with key, value, time and headers |
//! | `decode` | values to events by any dialect, and the check of keys |
//! | `options` `config` `error` | what the user says, and the client takes or refuses |
//! | `security` | TLS and logins |
//! | `shared` | events, partitions and batches between the thread and the source |
//! | `contact` `probe` | refusals, until the brokers have let us in |
//! | `context` | what the client calls back: rebalances above all |
//! | `begin` `asker` | where a partition begins, and the client that asks for it |
//! | `partitions` | how many partitions of a topic the group reads |
//! | `member` | the membership, for a store that commits under the fence of the group |
//! | `lag` | the lag in time |
//! | `poller` | the thread |
//! | `topic_lag` | how far positions in a store are behind, without joining the group |
//! | `source` | the contract of a source |
//! | `zip` | several topics as one log |

mod asker;
mod begin;
mod config;
mod contact;
mod context;
mod decode;
mod error;
mod lag;
mod member;
mod options;
mod partitions;
mod poller;
mod probe;
mod records;
mod security;
mod shared;
mod source;
#[cfg(test)]
mod tests;
mod topic_lag;
mod zip;

pub use decode::{KafkaDecoder, KeyCheck, TenantCheck};
pub use options::{AddedPartitions, KafkaOptions, Protocol, StartAt};
pub use records::{KafkaRecord, KafkaRecords};
pub use security::{Login, Mechanism, Security};
pub use source::KafkaSource;
pub use topic_lag::{TopicLag, topic_lag};
pub use zip::{ZipOptions, zip_topics};
