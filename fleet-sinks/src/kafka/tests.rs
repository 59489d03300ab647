//! The sink on a real broker.

#[cfg(feature = "kafka-tls")]
mod secured;

use std::time::Duration;

use compact_str::CompactString;
use fleet_core::{
    EventTime, Offset, Row, TableRow,
    sink::Sink,
    table::{Column, Fields, Value},
    testing::conformance::{self, Rows},
};
use rand::{Rng, SeedableRng};

use super::{
    Compression, KafkaProducer, KafkaSink, KafkaSinkOptions, Login, Mechanism, Security,
    test_topic::Topic,
};

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

impl Topic {
    fn open(&self, compression: Compression) -> KafkaSink<Sample> {
        let options = KafkaSinkOptions {
            compression,
            ..KafkaSinkOptions::default()
        };
        KafkaSink::open(&self.brokers, &self.name, &options).unwrap()
    }
}

async fn topic() -> Option<Topic> {
    Topic::new("sink", &[("max.message.bytes", "20000")]).await
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
    let zstd = cfg!(feature = "kafka-zstd").then_some(Compression::Zstd);
    let all = [
        Compression::None,
        Compression::Lz4,
        Compression::Snappy,
        Compression::Gzip,
    ];
    for compression in all.into_iter().chain(zstd) {
        let Some(topic) = topic().await else {
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
    let Some(topic) = topic().await else {
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
        let of_key: Vec<_> = read
            .iter()
            .filter(|record| record.key.as_ref() == Some(&key))
            .collect();
        let expected: Vec<_> = (0..40).filter(|n| n % 5 == number).collect();
        assert_eq!(of_key.len(), expected.len());
        for (record, n) in of_key.iter().zip(expected) {
            let first = of_key[0].partition;
            assert_eq!(record.partition, first, "a key stays in its partition");
            assert_eq!(record.value, format!("{{\"text\":\"row {n}\"}}"));
            assert_eq!(record.millis, Some(1_700_000_000_123));
        }
    }
}

#[tokio::test]
async fn the_key_of_a_record_can_be_taken_from_its_row() {
    let Some(topic) = topic().await else {
        return;
    };
    let mut sink = topic
        .open(Compression::None)
        .with_key(|row: &Sample| row.text.clone());
    let rows = [sample("driver-1".into()), sample("driver-2".into())];
    let keys = ["car-1".into(), "car-1".into()];
    sink.write_keyed(&rows, &keys).await.unwrap();
    let mut read = topic.read(2);
    read.sort_by(|one, other| one.value.cmp(&other.value));
    let keys: Vec<_> = read.iter().map(|record| record.key.as_deref()).collect();
    assert_eq!(keys, [Some("driver-1"), Some("driver-2")]);
    assert_ne!(read[0].header("content-id"), read[1].header("content-id"));
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_named() {
    let Some(topic) = topic().await else {
        return;
    };
    let options = KafkaSinkOptions {
        timeout: Duration::from_secs(5),
        ..KafkaSinkOptions::default()
    };
    let mut sink = KafkaSink::<Sample>::open(&topic.brokers, "no-such-topic", &options).unwrap();
    let error = sink.write(&[sample("x".into())]).await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains("no-such-topic"), "{told}");
    assert!(told.to_lowercase().contains("unknown topic"), "{told}");
}

#[tokio::test]
async fn a_row_that_is_produced_again_has_the_same_content_id_and_its_trace() {
    let Some(topic) = topic().await else {
        return;
    };
    let trace = |row: &Sample| (row.text == "traced").then(|| format!("00-{:032x}-1-01", 7));
    let mut sink = topic.open(Compression::None).with_traceparent(trace);
    let rows = [sample("plain".into()), sample("traced".into())];
    let keys = ["car-1".into(), "car-1".into()];
    for _ in 0..2 {
        sink.write_keyed(&rows, &keys).await.unwrap();
    }
    let read = topic.read(4);
    let header = |index: usize, name| read[index].header(name);
    for (index, traced) in [(0, false), (1, true), (2, false), (3, true)] {
        assert_eq!(header(index, "traceparent").is_some(), traced);
        let id = header(index, "content-id").unwrap();
        assert_eq!(Some(id), header((index + 2) % 4, "content-id"));
        assert_ne!(Some(id), header((index + 1) % 4, "content-id"));
    }
}

#[tokio::test]
async fn a_row_whose_time_the_broker_refuses_costs_only_itself() {
    // By default a broker refuses times that are more than an hour ahead; here, past ones too.
    let settings = [("message.timestamp.before.max.ms", "60000")];
    let Some(topic) = Topic::new("sink", &settings).await else {
        return;
    };
    let mut rows = ["past", "without", "future"].map(|text| sample(text.into()));
    // Before 1970 a record has no time, and the client gives it that of the sending.
    rows[1].at = EventTime::MIN;
    rows[2].at = EventTime::from_micros(4_000_000_000_000_000);
    let keys = ["car-1".into(), "car-1".into(), "car-1".into()];
    let mut sink = topic.open(Compression::None);
    let outcome = sink.write_keyed(&rows, &keys).await.unwrap();
    let rejected: Vec<_> = outcome.rejected.iter().map(|one| one.index).collect();
    assert_eq!(rejected, [0, 2], "{outcome:?}");
    assert_eq!(topic.read(1)[0].value, "{\"text\":\"without\"}");
}

/// Files that both crates hold, because neither depends on the other.
#[test]
fn sources_and_sinks_are_secured_alike() {
    for (own, other) in [
        (
            include_str!("contact.rs"),
            include_str!("../../../fleet-sources/src/kafka/contact.rs"),
        ),
        (
            include_str!("probe.rs"),
            include_str!("../../../fleet-sources/src/kafka/probe.rs"),
        ),
        (
            include_str!("security.rs"),
            include_str!("../../../fleet-sources/src/kafka/security.rs"),
        ),
    ] {
        assert_eq!(own, other);
    }
}

#[test]
fn what_this_build_lacks_is_named_with_the_feature_that_brings_it() {
    let login = Login {
        mechanism: Mechanism::Plain,
        user: "fleet".to_owned(),
        password: "secret-word".to_owned(),
    };
    let login = Some(login);
    for (options, feature, has) in [
        (
            KafkaSinkOptions {
                security: Security::Tls { ca: None, login },
                ..KafkaSinkOptions::default()
            },
            "kafka-tls",
            cfg!(feature = "kafka-tls"),
        ),
        (
            KafkaSinkOptions {
                compression: Compression::Zstd,
                ..KafkaSinkOptions::default()
            },
            "kafka-zstd",
            cfg!(feature = "kafka-zstd"),
        ),
    ] {
        match KafkaSink::<Sample>::open("localhost:9092", "any", &options) {
            // Another package of the same build may bring it.
            Ok(_) => {}
            Err(error) if has => panic!("the feature {feature} is on: {error}"),
            Err(error) => {
                let told = error.to_string();
                println!("{told}");
                assert_eq!(error.kind(), fleet_core::ErrorKind::Config);
                let named = format!("`{feature}` of fleet-sinks");
                assert!(
                    told.contains(&named) && !told.contains("secret-word"),
                    "{told}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_flush_that_is_dropped_is_repeated_by_the_next() {
    let Some(topic) = topic().await else {
        return;
    };
    let options = KafkaSinkOptions::default();
    let mut producer = KafkaProducer::open(&topic.brokers, &topic.name, &options).unwrap();
    let mut all = 0;
    for round in 0..5 {
        for number in 0..200 {
            let value = format!("value {round} {number}");
            producer
                .send(Some(b"k"), value.as_bytes(), None)
                .await
                .unwrap();
            all += 1;
        }
        let soon = Duration::from_millis(round);
        let _ = tokio::time::timeout(soon, producer.flush()).await;
    }
    producer.flush().await.unwrap();
    assert_eq!(topic.count(), all);
}
