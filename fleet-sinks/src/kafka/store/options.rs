//! Options of the store.

use std::time::Duration;

use crate::kafka::options::KafkaSinkOptions;

/// The largest value of a record of the changelog. Our choice: below the 1,048,588 bytes that
/// brokers take by default (`message.max.bytes`), and the 1,000,000 of the client.
const ENTRY_BYTES: usize = 900_000;

/// What happens if the group keeps another position of a partition than the changelog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Differing {
    /// The claim is refused: somebody reset the group, or deleted it, or its positions expired, and
    /// has to say what is meant.
    #[default]
    Refuse,
    /// The changelog counts. The next commit sets the position of the group.
    TakeChangelog,
}

/// Options of a [`KafkaStore`](super::KafkaStore).
///
/// # Examples
/// ```
/// use fleet_sinks::kafka::KafkaStoreOptions;
/// let options = KafkaStoreOptions { replication: Some(3), ..KafkaStoreOptions::default() };
/// assert_eq!(options.entry_bytes, 900_000);
/// ```
#[derive(Clone, Debug)]
pub struct KafkaStoreOptions {
    /// How to reach the brokers, and how records are compressed. Its
    /// [`timeout`](KafkaSinkOptions::timeout) bounds each call; a transaction takes at most as long
    /// as the session of the member lasts.
    pub sink: KafkaSinkOptions,
    /// What happens if the group keeps another position than the changelog. Default:
    /// [`Differing::Refuse`].
    pub differing: Differing,
    /// The number of brokers that hold each partition of the changelog and of the dead letters.
    /// Default: that of the brokers.
    pub replication: Option<u16>,
    /// The largest value of a record of the changelog, in bytes; a state that is larger is split.
    /// At most the `max.message.bytes` of the topic, less a few hundred. Default: 900,000.
    pub entry_bytes: usize,
}

impl Default for KafkaStoreOptions {
    fn default() -> Self {
        Self {
            sink: KafkaSinkOptions::default(),
            differing: Differing::Refuse,
            replication: None,
            entry_bytes: ENTRY_BYTES,
        }
    }
}

impl KafkaStoreOptions {
    pub(super) fn timeout(&self) -> Duration {
        self.sink.timeout
    }
}
