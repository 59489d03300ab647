//! What the store produces: rows and dead letters.

use std::time::Duration;

use fleet_core::{
    ContentId, EventTime, Offset, Partition,
    checkpoint::{CheckpointStore, Committed, DeadLetter},
    event::ContentHasher,
    sink::TransactionalSink,
    testing::conformance::{Rows, sealed, transactional_sink},
};

use super::{group, open};
use crate::{
    kafka::{store::limits, test_topic::Topic},
    outbox::{CONTENT_ID, OutboxRows},
    testing::Sample,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_is_a_transactional_sink() {
    let Some((topic, group)) = group().await else {
        return;
    };
    let results = Topic::new("results", &[]).await.unwrap();
    let store = open(&topic, &topic.name, &group);
    let rows = Rows {
        good: &|n| Sample::new(&n.to_string()).row(),
        bad: Some(&|| Sample::bad().row()),
        stored: &|| Some(results.committed().len() as u64),
    };
    let both = || (store.clone(), store.topic::<Sample>(&results.name).unwrap());
    transactional_sink(both, &rows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_have_the_time_of_their_row_its_key_and_headers() {
    let Some((topic, group)) = group().await else {
        return;
    };
    let results = Topic::new("timed", &[]).await.unwrap();
    let mut store = open(&topic, &topic.name, &group);
    let rows = OutboxRows::<Sample>::new(&results.name).unwrap();
    let rows = rows
        .with_key(|row: &Sample| row.text.clone())
        .with_header("table", "samples")
        .with_traceparent(|row| row.maybe.clone());
    let mut sink = store.topic_of(rows);
    let traced = Sample {
        maybe: Some("00-1-2-01".into()),
        ..Sample::new("car-1")
    };
    let mut tx = store.begin().await.unwrap();
    let rows = [traced.row(), Sample::new("car-2").row()];
    let outcome = sink.write(&mut tx, &rows).await.unwrap();
    assert!(outcome.rejected.is_empty());
    store.commit(tx, &[]).await.unwrap();
    let mut read = results.committed();
    read.sort_by_key(|read| read.key.clone());
    let [one, two] = &*read else {
        panic!("{read:?}")
    };
    for (read, key) in [(one, "car-1"), (two, "car-2")] {
        assert_eq!(read.key.as_deref(), Some(key));
        assert_eq!(read.millis, Some(rows[0].at.as_micros() / 1000));
        assert_eq!(read.header("table"), Some("samples"));
        assert!(read.header(CONTENT_ID).is_some());
        assert!(read.value.starts_with("{\"text\":\"car-"), "{}", read.value);
    }
    assert_eq!(one.header("traceparent"), Some("00-1-2-01"));
    assert_eq!(two.header("traceparent"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn planted_a_record_without_its_time_gets_that_of_the_moment() {
    let Some((topic, group)) = group().await else {
        return;
    };
    let results = Topic::new("untimed", &[]).await.unwrap();
    let mut store = open(&topic, &topic.name, &group);
    let mut sink = store.topic::<Sample>(&results.name).unwrap();
    let (mut tx, row) = (store.begin().await.unwrap(), Sample::new("car-1").row());
    let at = row.at.as_micros() / 1000;
    sink.write(&mut tx, &[row]).await.unwrap();
    for record in &mut tx.records {
        record.at = None;
    }
    store.commit(tx, &[]).await.unwrap();
    let read = results.committed();
    assert!(
        read.first().unwrap().millis > Some(at),
        "so the test above would find it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_topic_does_not_take_is_rejected_and_the_others_are_there() {
    let Some((topic, group)) = group().await else {
        return;
    };
    let settings = [
        ("max.message.bytes", "2000"),
        ("message.timestamp.after.max.ms", "60000"),
    ];
    let results = Topic::new("narrow", &settings).await.unwrap();
    let mut store = open(&topic, &topic.name, &group);
    let mut sink = store.topic::<Sample>(&results.name).unwrap();
    // Nothing that a batch could compress.
    let good = |n: u64| {
        let text = (0..50).map(|part| format!("{}", ContentId(u128::from(n) * 7 + part)));
        let text: String = text
            .map(|id| ContentHasher::new().text(&id).finish_id().to_string())
            .collect();
        Sample::new(text.get(..900).unwrap()).row()
    };
    let large = Sample::new(&"x".repeat(2000)).row();
    let mut early = Sample::new("early").row();
    early.at = limits::now() + Duration::from_secs(3600);
    let mut old = Sample::new("old").row();
    old.at = EventTime::from_micros(-1);
    let mut rows = vec![large, early, old];
    // Together they are larger than the topic takes in one batch.
    rows.extend((0..20).map(good));
    let mut tx = store.begin().await.unwrap();
    let outcome = sink.write(&mut tx, &rows).await.unwrap();
    let reasons: Vec<_> = outcome
        .rejected
        .iter()
        .map(|one| (one.index, &*one.reason))
        .collect();
    let [(0, large), (1, early), (2, old)] = &*reasons else {
        panic!("{reasons:?}")
    };
    assert!(large.contains("max.message.bytes"), "{large}");
    assert!(early.contains("after.max.ms"), "{early}");
    assert!(old.contains("1970"), "{old}");
    assert_eq!(store.commit(tx, &[]).await.unwrap(), Committed::Done);
    assert_eq!(results.committed().len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_records_of_their_topic() {
    let Some((topic, group)) = group().await else {
        return;
    };
    let mut store = open(&topic, &topic.name, &group);
    let partition = Partition::from("dead/0");
    let claim = store.claim(&partition).await.unwrap();
    let letter = DeadLetter::new(Offset(7), "decode", "no JSON").with_raw(b"{".to_vec());
    let mut next = sealed(&partition, &claim, 1);
    next.dead = vec![letter];
    let tx = store.begin().await.unwrap();
    assert_eq!(store.commit(tx, &[next]).await.unwrap(), Committed::Done);
    let dead = Topic::named(
        &topic.brokers,
        &format!("fleet.{}.dead-letters", topic.name),
    );
    let read = dead.committed();
    let [letter] = &*read else { panic!("{read:?}") };
    assert_eq!(letter.value, "{");
    assert_eq!(letter.header("dead-letter-reason"), Some("no JSON"));
    assert_eq!(letter.header("dead-letter-offset"), Some("7"));
}
