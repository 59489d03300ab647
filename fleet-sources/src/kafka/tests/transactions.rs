//! Transactions of producers: what was aborted is not read, and what is open is seen to hold back.

use std::time::Duration;

use fleet_core::{Offset, Source};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::rig::{PATIENCE, Reader, Topic, unique};
use crate::kafka::{KafkaOptions, StartAt};

fn transactional(topic: &Topic) -> BaseProducer {
    let mut config = topic.config();
    config.set("transactional.id", unique("transaction"));
    let producer: BaseProducer = config.create().unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    producer
}

fn send(producer: &BaseProducer, topic: &Topic, values: std::ops::Range<u32>) {
    for number in values {
        let value = format!("value {number}");
        let record = BaseRecord::to(&topic.name).key("car-1").payload(&value);
        producer.send(record.partition(0)).unwrap();
    }
    producer.flush(PATIENCE).unwrap();
}

#[tokio::test]
async fn aborted_records_are_not_read_and_open_ones_count_as_lag() {
    let Some(topic) = Topic::new().await else {
        return;
    };
    let producer = transactional(&topic);
    producer.begin_transaction().unwrap();
    send(&producer, &topic, 0..10);
    producer.abort_transaction(PATIENCE).unwrap();
    producer.begin_transaction().unwrap();
    send(&producer, &topic, 10..15);
    producer.commit_transaction(PATIENCE).unwrap();
    let mut options = KafkaOptions::default();
    let often = ("statistics.interval.ms".to_owned(), "100".to_owned());
    options.properties.extend([often]);
    let source = topic.open_with(&unique("transactions"), StartAt::Earliest, options);
    let mut reader = Reader::new(source);
    let partition = topic.partition(0);
    while reader.count() < 5 {
        reader.step(None).await.unwrap();
    }
    let read = reader.read.get(&partition).unwrap().clone();
    let committed: Vec<_> = (10..15).map(|number| format!("value {number}")).collect();
    assert_eq!(read, committed);

    // Fifteen records and two marks are before it.
    producer.begin_transaction().unwrap();
    send(&producer, &topic, 15..20);
    let held_back = async {
        while reader.source.end(&partition) != Some(Offset(22)) {
            let _ = tokio::time::timeout(Duration::from_millis(50), reader.step(None)).await;
        }
    };
    tokio::time::timeout(PATIENCE, held_back).await.unwrap();
    assert_eq!(reader.count(), 5);
    producer.commit_transaction(PATIENCE).unwrap();
    while reader.count() < 10 {
        reader.step(None).await.unwrap();
    }
}
