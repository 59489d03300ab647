//! A dead-letter topic.

use std::time::Duration;

use fleet_core::{EventTime, checkpoint::DeadLetter};

use super::{
    super::Relay,
    rig::{Store, fast, kafka, with_each_store},
};
use crate::{
    kafka::test_topic::Topic,
    testing::stores::{commit, letter, rejected_rows},
};

with_each_store! { a_dead_letter_names_its_origin_and_has_the_bytes_of_its_record }

async fn a_dead_letter_names_its_origin_and_has_the_bytes_of_its_record(mut store: impl Store) {
    let Some(topic) = Topic::new("dead", &[]).await else {
        return;
    };
    commit(&mut store, "kafka:fleet.telemetry.raw/7", |sealed| {
        sealed.dead = vec![DeadLetter {
            key: Some("car-1".into()),
            log_time: Some(EventTime::from_micros(1_600_000_000_123_456)),
            headers: vec![("traceparent".into(), b"00-1-1-01".to_vec())],
            ..letter(u64::MAX >> 1, "decode", "no JSON: ä", b"{\"speed\"")
        }];
    })
    .await;
    commit(&mut store, "merged/0", |sealed| {
        sealed.dead = rejected_rows();
    })
    .await;
    let open = |store: &_| {
        let backlog = Store::dead_letter_backlog(store, &topic.name);
        Relay::open(&topic.brokers, backlog, &kafka(), fast()).unwrap()
    };
    let mut relay = open(&store);
    let status = relay.drain().await.unwrap();
    assert_eq!((status.relayed(), status.backlog.waiting), (5, 0));
    let read = topic.read(5);
    let first = read.iter().find(|record| record.value == "{\"speed\"");
    let first = first.unwrap();
    for (name, value) in [
        ("dead-letter-pipeline", "demo"),
        ("dead-letter-step", "decode"),
        ("dead-letter-reason", "no JSON: ä"),
        ("dead-letter-topic", "fleet.telemetry.raw"),
        ("dead-letter-partition", "7"),
        ("dead-letter-offset", "9223372036854775807"),
        ("dead-letter-length", "8"),
        ("dead-letter-time", "1600000000123"),
        ("traceparent", "00-1-1-01"),
    ] {
        assert_eq!(first.header(name), Some(value), "{name}");
    }
    assert_eq!(first.key.as_deref(), Some("car-1"));
    // Retention counts from the sending.
    assert!(first.millis.unwrap() > 1_700_000_000_000);
    let cut = read
        .iter()
        .find(|record| record.value == "beginning")
        .unwrap();
    assert_eq!(cut.header("dead-letter-length"), Some("2097152"));
    let of_input = read
        .iter()
        .filter(|record| record.header("dead-letter-topic") == Some("logs/7"));
    assert_eq!(of_input.count(), 2, "rows of an input that is no topic");
    let mut ids: Vec<_> = read
        .iter()
        .map(|record| record.header("content-id"))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5);

    // A letter that comes later is sent alone, by another relay.
    relay.run(tokio::time::sleep(Duration::ZERO)).await.unwrap();
    drop(relay);
    commit(&mut store, "merged/0", |sealed| {
        sealed.dead = vec![letter(99, "decode", "late", b"late")];
    })
    .await;
    assert_eq!(open(&store).drain().await.unwrap().relayed(), 1);
    assert_eq!(topic.count(), 6);
}
