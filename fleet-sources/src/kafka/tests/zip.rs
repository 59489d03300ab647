//! Topics read as one log, on a real broker.

use std::{collections::BTreeMap, time::Duration};

use fleet_core::{
    Partition, Result, Source,
    source::SourceEvent,
    zip::{InputState, Zip},
};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::rig::{PARTITIONS, PATIENCE, Topic, options, unique};
use crate::kafka::{
    KafkaOptions, KafkaSource, Protocol, StartAt, ZipOptions, records::KafkaRecord, zip_topics,
};

const BY_BROKER: &[(&str, &str)] = &[("message.timestamp.type", "LogAppendTime")];

async fn topic(partitions: i32, settings: &[(&str, &str)]) -> Option<Topic> {
    let topic = Topic {
        brokers: xtask::kafka::for_tests()?.to_owned(),
        name: unique("zipped"),
    };
    topic.make_with(partitions, settings).await;
    Some(topic)
}

async fn open(
    topics: &[&Topic],
    options: KafkaOptions,
    zip: ZipOptions,
) -> Result<Zip<KafkaSource>> {
    let names = topics.iter().map(|topic| &*topic.name);
    let (brokers, group) = (&topics[0].brokers, unique("zip"));
    zip_topics(brokers, &group, names, StartAt::Earliest, options, zip).await
}

/// The input, the time and the value of each record, by bundle.
type Read = BTreeMap<Partition, Vec<(usize, i64, String)>>;

