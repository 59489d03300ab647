//! The source on a real broker.

mod crew;
mod damage;
mod faults;
mod lag;
mod lost;
mod membership;
mod mock;
mod rig;
#[cfg(feature = "kafka-tls")]
mod secured;
mod transactions;
mod zip;

use std::time::Duration;

use fleet_core::{
    ErrorKind, EventTime, Source,
    source::{Position, SourceEvent},
    testing::conformance,
};
use rdkafka::{
    Offset, TopicPartitionList,
    admin::{AdminOptions, NewPartitions},
    consumer::{BaseConsumer, Consumer},
};

use super::{AddedPartitions, KafkaOptions, KafkaSource, Protocol, Security, StartAt};
use rig::{Ending, Member, PARTITIONS, Reader, Topic, options, records, unique, until};

const PROTOCOLS: [Protocol; 3] = [
    Protocol::CooperativeSticky,
    Protocol::Range,
    Protocol::Consumer,
];

#[tokio::test]
async fn the_source_passes_the_suite_of_replayable_sources_in_each_protocol() {
    let Some(topic) = Topic::new().await else {
        return;
    };
    topic.produce(0..300);
    for protocol in PROTOCOLS {
        let open = || {
            let group = unique("suite");
            Ending::new(topic.open_with(&group, StartAt::Earliest, options(protocol)))
        };
        conformance::replayable(open, records).await;
    }
}

#[tokio::test]
async fn a_partition_begins_where_it_is_told() {
    let Some(topic) = Topic::new().await else {
        return;
    };
    topic.produce(0..30);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let later = now();
    tokio::time::sleep(Duration::from_millis(20)).await;
    topic.produce(30..36);
    for (start, at, count) in [
        (StartAt::Earliest, None, 36),
        (StartAt::Time(later), None, 6),
        (StartAt::Latest, None, 0),
        (StartAt::Refuse, Some(7), 36 - 3 * 7),
    ] {
        let mut reader = Reader::new(topic.open(&unique("start"), start));
        while !matches!(reader.step(at).await.unwrap(), SourceEvent::Idle)
            || reader.read.len() < 3
            || reader.count() < count
        {}
        assert_eq!(reader.count(), count, "{start:?}");
    }
    let mut reader = Reader::new(topic.open(&unique("start"), StartAt::Refuse));
    let error = reader.step(None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source);
    assert!(error.to_string().contains("StartAt::Refuse"), "{error}");
}

#[tokio::test]
async fn what_comes_after_the_first_start_at_the_end_is_read_though_nothing_was_committed() {
    let Some(topic) = Topic::new().await else {
        return;
    };
    topic.produce(0..30);
    for protocol in PROTOCOLS {
        let group = unique("latest");
        let open = || topic.open_with(&group, StartAt::Latest, options(protocol));
        let mut first = Reader::new(open());
        while !matches!(first.step(None).await.unwrap(), SourceEvent::Idle) || first.read.len() < 3
        {
        }
        assert_eq!(first.count(), 0);
        drop(first);
        topic.produce(0..6);
        let mut second = Reader::new(open());
        while second.count() < 6 {
            second.step(None).await.unwrap();
        }
        // Committed by the pipeline, so it is no longer the memory of the group that counts.
        for number in 0..PARTITIONS {
            let upto = Position {
                next: fleet_core::Offset(second.source.end(&topic.partition(number)).unwrap().0),
                mark: None,
            };
            let partition = topic.partition(number);
            second.source.committed(&partition, &upto).await.unwrap();
        }
        let known = || {
            let told = remembered(&topic, &group);
            told.iter().all(|metadata| metadata == "partitions=3")
        };
        until(known).await;
    }
}

/// What the group remembers beside the offset of each partition.
fn remembered(topic: &Topic, group: &str) -> Vec<String> {
    let consumer: BaseConsumer = topic.config().set("group.id", group).create().unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_range(&topic.name, 0, PARTITIONS - 1);
    let committed = consumer.committed_offsets(list, Duration::from_secs(10));
    let elements = committed.unwrap();
    let elements = elements.elements();
    elements
        .iter()
        .map(|element| element.metadata().to_owned())
        .collect()
}

#[tokio::test]
async fn an_offset_that_the_topic_does_not_have_is_refused_by_name() {
    let Some(topic) = Topic::new().await else {
        return;
    };
    topic.produce(0..30);
    let mut gone = TopicPartitionList::new();
    for number in 0..PARTITIONS {
        gone.add_partition_offset(&topic.name, number, Offset::Offset(5))
            .unwrap();
    }
    topic
        .admin()
        .delete_records(&gone, &AdminOptions::new())
        .await
        .unwrap();
    for (at, why) in [
        (4, "offset 4 is gone, the oldest record is 5"),
        (11, "offset 11 is past its end, 10"),
    ] {
        let mut reader = Reader::new(topic.open(&unique("gone"), StartAt::Earliest));
        let error = reader.step(Some(at)).await.unwrap_err();
        assert!(!error.is_retryable());
        let told = error.to_string();
        assert!(told.contains(why) && told.contains(&topic.name), "{told}");
    }
    // The first that is there, and the end.
    for (at, count) in [(5, 15), (10, 0)] {
        let mut reader = Reader::new(topic.open(&unique("there"), StartAt::Refuse));
        while reader.count() < count || reader.read.len() < 3 {
            reader.step(Some(at)).await.unwrap();
        }
        assert_eq!(reader.count(), count);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the broker's records have real times"
)]
fn now() -> EventTime {
    EventTime::from(std::time::SystemTime::now())
}

