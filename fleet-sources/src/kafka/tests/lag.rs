//! How far a pipeline is behind a topic, in records and in time.

use std::time::Duration;

use fleet_core::{Offset, Source};

use super::{
    StartAt,
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
