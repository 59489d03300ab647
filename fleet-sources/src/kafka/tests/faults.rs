//! What can be wrong with a topic and its records: each is named, and none stops what is well.

use std::{collections::BTreeMap, thread, time::Duration};

use fleet_core::{
    MemoryStore,
    checkpoint::Counts,
    dialect::MAX_RECORD_BYTES,
    pipeline::{Health, observe::RetriedOperation},
};
use rdkafka::{
    TopicPartitionList,
    admin::{AdminOptions, NewPartitions},
    producer::{BaseProducer, BaseRecord, Producer},
};

use super::{
    crew::{Feed, Worker, assert_each_once, positions, send, until, wait_for_all},
    rig::{PATIENCE, Reader, Topic, block_on, unique},
};
use crate::kafka::{AddedPartitions, KafkaOptions, KafkaSource, StartAt};

/// Options under which news of a topic arrive soon.
fn soon() -> KafkaOptions {
    let mut options = KafkaOptions {
        unknown_topic: Duration::from_secs(2),
        ..KafkaOptions::default()
    };
    let refresh = ("topic.metadata.refresh.interval.ms", "1000");
    options
        .properties
        .insert(refresh.0.to_owned(), refresh.1.to_owned());
    options
}

fn delete(topic: &Topic) {
    let deleted = block_on(
        topic
            .admin()
            .delete_topics(&[&topic.name], &AdminOptions::new()),
    );
    deleted.unwrap().remove(0).unwrap();
}

fn widen(topic: &Topic, partitions: usize) {
    let more = NewPartitions::new(&topic.name, partitions);
    let made = block_on(
        topic
            .admin()
            .create_partitions([&more], &AdminOptions::new()),
    );
    made.unwrap().remove(0).unwrap();
}

/// A topic with records of 24 vehicles, all of which were committed.
fn read_already(partitions: i32) -> Option<(Topic, Worker, MemoryStore, u64)> {
    let topic = Topic::special(partitions, &[])?;
    let store = MemoryStore::default();
    let source = topic.open_with(&unique("faults"), StartAt::Earliest, soon());
    let worker = Worker::start(source, &store);
    let wide = partitions.unsigned_abs().into();
    let feed = Feed::start(&topic.config(), &topic.name, wide);
    thread::sleep(Duration::from_millis(300));
    let produced = feed.stop();
    wait_for_all(&store, produced);
    Some((topic, worker, store, produced))
}

#[test]
fn a_topic_that_was_made_anew_is_refused_and_not_read_from_its_beginning() {
    let Some((topic, worker, store, produced)) = read_already(1) else {
        return;
    };
    delete(&topic);
    // The broker takes a moment to forget the name.
    thread::sleep(Duration::from_millis(500));
    block_on(topic.make_with(1, &[]));
    let producer: BaseProducer = topic.config().create().unwrap();
    send(&producer, &topic.name, produced, 1);
    producer.flush(PATIENCE).unwrap();
    let error = worker.fails();
    let told = format!(
        "kafka:{}/0: offset {produced} is past its end, 1",
        topic.name
    );
    assert!(error.contains(&told), "{error}");
    assert_each_once(&store, produced);
}

#[test]
fn of_several_topics_the_one_that_is_gone_is_named_while_others_are_busy() {
    let (Some(gone), Some(busy)) = (Topic::special(1, &[]), Topic::special(1, &[])) else {
        return;
    };
    let topics = [&*gone.name, &*busy.name];
    let (group, store) = (unique("gone"), MemoryStore::default());
    let source = KafkaSource::open(&gone.brokers, &group, topics, StartAt::Earliest, soon());
    let worker = Worker::start(source.unwrap(), &store);
    let feed = Feed::start(&busy.config(), &busy.name, 1);
    until("it reads both", || worker.owned().len() == 2);
    delete(&gone);
    let error = worker.fails();
    feed.stop();
    assert!(
        error.contains(&format!("{} has been unknown", gone.name)),
        "{error}"
    );
}

#[tokio::test]
async fn records_that_retention_removes_before_they_are_read_are_named() {
    let Some(topic) = Topic::new().await else {
        return;
    };
    // Many small batches, of which the client fetches few in advance.
    for batch in 0..40 {
        topic.produce(batch * 30..(batch + 1) * 30);
    }
    let mut options = KafkaOptions {
        buffer_bytes: 1,
        batch_bytes: 1,
        ..KafkaOptions::default()
    };
    let fetch = ("fetch.message.max.bytes", "1000");
    options
        .properties
        .insert(fetch.0.to_owned(), fetch.1.to_owned());
    let mut reader = Reader::new(topic.open_with(&unique("old"), StartAt::Refuse, options));
    while reader.count() == 0 {
        reader.step(Some(0)).await.unwrap();
    }
    let mut gone = TopicPartitionList::new();
    for number in 0..3 {
        gone.add_partition_offset(&topic.name, number, rdkafka::Offset::Offset(390))
            .unwrap();
    }
    let admin = topic.admin();
    let removed = admin.delete_records(&gone, &AdminOptions::new()).await;
    removed.unwrap();
    let error = loop {
        if let Err(error) = reader.step(Some(0)).await {
            break error;
        }
    };
    let told = error.to_string();
    assert!(
        told.contains("offset 0 is gone, the oldest record is 390"),
        "{told}"
    );
    assert!(
        told.contains(&topic.name) && !error.is_retryable(),
        "{told}"
    );
}

