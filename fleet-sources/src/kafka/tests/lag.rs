//! How far a pipeline is behind a topic, in records and in time.

use std::time::Duration;

use fleet_core::{Offset, Partition, Source};
use rdkafka::{Offset as At, TopicPartitionList, admin::AdminOptions};

use super::{
    super::topic_lag::topic_lag,
    KafkaOptions, StartAt,
    rig::{Reader, Topic, unique},
};

#[tokio::test]
async fn the_lag_is_known_in_records_and_in_time() {
    let Some(topic) = Topic::new().await else {
        return;
    };
    topic.produce(0..30);
    let mut reader = Reader::new(topic.open(&unique("lag"), StartAt::Earliest));
    while reader.count() < 30 {
        reader.step(None).await.unwrap();
    }
    let partition = topic.partition(0);
    let lag = |committed| reader.source.lag_time(&partition, committed);
    let waits = lag(None).unwrap();
    assert!(waits > Duration::ZERO, "the records are older than now");
    assert!(waits < Duration::from_secs(600), "{waits:?}");
    assert!(
        lag(Some(Offset(9))) > Some(Duration::ZERO),
        "one record is left"
    );
    assert_eq!(lag(Some(Offset(10))), Some(Duration::ZERO));
    assert_eq!(reader.source.end(&partition), Some(Offset(10)));
    let elsewhere = reader.source.lag_time(&topic.partition(9), None);
    assert_eq!(elsewhere, None, "nobody knows of a partition of others");
}

#[tokio::test]
async fn positions_in_a_store_are_compared_with_the_ends_of_their_topics() {
    let Some(topic) = Topic::new().await else {
        return;
    };
    topic.produce(0..30);
    let mut cut = TopicPartitionList::new();
    cut.add_partition_offset(&topic.name, 2, At::Offset(7))
        .unwrap();
    let cut = topic
        .admin()
        .delete_records(&cut, &AdminOptions::new())
        .await;
    cut.unwrap();
    let positions = [
        (topic.partition(0), Offset(4)),
        (topic.partition(1), Offset(10)),
        (topic.partition(2), Offset(5)),
        (Partition::from("file:telemetry"), Offset(3)),
    ];
    let told = topic_lag(&topic.brokers, positions, KafkaOptions::default()).await;
    let told = told.unwrap();
    let behind: Vec<_> = told
        .iter()
        .map(|lag| (lag.committed.0, lag.behind))
        .collect();
    assert_eq!(behind, [(4, 6), (10, 0), (5, 5)]);
    let [some, none, gone] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert!(some.age > Some(Duration::ZERO) && some.age < Some(Duration::from_secs(600)));
    assert_eq!((none.age, gone.age), (Some(Duration::ZERO), None));

    let options = KafkaOptions {
        timeout: Duration::from_millis(200),
        ..KafkaOptions::default()
    };
    let nobody = topic_lag("127.0.0.1:1", [(topic.partition(0), Offset(0))], options).await;
    let error = nobody.unwrap_err();
    assert!(
        error.is_retryable() && error.to_string().contains(&topic.name),
        "{error}"
    );
}