/// Reads until there are this many records.
async fn read(zip: &mut Zip<KafkaSource>, count: usize) -> Read {
    let mut read = Read::new();
    let all = async {
        while read.values().map(Vec::len).sum::<usize>() < count {
            match zip.next().await.unwrap() {
                SourceEvent::Assigned(bundles) => {
                    for bundle in bundles {
                        zip.start(&bundle, None).await.unwrap();
                    }
                }
                SourceEvent::Batch(batch) => {
                    let to = read.entry(batch.partition.clone()).or_default();
                    for run in batch.payload.runs() {
                        let told = |record: KafkaRecord<'_>| {
                            let value = record.value().unwrap_or_default();
                            let time = record.time().unwrap().as_micros();
                            let value = String::from_utf8_lossy(value).into_owned();
                            (run.input(), time, value)
                        };
                        to.extend(run.payload().iter().map(told));
                    }
                }
                _ => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, all).await.expect("all come");
    read
}

#[tokio::test]
async fn topics_are_one_log_by_the_time_of_the_broker() {
    for protocol in [Protocol::CooperativeSticky, Protocol::Consumer] {
        let (Some(first), Some(second)) = (
            topic(PARTITIONS, BY_BROKER).await,
            topic(PARTITIONS, BY_BROKER).await,
        ) else {
            return;
        };
        for round in 0..10 {
            let numbers = round * 30..round * 30 + 30;
            let turns = [&first, &second, &second];
            turns[(round % 3) as usize].produce(numbers);
        }
        let zip = ZipOptions {
            idle: Some(Duration::from_secs(2)),
            ..ZipOptions::default()
        };
        let mut zipped = open(&[&first, &second], options(protocol), zip)
            .await
            .unwrap();
        let read = read(&mut zipped, 300).await;
        assert_eq!(read.len(), PARTITIONS.unsigned_abs() as usize);
        for (bundle, records) in read {
            let number = bundle.as_str().rsplit_once('/').unwrap().1;
            assert_eq!(
                bundle.as_str(),
                format!("zip:{}+{}/{number}", first.name, second.name)
            );
            // As they were produced: each round is later than the one before.
            let in_order = records.is_sorted_by_key(|(input, time, _)| (*time, *input));
            assert!(in_order, "{protocol:?} {bundle}: {records:?}");
            let number: usize = number.parse().unwrap();
            let wanted: Vec<_> = (0..300)
                .filter(|value| value % 3 == number)
                .map(|value| format!("value {value}"))
                .collect();
            let values: Vec<_> = records.into_iter().map(|(.., value)| value).collect();
            assert_eq!(values, wanted, "{protocol:?}");
        }
        let states = zipped.watch().inputs();
        let idle = states
            .iter()
            .filter(|input| input.state == InputState::Idle);
        assert!(
            idle.count() > 0,
            "one topic ended before the other: {states:?}"
        );
    }
}

fn keyed(topic: &Topic, partitioner: &str) {
    let mut config = topic.config();
    let producer: BaseProducer = config.set("partitioner", partitioner).create().unwrap();
    for number in 0..60 {
        let key = format!("car-{number}");
        producer
            .send(BaseRecord::to(&topic.name).key(&key).payload("1"))
            .unwrap();
    }
    producer.flush(PATIENCE).unwrap();
}

#[tokio::test]
async fn topics_that_cannot_be_one_log_are_refused() {
    let Some(good) = topic(PARTITIONS, BY_BROKER).await else {
        return;
    };
    let more = topic(PARTITIONS + 1, BY_BROKER).await.unwrap();
    let by_producers = topic(PARTITIONS, &[]).await.unwrap();
    let other_keys = topic(PARTITIONS, BY_BROKER).await.unwrap();
    keyed(&good, "murmur2_random");
    keyed(&other_keys, "consistent_random");
    let defaults = (KafkaOptions::default(), ZipOptions::default());
    for (other, why) in [
        (&more, "equally many partitions"),
        (&by_producers, "set by its producers (CreateTime)"),
        (&other_keys, "by murmur2"),
        (&good, "each once"),
    ] {
        let opened = open(&[&good, other], defaults.0.clone(), defaults.1).await;
        let error = opened.unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        assert!(why == "each once" || error.contains(&other.name), "{error}");
    }
    let bounded = ZipOptions {
        max_ahead: Some(Duration::from_secs(60)),
        ..defaults.1
    };
    open(&[&good, &by_producers], defaults.0.clone(), bounded)
        .await
        .unwrap();

    let (brokers, patterns) = (&good.brokers, ["^good", "b"]);
    let (options, start) = (defaults.0.clone(), StartAt::Earliest);
    let opened = zip_topics(brokers, "g", patterns, start, options, defaults.1).await;
    let error = opened.unwrap_err().to_string();
    assert!(error.contains("^good is a pattern"), "{error}");

    let unknown = Topic {
        brokers: brokers.clone(),
        name: unique("unknown"),
    };
    let opened = open(&[&good, &unknown], defaults.0, defaults.1).await;
    let error = opened.unwrap_err().to_string();
    assert!(error.contains(&unknown.name), "{error}");
}

#[tokio::test]
async fn a_member_that_reads_other_topics_breaks_bundles_which_is_an_error() {
    let (Some(first), Some(second)) = (topic(2, BY_BROKER).await, topic(2, BY_BROKER).await) else {
        return;
    };
    let group = unique("zip");
    let names = [&*first.name, &*second.name];
    let (start, of) = (StartAt::Earliest, options(Protocol::Range));
    let zip = ZipOptions::default();
    let zipped = zip_topics(&first.brokers, &group, names, start, of.clone(), zip).await;
    let mut zipped = zipped.unwrap();
    // It gets a partition of the second topic, whose bundle is with the other member.
    let mut other = second.open_with(&group, start, of);
    let others = tokio::spawn(async move {
        loop {
            if let Ok(SourceEvent::Assigned(partitions)) = other.next().await {
                for partition in partitions {
                    other.start(&partition, None).await.unwrap();
                }
            }
        }
    });
    let failed = async {
        loop {
            match zipped.next().await {
                Ok(SourceEvent::Assigned(bundles)) => {
                    for bundle in bundles {
                        zipped.start(&bundle, None).await.unwrap();
                    }
                }
                Ok(_) => {}
                Err(error) => return error.to_string(),
            }
        }
    };
    let error = tokio::time::timeout(PATIENCE, failed)
        .await
        .expect("it fails");
    others.abort();
    for part in ["incomplete for 12s", &first.name, "Protocol::Range"] {
        assert!(error.contains(part), "{error}");
    }
}
