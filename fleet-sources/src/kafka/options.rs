//! Options of the source: where to begin, how the group shares partitions, and bounds.

use std::{collections::BTreeMap, fmt, time::Duration};

use fleet_core::EventTime;

use super::security::Security;

/// Where a partition begins for which nothing was ever committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// At the oldest record that the topic still has.
    Earliest,
    /// At the next record that is produced. The group remembers where that was until the store
    /// does, so a restart loses nothing.
    Latest,
    /// At the first record with this timestamp or a later one.
    Time(EventTime),
    /// Nowhere: the run ends with an error, for pipelines that must never start afresh by accident.
    Refuse,
}

/// How the members of a group share the partitions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// Only the partitions that move are stopped.
    #[default]
    CooperativeSticky,
    /// All partitions are stopped at each change; neighbouring partitions stay together.
    Range,
    /// The broker decides (KIP-848). Needs Kafka 4; session and heartbeat are set on the broker.
    Consumer,
}

/// What happens with partitions that were added to a topic after its group began to read it.
///
/// A producer then sends some keys to other partitions than before. What the pipeline knows of them
/// stays with their old partition, so an operator with state would begin afresh for such a vehicle,
/// and have two states of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddedPartitions {
    /// They are not read, and [`Health`](fleet_core::pipeline::Health) names them; the others go
    /// on.
    #[default]
    Refuse,
    /// They are read from their beginning. For graphs without state.
    Take,
}

/// Options of a [`KafkaSource`](super::KafkaSource).
///
/// Printed for debugging, it names the properties but not their values, which may be passwords.
///
/// # Examples
/// ```
/// use fleet_sources::{KafkaOptions, Protocol, kafka::{Login, Mechanism, Security}};
/// let login = Login {
///     mechanism: Mechanism::ScramSha512,
///     user: "alerts".into(),
///     password: "secret".into(), // From a file or the environment, of course.
/// };
/// let options = KafkaOptions {
///     protocol: Protocol::Range,
///     security: Security::Tls { ca: Some("/etc/kafka/ca.pem".into()), login: Some(login) },
///     ..KafkaOptions::default()
/// };
/// assert!(!format!("{options:?}").contains("secret"));
/// ```
#[derive(Clone)]
pub struct KafkaOptions {
    /// How partitions are shared. Default: [`Protocol::CooperativeSticky`].
    pub protocol: Protocol,
    /// A name that this member keeps over restarts (static membership): a restart within the
    /// session timeout moves no partition. Default: none.
    pub instance: Option<String>,
    /// After how long without a sign of life a member is dropped. Default 10 s, our choice: three
    /// heartbeats may be lost. [`Protocol::Consumer`] takes it from the broker.
    pub session_timeout: Duration,
    /// How long a partition that moves may take to commit. Default 5 s, our choice: well within the
    /// session timeout.
    pub hand_over: Duration,
    /// The bytes of a batch: keys, values and headers, and about 100 for each record. Default
    /// 256 KiB, as chunks of files.
    pub batch_bytes: usize,
    /// The bytes that wait for the pipeline, for each partition: once here and once in the client.
    /// Default 4 MiB, our choice: what 600,000 small records a second are in a hundredth of one.
    pub buffer_bytes: usize,
    /// What happens with partitions that are added later. Default: [`AddedPartitions::Refuse`].
    pub added_partitions: AddedPartitions,
    /// How long a network call may take before a retryable error. Default 10 s, our choice.
    pub timeout: Duration,
    /// How long a topic may be unknown before that is an error. Default 60 s, our choice: longer
    /// than a broker takes to restart.
    pub unknown_topic: Duration,
    /// How connections are encrypted, and who logs in. Default: [`Security::Plaintext`].
    pub security: Security,
    /// Sends everything unencrypted to brokers on other machines. Default: refused.
    pub insecure_plaintext: bool,
    /// Further properties of librdkafka, such as `client.rack`. They win over all others.
    pub properties: BTreeMap<String, String>,
}

impl fmt::Debug for KafkaOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaOptions")
            .field("protocol", &self.protocol)
            .field("instance", &self.instance)
            .field("session_timeout", &self.session_timeout)
            .field("hand_over", &self.hand_over)
            .field("added_partitions", &self.added_partitions)
            .field("security", &self.security)
            .field("insecure_plaintext", &self.insecure_plaintext)
            .field("properties", &self.properties.keys())
            .finish_non_exhaustive()
    }
}

impl Default for KafkaOptions {
    fn default() -> Self {
        Self {
            protocol: Protocol::CooperativeSticky,
            instance: None,
            session_timeout: Duration::from_secs(10),
            hand_over: Duration::from_secs(5),
            batch_bytes: 256 << 10,
            buffer_bytes: 4 << 20,
            added_partitions: AddedPartitions::Refuse,
            timeout: Duration::from_secs(10),
            unknown_topic: Duration::from_secs(60),
            security: Security::Plaintext,
            insecure_plaintext: false,
            properties: BTreeMap::new(),
        }
    }
}
