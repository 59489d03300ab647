//! Reads a partition of a changelog, up to the end that it has now.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use fleet_core::Result;
use rdkafka::{
    ClientConfig, Message, Offset as At, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError as ClientError, RDKafkaErrorCode as Code},
    metadata::MetadataTopic,
};

use super::error::StoreError;
use crate::kafka::contact::now;

/// How often an open transaction is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How long one wait for records takes.
const POLL: Duration = Duration::from_millis(100);
/// How often a wait and the progress of a restore are told. Our choice.
const TELL: Duration = Duration::from_secs(2);

/// Reads a topic without being a member of a group.
pub(super) struct Reader<'a> {
    topic: &'a str,
    /// How long brokers may say nothing.
    timeout: Duration,
    /// Whether nobody waits for the answer any more.
    given_up: &'a AtomicBool,
    /// Reads what is committed.
    committed: BaseConsumer,
    /// Knows the end behind transactions that are open.
    all: BaseConsumer,
}

/// A record of a changelog.
pub(super) struct Found<'a> {
    pub(super) offset: i64,
    pub(super) key: &'a [u8],
    /// `None` deletes the key.
    pub(super) value: Option<&'a [u8]>,
}

impl Reader<'_> {
    pub(super) fn open<'a>(
        config: &ClientConfig,
        topic: &'a str,
        timeout: Duration,
        given_up: &'a AtomicBool,
    ) -> Result<Reader<'a>> {
        Ok(Reader {
            topic,
            timeout,
            given_up,
            committed: client(config, "read_committed")?,
            all: client(config, "read_uncommitted")?,
        })
    }

    /// The number of partitions; 0 if the topic is not there.
    pub(super) fn partitions(&self) -> Result<i32> {
        let asked = self
            .committed
            .fetch_metadata(Some(self.topic), self.timeout);
        let metadata = asked.map_err(|cause| self.failed("look at", cause))?;
        let found = metadata.topics().first();
        if let Some(code) = found.and_then(MetadataTopic::error) {
            return match Code::from(code) {
                Code::UnknownTopicOrPartition | Code::UnknownTopic => Ok(0),
                code => Err(self.failed("look at", ClientError::MetadataFetch(code))),
            };
        }
        let there = found.map_or(0, |topic| topic.partitions().len());
        Ok(i32::try_from(there).unwrap_or(i32::MAX))
    }

    /// Passes every committed record of a partition to `visit`, in order. Waits first until every
    /// transaction that is open there now has ended.
    pub(super) fn read(
        &self,
        number: i32,
        mut visit: impl FnMut(Found<'_>) -> Result<()>,
    ) -> Result<()> {
        let (end, consumer) = (self.end(&self.all, number)?, &self.committed);
        self.wait_for_transactions(number, end)?;
        let mut list = TopicPartitionList::new();
        let added = list.add_partition_offset(self.topic, number, At::Beginning);
        let assigned = added.and_then(|()| consumer.assign(&list));
        assigned.map_err(|cause| self.failed("read", cause))?;
        let (mut heard, mut told, mut count) = (now(), now(), 0_u64);
        loop {
            self.check()?;
            match consumer.poll(POLL) {
                Some(Ok(message)) => {
                    visit(Found {
                        offset: message.offset(),
                        key: message.key().unwrap_or_default(),
                        value: message.payload(),
                    })?;
                    count += 1;
                    heard = now();
                    if count.is_multiple_of(1024) && heard >= told + TELL {
                        told = heard;
                        let (topic, at) = (self.topic, message.offset());
                        tracing::info!(topic, number, at, end, "restores");
                    }
                }
                // Everything that was committed when the transactions had ended.
                Some(Err(ClientError::PartitionEOF(_))) => return Ok(()),
                Some(Err(cause)) if !is_passing(&cause) || now() >= heard + self.timeout => {
                    return Err(self.failed("read", cause));
                }
                None if now() >= heard + self.timeout => {
                    let cause = ClientError::MessageConsumption(Code::OperationTimedOut);
                    return Err(self.failed("read", cause));
                }
                Some(Err(_)) | None => {}
            }
        }
    }

    /// Waits until no transaction is open before this end. Brokers end one whose process died when
    /// its time is over.
    fn wait_for_transactions(&self, number: i32, end: i64) -> Result<()> {
        let (since, mut told) = (now(), now());
        loop {
            self.check()?;
            let stable = self.end(&self.committed, number)?;
            if stable >= end {
                return Ok(());
            }
            if now() >= told + TELL {
                told = now();
                let seconds = since.elapsed().as_secs();
                tracing::warn!(
                    topic = self.topic,
                    number,
                    stable,
                    end,
                    "waits for an open transaction, for {seconds} s so far"
                );
            }
            thread::sleep(LOOK);
        }
    }

    /// The end of a partition, as this client may read it. A partition that was just made has no
    /// leader yet.
    fn end(&self, consumer: &BaseConsumer, number: i32) -> Result<i64> {
        let until = now() + self.timeout;
        loop {
            self.check()?;
            match consumer.fetch_watermarks(self.topic, number, self.timeout) {
                Ok((_, end)) => return Ok(end),
                Err(cause) if is_passing(&cause) && now() < until => thread::sleep(LOOK),
                Err(cause) => return Err(self.failed("ask for the end of", cause)),
            }
        }
    }

    /// Ends the work if nobody waits for it.
    fn check(&self) -> Result<()> {
        if self.given_up.load(Ordering::Relaxed) {
            return Err(StoreError::Ended.into());
        }
        Ok(())
    }

    fn failed(&self, doing: &str, cause: ClientError) -> fleet_core::Error {
        let topic = self.topic;
        StoreError::client(format!("{doing} the changelog {topic}"), cause)
    }
}

fn client(config: &ClientConfig, isolation: &str) -> Result<BaseConsumer> {
    let mut config = config.clone();
    config.set("isolation.level", isolation);
    let made = config.create();
    made.map_err(|cause| crate::kafka::config::refused(&cause))
}

/// Whether the client tries again by itself.
fn is_passing(cause: &ClientError) -> bool {
    use Code as C;
    matches!(
        cause.rdkafka_error_code(),
        Some(
            C::BrokerTransportFailure
                | C::AllBrokersDown
                | C::Resolve
                | C::OperationTimedOut
                | C::LeaderNotAvailable
                | C::NotLeaderForPartition
                | C::UnknownTopicOrPartition
                | C::UnknownPartition
        )
    )
}

/// The id of the cluster of these brokers.
pub(super) fn cluster(config: &ClientConfig, timeout: Duration) -> Result<String> {
    let consumer = client(config, "read_committed")?;
    let silent = ClientError::MetadataFetch(Code::OperationTimedOut);
    let found = consumer.client().fetch_cluster_id(timeout);
    found.ok_or_else(|| StoreError::client("ask for the id of the cluster", silent))
}

/// The properties of a reader.
pub(super) fn properties(base: &ClientConfig, group: &str) -> ClientConfig {
    let mut config = base.clone();
    config.set_log_level(RDKafkaLogLevel::Warning);
    for (name, value) in [
        // It never joins: the client wants a name, and brokers may ask who is allowed to use it.
        ("group.id", group),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "error"),
        ("enable.partition.eof", "true"),
        ("check.crcs", "true"),
        // Half a second otherwise, at the end of each partition.
        ("fetch.wait.max.ms", "10"),
        ("allow.auto.create.topics", "false"),
    ] {
        config.set(name, value);
    }
    config
}