/// Who has which partitions when a second member joins, and when the first one leaves.
#[tokio::test]
async fn members_share_partitions_and_one_that_stops_leaves_them_at_once() {
    let Some(topic) = Topic::new().await else {
        return;
    };
    for protocol in PROTOCOLS {
        let group = unique("share");
        let open = || topic.open_with(&group, StartAt::Earliest, options(protocol));
        let first = Member::run(open());
        until(|| first.count() == 3).await;
        let second = Member::run(open());
        until(|| first.count() > 0 && second.count() > 0).await;
        until(|| first.count() + second.count() == 3).await;
        assert!(first.owned().is_disjoint(&second.owned()), "{protocol:?}");

        let stopped = super::shared::now();
        first.stop().await;
        until(|| second.count() == 3).await;
        // Sooner than the session timeout: it left.
        let took = stopped.elapsed();
        assert!(took < Duration::from_secs(5), "{protocol:?}: {took:?}");
    }
}

#[tokio::test]
async fn partitions_that_are_added_are_named_and_the_others_go_on() {
    let Some(topic) = Topic::new().await else {
        return;
    };
    topic.produce(0..30);
    let group = unique("added");
    let mut reader = Reader::new(topic.open(&group, StartAt::Earliest));
    while reader.count() < 30 {
        reader.step(None).await.unwrap();
    }
    for number in 0..PARTITIONS {
        let upto = Position {
            next: fleet_core::Offset(10),
            mark: None,
        };
        reader
            .source
            .committed(&topic.partition(number), &upto)
            .await
            .unwrap();
    }
    drop(reader);
    let more = NewPartitions::new(&topic.name, 4);
    let made = topic
        .admin()
        .create_partitions([&more], &AdminOptions::new())
        .await;
    made.unwrap().remove(0).unwrap();

    // The group knows, even if this member has no other partition of the topic.
    let mut again = topic.open(&group, StartAt::Earliest);
    let assigned = loop {
        if let SourceEvent::Assigned(partitions) = again.next().await.unwrap() {
            break partitions;
        }
    };
    assert_eq!(assigned.len(), 4);
    let error = again.start(&topic.partition(3), None).await.unwrap_err();
    let told = error.to_string();
    assert!(
        told.contains("/3 was added") && told.contains("had 3 partitions"),
        "{told}"
    );
    assert!(error.is_retryable(), "the run goes on");
    for number in 0..PARTITIONS {
        again.start(&topic.partition(number), None).await.unwrap();
    }
    drop(again);
    let take = KafkaOptions {
        added_partitions: AddedPartitions::Take,
        ..KafkaOptions::default()
    };
    let mut reader = Reader::new(topic.open_with(&group, StartAt::Earliest, take));
    while reader.read.len() < 4 {
        reader.step(None).await.unwrap();
    }
}

#[tokio::test]
async fn a_topic_that_is_gone_is_named_after_a_while() {
    let Some(topic) = Topic::new().await else {
        return;
    };
    topic.produce(0..30);
    let options = KafkaOptions {
        unknown_topic: Duration::from_secs(2),
        ..KafkaOptions::default()
    };
    let mut reader = Reader::new(topic.open_with(&unique("gone"), StartAt::Earliest, options));
    while reader.count() < 30 {
        reader.step(None).await.unwrap();
    }
    let gone = topic
        .admin()
        .delete_topics(&[&topic.name], &AdminOptions::new())
        .await;
    gone.unwrap().remove(0).unwrap();
    let error = loop {
        if let Err(error) = reader.step(None).await {
            break error.to_string();
        }
    };
    assert!(
        error.contains(&topic.name) && error.contains("unknown"),
        "{error}"
    );
}

#[tokio::test]
async fn the_end_is_known_when_it_is_reached_and_a_pause_holds_back_one_partition() {
    let Some(topic) = Topic::new().await else {
        return;
    };
    topic.produce(0..30);
    let mut reader = Reader::new(topic.open(&unique("end"), StartAt::Earliest));
    while reader.read.len() < 3 {
        reader.step(None).await.unwrap();
    }
    let paused = topic.partition(1);
    reader.source.pause(&paused);
    topic.produce(30..60);
    while reader.read[&topic.partition(0)].len() < 20 || reader.read[&topic.partition(2)].len() < 20
    {
        reader.step(None).await.unwrap();
    }
    let before = reader.read[&paused].len();
    let silent = tokio::time::timeout(Duration::from_millis(300), reader.step(None)).await;
    assert!(silent.is_err() || reader.read[&paused].len() == before);
    reader.source.resume(&paused);
    while reader.count() < 60 {
        reader.step(None).await.unwrap();
    }
    for number in 0..PARTITIONS {
        let end = reader.source.end(&topic.partition(number));
        assert_eq!(end, Some(fleet_core::Offset(20)));
    }
}

#[test]
fn tls_that_the_client_lacks_is_named_with_the_feature_that_brings_it() {
    let options = KafkaOptions {
        security: Security::Tls {
            ca: None,
            login: None,
        },
        ..KafkaOptions::default()
    };
    match KafkaSource::open("localhost:9092", "g", ["t"], StartAt::Earliest, options) {
        // Another package of the same build may bring it.
        Ok(_) => {}
        Err(error) if cfg!(feature = "kafka-tls") => panic!("{error}"),
        Err(error) => {
            println!("{error}");
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(
                error.to_string().contains("`kafka-tls` of fleet-sources"),
                "{error}"
            );
        }
    }
}
