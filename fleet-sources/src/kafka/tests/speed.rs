//! How fast records are read, beside a bare loop over the client. Run by hand, in release:
//! `cargo test --release -p fleet-sources --features kafka --lib -- --ignored speed --nocapture`.
use std::time::Duration;

use fleet_core::{Source, source::SourceEvent};
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    producer::{BaseProducer, BaseRecord, Producer},
};

use super::rig::{PARTITIONS, Topic, unique};
use crate::kafka::{StartAt, shared::now};

const RECORDS: u32 = 1_000_000;

#[tokio::test]
#[ignore = "a measurement"]
async fn speed_of_reading_beside_a_bare_loop() {
    let Some(topic) = Topic::new().await else {
        return;
    };
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &topic.brokers);
    fill(&topic, &config);
    for _ in 0..3 {
        let bare = bare(&topic, &mut config);
        let ours = ours(&topic).await;
        let rate = |took: Duration| f64::from(RECORDS) / took.as_secs_f64() / 1e3;
        println!(
            "bare loop {:.0} k/s, source {:.0} k/s, ratio {:.2}",
            rate(bare),
            rate(ours),
            bare.as_secs_f64() / ours.as_secs_f64()
        );
    }
}

/// Records of about 234 bytes, as VehicleOps sends.
fn fill(topic: &Topic, config: &ClientConfig) {
    let producer: BaseProducer = config.clone().set("linger.ms", "5").create().unwrap();
    let value = "x".repeat(234);
    for number in 0..RECORDS {
        let key = format!("car-{:04}", number % 1000);
        let partition = i32::try_from(number).unwrap() % PARTITIONS;
        let record = || {
            BaseRecord::to(&topic.name)
                .key(&key)
                .payload(&value)
                .partition(partition)
        };
        while producer.send(record()).is_err() {
            producer.poll(Duration::from_millis(10));
        }
    }
    producer.flush(Duration::from_secs(60)).unwrap();
}

/// The time from the first record to the last.
fn bare(topic: &Topic, config: &mut ClientConfig) -> Duration {
    let group = unique("bare");
    let consumer: BaseConsumer = config.set("group.id", &group).create().unwrap();
    let mut list = TopicPartitionList::new();
    for number in 0..PARTITIONS {
        list.add_partition_offset(&topic.name, number, Offset::Beginning)
            .unwrap();
    }
    consumer.assign(&list).unwrap();
    let (mut count, mut start) = (0, now());
    while count < RECORDS {
        if let Some(Ok(_)) = consumer.poll(Duration::from_secs(1)) {
            if count == 0 {
                start = now();
            }
            count += 1;
        }
    }
    start.elapsed()
}

async fn ours(topic: &Topic) -> Duration {
    let mut source = topic.open(&unique("ours"), StartAt::Earliest);
    let (mut count, mut start) = (0, now());
    while count < RECORDS as usize {
        match source.next().await.unwrap() {
            SourceEvent::Assigned(partitions) => {
                for partition in partitions {
                    source.start(&partition, None).await.unwrap();
                }
            }
            SourceEvent::Batch(batch) => {
                if count == 0 {
                    start = now();
                }
                count += batch.payload.len();
            }
            _ => {}
        }
    }
    start.elapsed()
}
