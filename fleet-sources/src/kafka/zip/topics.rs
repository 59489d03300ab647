//! Whether topics can be zipped, as the brokers have them.

use std::time::Duration;

use fleet_core::{Error, Result};
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions, ResourceSpecifier},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError as ClientError, KafkaResult},
    message::Message,
    metadata::MetadataTopic,
};
use tokio::runtime::Handle;

use super::partitioner::{Partitioner, Sample};
use crate::kafka::{
    asker::{self, Quiet},
    config,
    error::KafkaError,
    probe::{self, Answer},
    shared::now,
};

/// How many of the last records of a partition are looked at, for the partitioner of its producers.
/// Our choice: enough keys to tell, and read at once.
const SAMPLE: i64 = 20;
/// How many partitions of a topic are looked at. Our choice.
const LOOKED_AT: i32 = 3;
/// How long reading them may take; what was not read by then tells nothing. Our choice.
const READ: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(50);

/// A topic as the brokers have it.
struct Found {
    name: String,
    partitions: i32,
    /// `message.timestamp.type`.
    times: String,
    partitioner: Option<Partitioner>,
}

/// Refuses topics that cannot be zipped. `bounded` says whether times of producers are bounded.
pub(super) fn check(
    config: &ClientConfig,
    names: &[String],
    timeout: Duration,
    bounded: bool,
) -> Result<()> {
    let mut config = config.clone();
    // What only looks is no member of the group.
    config.remove("group.instance.id");
    let refused = |cause| config::refused(&cause);
    if let Answer::Refused(refusal) = probe::first_contact(&config, timeout).map_err(refused)? {
        return Err(KafkaError::NotLetIn(probe::explain(&config, &refusal)).into());
    }
    let admin: AdminClient<DefaultClientContext> = config.create().map_err(refused)?;
    let consumer = asker::open(&config)?;
    let mut found = Vec::new();
    for name in names {
        let failed = |cause| KafkaError::client(format!("look at topic {name}"), cause);
        let partitions = partitions(&consumer, name, timeout).map_err(failed)?;
        let times = times(&admin, name, timeout).map_err(failed)?;
        let partitioner = partitioner(&consumer, name, partitions).map_err(failed)?;
        found.push(Found {
            name: name.clone(),
            partitions,
            times,
            partitioner,
        });
    }
    match misfit(&found, bounded) {
        Some(why) => Err(Error::from(KafkaError::Config(why))),
        None => Ok(()),
    }
}

/// Why these topics cannot be zipped, if they cannot.
fn misfit(found: &[Found], bounded: bool) -> Option<String> {
    let told = |what: fn(&Found) -> String| {
        let each = found
            .iter()
            .map(|topic| format!("{} {}", topic.name, what(topic)));
        each.collect::<Vec<_>>().join(", ")
    };
    let first = found.first()?;
    if found
        .iter()
        .any(|topic| topic.partitions != first.partitions)
    {
        let numbers = told(|topic| topic.partitions.to_string());
        return Some(format!(
            "topics that are zipped need equally many partitions, and have {numbers}: a vehicle \
             would be in partitions of different numbers"
        ));
    }
    let by_producers = |topic: &&Found| topic.times != "LogAppendTime";
    if let Some(topic) = found.iter().find(by_producers).filter(|_| !bounded) {
        let (name, times) = (&topic.name, &topic.times);
        return Some(format!(
            "the times of topic {name} are set by its producers ({times}), and one whose clock is \
             ahead would hold all others back: set message.timestamp.type=LogAppendTime for the \
             topic, or bound it by ZipOptions::max_ahead"
        ));
    }
    let known = || found.iter().filter(|topic| topic.partitioner.is_some());
    let one = known().next()?;
    if known().any(|topic| topic.partitioner != one.partitioner) {
        let partitioners = told(|topic| match topic.partitioner {
            Some(partitioner) => format!("by {}", partitioner.as_word()),
            None => "unknown".into(),
        });
        return Some(format!(
            "producers deal the same key to partitions of different numbers: {partitioners}. Set \
             one partitioner for all of them (librdkafka: partitioner=murmur2_random, as Java has)"
        ));
    }
    None
}

fn partitions(consumer: &BaseConsumer<Quiet>, name: &str, timeout: Duration) -> KafkaResult<i32> {
    let metadata = consumer.fetch_metadata(Some(name), timeout)?;
    let topic = metadata.topics().first();
    if let Some(code) = topic.and_then(MetadataTopic::error) {
        return Err(ClientError::MetadataFetch(code.into()));
    }
    let count = topic.map_or(0, |topic| topic.partitions().len());
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}

fn times(
    admin: &AdminClient<DefaultClientContext>,
    name: &str,
    timeout: Duration,
) -> KafkaResult<String> {
    let patience = AdminOptions::new().request_timeout(Some(timeout));
    let asked = [ResourceSpecifier::Topic(name)];
    let answers = Handle::current().block_on(admin.describe_configs(&asked, &patience))?;
    for answer in answers {
        let settings = answer.map_err(ClientError::AdminOp)?;
        let times = settings.get("message.timestamp.type");
        if let Some(times) = times.and_then(|entry| entry.value.clone()) {
            return Ok(times);
        }
    }
    Ok("unknown".into())
}

/// How the producers of a topic deal keys to partitions, as far as its last records show.
fn partitioner(
    consumer: &BaseConsumer<Quiet>,
    name: &str,
    partitions: i32,
) -> KafkaResult<Option<Partitioner>> {
    let mut last = TopicPartitionList::new();
    let mut left = 0;
    for number in 0..partitions.min(LOOKED_AT) {
        let (oldest, end) = consumer.fetch_watermarks(name, number, READ)?;
        let from = oldest.max(end - SAMPLE);
        left += end - from;
        last.add_partition_offset(name, number, Offset::Offset(from))?;
    }
    if left == 0 {
        return Ok(None);
    }
    consumer.assign(&last)?;
    let (mut sample, until) = (Sample::new(partitions), now() + READ);
    while left > 0 && now() < until {
        if let Some(Ok(record)) = consumer.poll(POLL) {
            left -= 1;
            if let Some(key) = record.key() {
                sample.add(key, record.partition());
            }
        }
    }
    consumer.unassign()?;
    Ok(sample.partitioner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, partitions: i32) -> Found {
        Found {
            name: name.into(),
            partitions,
            times: "LogAppendTime".into(),
            partitioner: Some(Partitioner::Murmur2),
        }
    }

    #[test]
    fn each_misfit_names_the_topics_and_what_to_do() {
        assert_eq!(misfit(&[found("a", 3), found("b", 3)], false), None);
        let why = misfit(&[found("a", 3), found("b", 4)], false).unwrap();
        assert!(why.contains("a 3, b 4"), "{why}");

        let created = Found {
            times: "CreateTime".into(),
            ..found("b", 3)
        };
        let topics = [found("a", 3), created];
        let why = misfit(&topics, false).unwrap();
        assert!(
            why.contains("topic b") && why.contains("max_ahead"),
            "{why}"
        );
        assert_eq!(misfit(&topics, true), None);

        let other = Found {
            partitioner: Some(Partitioner::Crc32),
            ..found("b", 3)
        };
        let unknown = Found {
            partitioner: None,
            ..found("c", 3)
        };
        let why = misfit(&[found("a", 3), unknown, other], false).unwrap();
        assert!(why.contains("a by murmur2, c unknown, b by crc32"), "{why}");
    }
}
