//! How many partitions of a topic a group reads: the group remembers it beside its offsets.

use std::time::Duration;

use fleet_core::Result;
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError as ClientError, KafkaResult},
    metadata::MetadataTopic,
};

use super::{asker::Quiet, error::KafkaError, options::AddedPartitions, shared::Place};

/// What precedes the number in the metadata of an offset.
const PREFIX: &str = "partitions=";

/// What follows the number where a partition began, and nothing of it is committed yet.
const BEGUN: &str = " begun";

/// Positions of the group, each with how many partitions of its topic are read.
pub(super) fn positions(of: &[(Place, u64, i32)]) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::with_capacity(of.len());
    for (place, offset, known) in of {
        let offset = i64::try_from(*offset).unwrap_or(i64::MAX);
        add(&mut list, place, offset, note(*known))?;
    }
    Ok(list)
}

/// What the group keeps beside a position.
pub(super) fn note(known: i32) -> String {
    format!("{PREFIX}{known}")
}

/// Where a partition begins of which nothing is committed yet.
pub(super) fn beginning(place: &Place, offset: i64, known: i32) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    add(&mut list, place, offset, format!("{PREFIX}{known}{BEGUN}"))?;
    Ok(list)
}

fn add(
    list: &mut TopicPartitionList,
    (topic, number): &Place,
    offset: i64,
    metadata: String,
) -> KafkaResult<()> {
    let mut element = list.add_partition(topic, *number);
    element.set_offset(Offset::Offset(offset))?;
    element.set_metadata(metadata);
    Ok(())
}

/// Where a partition began, if nothing of it was committed since.
pub(super) fn begun(
    consumer: &BaseConsumer<Quiet>,
    place: &Place,
    timeout: Duration,
) -> Result<Option<i64>> {
    let kept = kept(consumer, place, timeout)?;
    Ok(kept.and_then(|(offset, has_begun)| has_begun.then_some(offset)))
}

/// The position that the group keeps of a partition. `None` if it keeps none, or only where the
/// partition began.
pub(super) fn position(
    consumer: &BaseConsumer<Quiet>,
    place: &Place,
    timeout: Duration,
) -> Result<Option<u64>> {
    let kept = kept(consumer, place, timeout)?;
    let position = kept.filter(|(_, has_begun)| !has_begun);
    Ok(position.and_then(|(offset, _)| u64::try_from(offset).ok()))
}

/// The offset that the group keeps of a partition, and whether it only began there.
fn kept(
    consumer: &BaseConsumer<Quiet>,
    (topic, number): &Place,
    timeout: Duration,
) -> Result<Option<(i64, bool)>> {
    let mut list = TopicPartitionList::new();
    list.add_partition(topic, *number);
    let asked = consumer.committed_offsets(list, timeout);
    let doing = || format!("ask for the position of partition {number} of topic {topic}");
    let committed = asked.map_err(|cause| KafkaError::client(doing(), cause))?;
    let elements = committed.elements();
    let found = elements.first().and_then(|element| match element.offset() {
        Offset::Offset(offset) => Some((offset, element.metadata().ends_with(BEGUN))),
        _ => None,
    });
    Ok(found)
}

/// How many partitions of a topic are read: those that it had when the group began, or all.
pub(super) fn known(
    consumer: &BaseConsumer<Quiet>,
    topic: &str,
    added: AddedPartitions,
    timeout: Duration,
) -> Result<i32> {
    let doing = || format!("ask for the partitions of topic {topic}");
    let asked = consumer.fetch_metadata(Some(topic), timeout);
    let metadata = asked.map_err(|cause| KafkaError::client(doing(), cause))?;
    let found = metadata.topics().first();
    if let Some(code) = found.and_then(MetadataTopic::error) {
        let cause = ClientError::MetadataFetch(code.into());
        return Err(KafkaError::client(doing(), cause));
    }
    let there = found.map_or(0, |topic| topic.partitions().len());
    let there = i32::try_from(there).unwrap_or(i32::MAX);
    if added == AddedPartitions::Take {
        return Ok(there);
    }
    let mut list = TopicPartitionList::new();
    list.add_partition_range(topic, 0, there.saturating_sub(1));
    let committed = consumer.committed_offsets(list, timeout);
    let committed = committed.map_err(|cause| KafkaError::client(doing(), cause))?;
    let elements = committed.elements();
    let known = elements.iter().filter_map(|element| {
        let number = element.metadata().strip_prefix(PREFIX)?;
        let number = number.strip_suffix(BEGUN).unwrap_or(number);
        number.parse::<i32>().ok().filter(|number| *number > 0)
    });
    Ok(known.max().unwrap_or(there))
}
