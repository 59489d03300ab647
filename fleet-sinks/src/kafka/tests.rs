//! The sink on a real broker.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use compact_str::CompactString;
use fleet_core::{
    EventTime, Offset, Row, TableRow,
    sink::Sink,
    table::{Column, Fields, Value},
    testing::conformance::{self, Rows},
};
use rand::{Rng, SeedableRng};
use rdkafka::{
    ClientConfig, Message, Offset as At, TopicPartitionList,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer},
};

use super::{Compression, KafkaSink, KafkaSinkOptions};

const PARTITIONS: i32 = 3;

/// A row with one column.
#[derive(Clone, Debug)]
struct Sample {
    text: String,
}

impl TableRow for Sample {
    fn columns() -> &'static [Column] {
        const { &[Column::text("text")] }
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(&self.text));
    }
}

struct Topic {
    brokers: &'static str,
    name: String,
    consumer: BaseConsumer,
}

impl Topic {
    async fn new() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let brokers = xtask::kafka::for_tests()?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("sink-{}-{number}", std::process::id());
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", brokers);
        let admin: AdminClient<DefaultClientContext> = config.create().unwrap();
        let new = NewTopic::new(&name, PARTITIONS, TopicReplication::Fixed(1))
            .set("max.message.bytes", "20000");
        let made = admin.create_topics([&new], &AdminOptions::new()).await;
        made.unwrap().remove(0).unwrap();
        let consumer = config.set("group.id", &name).create().unwrap();
        Some(Self {
            brokers,
            name,
            consumer,
        })
    }

    fn open(&self, compression: Compression) -> KafkaSink<Sample> {
        let options = KafkaSinkOptions {
            compression,
            ..KafkaSinkOptions::default()
        };
        KafkaSink::open(self.brokers, &self.name, &options).unwrap()
    }

    fn count(&self) -> u64 {
        let second = Duration::from_secs(10);
        let ends = (0..PARTITIONS)
            .map(|number| self.consumer.fetch_watermarks(&self.name, number, second));
        ends.map(|ends| {
            let (low, high) = ends.unwrap();
            (high - low).unsigned_abs()
        })
        .sum()
    }

    /// The partition, key, value and time of each record, by partition and offset.
    fn read(&self, count: usize) -> Vec<(i32, String, String, Option<i64>)> {
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
            let message = message.unwrap();
            let text =
                |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or(b"-")).into_owned();
            read.push((
                message.partition(),
                text(message.key()),
                text(message.payload()),
                message.timestamp().to_millis(),
            ));
        }
        read
    }
}

/// Text that hardly compresses.
fn noise(length: usize) -> String {
    let random = rand_pcg::Pcg64Mcg::seed_from_u64(3);
    let letters = random.sample_iter(rand::distr::Alphanumeric);
    letters.take(length).map(char::from).collect()
}

fn sample(text: String) -> Row<Sample> {
    let sample = Sample { text };
    Row::detached(
        EventTime::from_micros(1_700_000_000_123_456),
        Offset(7),
        sample,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sink_passes_the_suite_with_each_compression() {
    for compression in [
        Compression::None,
        Compression::Lz4,
        Compression::Snappy,
        Compression::Gzip,
    ] {
        let Some(topic) = Topic::new().await else {
            return;
        };
        let rows = Rows {
            good: &|n| sample(format!("row {n}")),
            // Larger than the topic takes, however it is compressed.
            bad: Some(&|| sample(noise(40_000))),
            stored: &|| Some(topic.count()),
        };
        conformance::sink(|| topic.open(compression), &rows).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_have_the_key_the_time_and_the_columns_of_their_rows() {
    let Some(topic) = Topic::new().await else {
        return;
    };
    let rows: Vec<_> = (0..40).map(|n| sample(format!("row {n}"))).collect();
    let keys: Vec<_> = (0..40)
        .map(|n| CompactString::from(format!("car-{}", n % 5)))
        .collect();
    let outcome = topic
        .open(Compression::Lz4)
        .write_keyed(&rows, &keys)
        .await
        .unwrap();
    assert!(outcome.rejected.is_empty());
    let read = topic.read(40);
    assert_eq!(read.len(), 40);
    for (key, number) in (0..5).map(|n| (format!("car-{n}"), n)) {
        let of_key: Vec<_> = read.iter().filter(|(_, own, ..)| *own == key).collect();
        let expected: Vec<_> = (0..40).filter(|n| n % 5 == number).collect();
        assert_eq!(of_key.len(), expected.len());
        for ((partition, _, value, time), n) in of_key.iter().zip(expected) {
            assert_eq!(*partition, of_key[0].0, "a key stays in its partition");
            assert!(*value == format!("{{\"text\":\"row {n}\"}}"), "{value}");
            assert_eq!(*time, Some(1_700_000_000_123));
        }
    }
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_named() {
    let Some(topic) = Topic::new().await else {
        return;
    };
    let options = KafkaSinkOptions {
        timeout: Duration::from_secs(5),
        ..KafkaSinkOptions::default()
    };
    let mut sink = KafkaSink::<Sample>::open(topic.brokers, "no-such-topic", &options).unwrap();
    let error = sink.write(&[sample("x".into())]).await.unwrap_err();
    assert!(error.to_string().contains("no-such-topic"), "{error}");
}
