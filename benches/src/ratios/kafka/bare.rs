//! The client alone.

use std::time::Duration;

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
};

use super::topic::{PARTITIONS, Topic, now, unique};

/// A consumer that reads all partitions from their beginning.
pub(super) fn consumer(topic: &Topic) -> BaseConsumer {
    let mut config = topic.config();
    config
        .set("group.id", unique("bare"))
        .set("check.crcs", "true");
    let consumer: BaseConsumer = config.create().unwrap();
    let mut list = TopicPartitionList::new();
    for number in 0..PARTITIONS {
        list.add_partition_offset(&topic.name, number, Offset::Beginning)
            .unwrap();
    }
    consumer.assign(&list).unwrap();
    consumer
}

/// Reads the whole topic, and returns the time from the first record to the last.
pub(super) fn read(topic: &Topic) -> Duration {
    let consumer = consumer(topic);
    let (mut count, mut bytes, mut start) = (0, 0, now());
    while count < topic.records {
        if let Some(Ok(message)) = consumer.poll(Duration::from_secs(1)) {
            if count == 0 {
                start = now();
            }
            count += 1;
            bytes += message.payload().map_or(0, <[u8]>::len);
        }
    }
    assert!(bytes > 0);
    start.elapsed()
}