#[test]
fn added_partitions_are_refused_by_name_in_the_health_and_the_others_go_on() {
    let Some((topic, worker, store, produced)) = read_already(3) else {
        return;
    };
    widen(&topic, 4);
    let trouble = |health: &Health| health.troubles.get(&RetriedOperation::Start).cloned();
    until("the new partition is refused", || {
        trouble(&worker.health()).is_some()
    });
    let told = trouble(&worker.health()).unwrap();
    let name = format!("kafka:{}/3 was added", topic.name);
    assert!(told.error.contains(&name) && told.times > 0, "{told:?}");
    let producer: BaseProducer = topic.config().create().unwrap();
    (produced..produced + 72).for_each(|number| send(&producer, &topic.name, number, 3));
    // In the new partition.
    let record = BaseRecord::to(&topic.name).key("car-1").payload("{}");
    producer.send(record.partition(3)).unwrap();
    producer.flush(PATIENCE).unwrap();
    wait_for_all(&store, produced + 72);
    assert!(!worker.health().is_well());
    worker.stop().unwrap();
    assert_each_once(&store, produced + 72);
}

#[test]
fn added_partitions_are_read_from_their_beginning_on_request() {
    let Some(topic) = Topic::special(1, &[]) else {
        return;
    };
    let options = KafkaOptions {
        added_partitions: AddedPartitions::Take,
        ..soon()
    };
    let store = MemoryStore::default();
    let source = topic.open_with(&unique("take"), StartAt::Earliest, options);
    let worker = Worker::start(source, &store);
    until("it reads the first", || worker.owned().len() == 1);
    widen(&topic, 2);
    let feed = Feed::start(&topic.config(), &topic.name, 2);
    until("it reads the second", || worker.owned().len() == 2);
    let produced = feed.stop();
    wait_for_all(&store, produced);
    worker.stop().unwrap();
    assert_each_once(&store, produced);
}

#[test]
fn a_new_topic_of_a_pattern_is_found() {
    let Some(first) = Topic::special(1, &[]) else {
        return;
    };
    let store = MemoryStore::default();
    let pattern = format!("^{}.*", first.name);
    let (brokers, group) = (&first.brokers, unique("pattern"));
    let options = KafkaOptions::default();
    let source = KafkaSource::open(brokers, &group, [&*pattern], StartAt::Earliest, options);
    let worker = Worker::start(source.unwrap(), &store);
    until("it reads the first", || worker.owned().len() == 1);
    let second = Topic {
        brokers: first.brokers.clone(),
        name: format!("{}.more", first.name),
    };
    block_on(second.make_with(1, &[]));
    let from = crate::kafka::shared::now();
    let feed = Feed::start(&second.config(), &second.name, 1);
    until("it reads the second", || positions(&store).len() == 2);
    println!("found after {:.2?}", from.elapsed());
    let produced = feed.stop();
    wait_for_all(&store, produced);
    worker.stop().unwrap();
    assert_each_once(&store, produced);
}

#[test]
fn each_bad_record_is_a_dead_letter_of_its_step_with_its_place() {
    let Some(topic) = Topic::special(1, &[("max.message.bytes", "3000000")]) else {
        return;
    };
    let mut config = topic.config();
    config.set("message.max.bytes", "3000000");
    let producer: BaseProducer = config.create().unwrap();
    let line = br#"{"vehicle_id":"car-1","timestamp":"2024-02-15T14:32:18Z"}"#;
    let large = vec![b' '; MAX_RECORD_BYTES + 1];
    let values: [(&str, Option<&[u8]>); 6] = [
        ("car-1", Some(line)),
        ("car-1", None),
        ("car-1", Some(&[0, 0, 0, 0, 9, b'x'])),
        ("car-1", Some(b"{")),
        ("car-1", Some(&large)),
        ("car-2", Some(line)),
    ];
    for (key, value) in values {
        let record = BaseRecord::to(&topic.name).key(key).partition(0);
        let record = BaseRecord {
            payload: value,
            ..record
        };
        producer.send(record).unwrap();
    }
    producer.flush(PATIENCE).unwrap();
    let store = MemoryStore::default();
    let options = KafkaOptions::default();
    let source = topic.open_with(&unique("bad"), StartAt::Earliest, options);
    let worker = Worker::start(source, &store);
    wait_for_all(&store, 6);
    until("the health has the counts", || {
        worker.health().counts().read == 6
    });
    let counts = worker.health().counts();
    let expected = Counts {
        read: 6,
        accepted: 1,
        filtered: 1,
        dead_lettered: 4,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
    worker.stop().unwrap();
    let partition = topic.partition(0);
    let letters = store.dead_letters().into_iter().map(|(of, letter)| {
        assert_eq!(of, partition);
        (letter.offset.0, (letter.step.to_string(), letter.reason))
    });
    let letters: BTreeMap<u64, _> = letters.collect();
    for (at, step, why) in [
        (2, "decode", "schema 9"),
        (3, "decode", "not JSON"),
        (4, "decode", "the limit is"),
        (5, "key", "the key is `car-2`"),
    ] {
        let (found, reason) = &letters[&at];
        assert!(
            found == step && reason.contains(why),
            "{at}: {found}: {reason}"
        );
    }
}
