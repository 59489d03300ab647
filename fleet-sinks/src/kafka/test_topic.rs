//! Topics of the test broker.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use rdkafka::{
    ClientConfig, Message, Offset as At, TopicPartitionList,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode as Code},
    message::Headers,
};

/// The partitions of a topic.
pub(crate) const PARTITIONS: i32 = 3;

/// A topic of its own for a test.
pub(crate) struct Topic {
    pub(crate) brokers: String,
    pub(crate) name: String,
    consumer: BaseConsumer,
}

/// What a reader sees of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) partition: i32,
    pub(crate) key: Option<String>,
    pub(crate) value: String,
    pub(crate) millis: Option<i64>,
    pub(crate) headers: Vec<(String, String)>,
}

impl Read {
    fn of(message: &impl Message) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = message.headers().into_iter().flat_map(|all| all.iter());
        let headers = headers.map(|one| {
            let value = one.value.map(text).unwrap_or_default();
            (one.key.to_owned(), value)
        });
        Self {
            partition: message.partition(),
            key: message.key().map(text),
            value: message.payload().map(text).unwrap_or_default(),
            millis: message.timestamp().to_millis(),
            headers: headers.collect(),
        }
    }

    /// The first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| &**value)
    }
}

impl Topic {
    /// A topic with these settings. `None` without a broker to test with; the test is then reported
    /// as skipped.
    pub(crate) async fn new(prefix: &str, settings: &[(&str, &str)]) -> Option<Self> {
        let brokers = xtask::kafka::for_tests()?;
        Some(Self::at(brokers, &unused(prefix), settings).await)
    }

    /// A topic of this many partitions.
    pub(crate) async fn wide(prefix: &str, partitions: i32) -> Option<Self> {
        let brokers = xtask::kafka::for_tests()?;
        Some(Self::made(brokers, &unused(prefix), partitions, &[]).await)
    }

    /// The topic of this name on other brokers.
    pub(crate) async fn at(brokers: &str, name: &str, settings: &[(&str, &str)]) -> Self {
        Self::made(brokers, name, PARTITIONS, settings).await
    }

    /// A topic that is there.
    pub(crate) fn named(brokers: &str, name: &str) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", brokers);
        Self {
            brokers: brokers.to_owned(),
            name: name.to_owned(),
            consumer: config.set("group.id", name).create().unwrap(),
        }
    }

    async fn made(brokers: &str, name: &str, partitions: i32, settings: &[(&str, &str)]) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", brokers);
        let admin: AdminClient<DefaultClientContext> = config.create().unwrap();
        let new = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        let new = settings
            .iter()
            .fold(new, |new, (name, value)| new.set(name, value));
        let made = admin.create_topics([&new], &AdminOptions::new()).await;
        made.unwrap().remove(0).unwrap();
        Self::named(brokers, name)
    }

    /// The number of records.
    pub(crate) fn count(&self) -> u64 {
        let second = Duration::from_secs(10);
        let ends = (0..PARTITIONS)
            .map(|number| self.consumer.fetch_watermarks(&self.name, number, second));
        ends.map(|ends| {
            let (low, high) = ends.unwrap();
            (high - low).unsigned_abs()
        })
        .sum()
    }

    /// All records that are committed, by partition in their order.
    pub(crate) fn committed(&self) -> Vec<Read> {
        let mut config = ClientConfig::new();
        for (property, value) in [
            ("bootstrap.servers", &*self.brokers),
            ("group.id", &self.name),
            ("isolation.level", "read_committed"),
            ("enable.partition.eof", "true"),
            ("fetch.wait.max.ms", "10"),
        ] {
            config.set(property, value);
        }
        let consumer: BaseConsumer = config.create().unwrap();
        config.set("isolation.level", "read_uncommitted");
        let all: BaseConsumer = config.create().unwrap();
        let second = Duration::from_secs(10);
        let metadata = consumer.fetch_metadata(Some(&self.name), second).unwrap();
        let partitions = metadata.topics()[0].partitions().len();
        let mut list = TopicPartitionList::new();
        for number in 0..i32::try_from(partitions).unwrap() {
            // A commit is answered before each partition has heard of it.
            let end =
                |of: &BaseConsumer| of.fetch_watermarks(&self.name, number, second).unwrap().1;
            while end(&consumer) < end(&all) {
                std::thread::sleep(Duration::from_millis(5));
            }
            list.add_partition_offset(&self.name, number, At::Beginning)
                .unwrap();
        }
        consumer.assign(&list).unwrap();
        let (mut read, mut ended) = (Vec::new(), 0);
        while ended < partitions {
            match consumer.poll(Duration::from_secs(1)) {
                Some(Ok(message)) => read.push(Read::of(&message)),
                Some(Err(KafkaError::PartitionEOF(_))) => ended += 1,
                Some(Err(error)) => panic!("{error}"),
                None => {}
            }
        }
        read
    }

    /// The first records, by partition in their order.
    pub(crate) fn read(&self, count: usize) -> Vec<Read> {
        let mut list = TopicPartitionList::new();
        for number in 0..PARTITIONS {
            list.add_partition_offset(&self.name, number, At::Beginning)
                .unwrap();
        }
        self.consumer.assign(&list).unwrap();
        let mut read = Vec::new();
        while read.len() < count {
            // It also returns when it has served the client itself.
            let Some(message) = self.consumer.poll(Duration::from_secs(1)) else {
                continue;
            };
            // Left over from a time when the test had killed the broker.
            let down = |code| matches!(code, Code::AllBrokersDown | Code::BrokerTransportFailure);
            let error = message.as_ref().err();
            if error
                .and_then(KafkaError::rdkafka_error_code)
                .is_some_and(down)
            {
                continue;
            }
            let message = message.unwrap();
            read.push(Read::of(&message));
        }
        read
    }
}

/// A name that no other test has.
pub(crate) fn unused(prefix: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}-{}-{number}", std::process::id())
}
