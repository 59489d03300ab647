//! Stores to relay from, and messages for them.

use std::{collections::BTreeMap, time::Duration};

use fleet_core::{EventTime, checkpoint::CheckpointStore};

use super::super::{
    super::{
        KafkaSinkOptions,
        test_topic::{Read, Topic},
    },
    Relay, RelayOptions,
};
use crate::outbox::{Backlog, OutboxMessage};

/// How long a relay that crashed keeps others waiting.
#[cfg(feature = "sqlite")]
const CRASH_LEASE: Duration = Duration::from_secs(2);

/// A store of either kind.
pub(super) trait Store: CheckpointStore {
    type Backlog: Backlog + 'static;

    async fn put(&mut self, messages: &[OutboxMessage]);
    fn outbox_backlog(&self) -> Self::Backlog;
    /// For relays that are dropped like processes that die: others need not wait for long. An owner
    /// that the machine holds up for longer may be replaced, so counts may differ.
    fn crashing_backlog(&self) -> Self::Backlog {
        self.outbox_backlog()
    }
    fn dead_letter_backlog(&self, topic: &str) -> Self::Backlog;
}

#[cfg(feature = "sqlite")]
impl Store for crate::SqliteStore {
    type Backlog = crate::sqlite::SqliteBacklog;

    async fn put(&mut self, messages: &[OutboxMessage]) {
        let tx = self.begin().await.unwrap();
        self.put_in_outbox(&tx, messages).unwrap();
        self.commit(tx, &[]).await.unwrap();
    }
    fn outbox_backlog(&self) -> Self::Backlog {
        self.outbox_backlog().unwrap()
    }
    fn crashing_backlog(&self) -> Self::Backlog {
        let lease = CRASH_LEASE;
        self.outbox_backlog().unwrap().with_lease(lease)
    }
    fn dead_letter_backlog(&self, topic: &str) -> Self::Backlog {
        self.dead_letter_backlog(topic).unwrap()
    }
}

#[cfg(feature = "postgres")]
impl Store for crate::PostgresStore {
    type Backlog = crate::postgres::PostgresBacklog;

    async fn put(&mut self, messages: &[OutboxMessage]) {
        let tx = self.begin().await.unwrap();
        self.put_in_outbox(&tx, messages).await.unwrap();
        self.commit(tx, &[]).await.unwrap();
    }
    fn outbox_backlog(&self) -> Self::Backlog {
        self.outbox_backlog()
    }
    fn dead_letter_backlog(&self, topic: &str) -> Self::Backlog {
        self.dead_letter_backlog(topic).unwrap()
    }
}

/// Runs functions of a store as tests, with each kind of store.
macro_rules! with_each_store {
    ($($name:ident)*) => {$(
        mod $name {
            #[cfg(feature = "sqlite")]
            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("fleet.db");
                super::$name(crate::SqliteStore::open(path, "demo").unwrap()).await;
            }

            #[cfg(feature = "postgres")]
            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                let Some(scratch) = crate::testing::postgres::Scratch::new().await else {
                    return;
                };
                let options = crate::postgres::PostgresOptions {
                    pool_size: 8,
                    ..Default::default()
                };
                let database = scratch.open_with(options).await;
                let store = crate::PostgresStore::open(&database, "demo").await.unwrap();
                super::$name(store).await;
            }
        }
    )*};
}
pub(super) use with_each_store;

/// Options with which tests need not wait.
pub(super) fn fast() -> RelayOptions {
    RelayOptions {
        messages: 50,
        poll: Duration::from_millis(20),
        ..RelayOptions::default()
    }
}

pub(super) fn kafka() -> KafkaSinkOptions {
    let mut options = KafkaSinkOptions {
        timeout: Duration::from_secs(20),
        ..KafkaSinkOptions::default()
    };
    // How long a topic that is not there is looked for.
    let property = ("topic.metadata.propagation.max.ms", "1000");
    let (name, value) = property;
    options.properties.insert(name.into(), value.into());
    options
}

pub(super) fn relay<S: Store>(store: &S, brokers: &str) -> Relay<S::Backlog> {
    Relay::open(brokers, store.outbox_backlog(), &kafka(), fast()).unwrap()
}

pub(super) fn crashing_relay<S: Store>(store: &S, brokers: &str) -> Relay<S::Backlog> {
    let mut kafka = kafka();
    // Below the lease.
    kafka.timeout = Duration::from_millis(1500);
    Relay::open(brokers, store.crashing_backlog(), &kafka, fast()).unwrap()
}

/// Messages of five keys in turn, by their numbers.
pub(super) fn numbered(topic: &str, numbers: std::ops::Range<u32>) -> Vec<OutboxMessage> {
    let at = EventTime::from_micros(1_700_000_000_123_456);
    let message = |n| OutboxMessage::new(topic, format!("car-{}", n % 5), at, format!("{n}"));
    numbers.map(message).collect()
}

/// The values of each key in the order of the topic, of those that have the same id the first.
pub(super) fn first_copies(read: &[Read]) -> BTreeMap<String, Vec<String>> {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut ids = std::collections::BTreeSet::new();
    for record in read {
        if ids.insert(record.header("content-id").unwrap().to_owned()) {
            let of_key = values.entry(record.key.clone().unwrap()).or_default();
            of_key.push(record.value.clone());
        }
    }
    values
}

/// Asserts that the topic has the messages of [`numbered`], the first copies of each key in order.
/// Returns how many records it has.
pub(super) fn assert_numbered(topic: &Topic, count: u32) -> u64 {
    let records = topic.count();
    let read = topic.read(usize::try_from(records).unwrap());
    let expected = numbered("", 0..count).into_iter();
    let mut by_key: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in expected {
        let text = |bytes: Option<Vec<u8>>| String::from_utf8(bytes.unwrap()).unwrap();
        let of_key = by_key.entry(text(message.key)).or_default();
        of_key.push(text(message.value));
    }
    assert_eq!(first_copies(&read), by_key);
    records
}
