//! How far positions in a store are behind their topics, asked without joining the group.

use std::time::Duration;

use fleet_core::{Error, EventTime, Offset, Partition, Result};
use rdkafka::{
    ClientConfig,
    Offset::Offset as At,
    TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError as ClientError, KafkaResult, RDKafkaErrorCode},
};

use super::{
    config,
    error::KafkaError,
    lag,
    options::KafkaOptions,
    probe::{self, Answer},
    records::time,
    shared::now,
};

/// The name by which the client calls itself. It joins no group.
const GROUP: &str = "fleet-lag";
/// How long one call waits, so that a deadline is noticed.
const POLL: Duration = Duration::from_millis(100);

/// How far a position is behind a partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TopicLag {
    /// The partition, named as its source names it.
    pub partition: Partition,
    /// The position: the offset of the next record.
    pub committed: Offset,
    /// How many offsets follow. The marks of transactions take offsets too, so this may be more
    /// than the number of records; it is 0 if no record follows.
    pub behind: u64,
    /// How long ago the log took the next record; zero if there is none, `None` if it has no time
    /// or did not come in time.
    pub age: Option<Duration>,
}

/// Asks brokers how far positions are behind. Partitions whose names are not those of a
/// [`KafkaSource`](super::KafkaSource) are left out.
///
/// # Errors
/// Returns an error if the brokers do not answer within [`KafkaOptions::timeout`], and refuses what
/// [`KafkaSource::open`](super::KafkaSource::open) refuses.
///
/// # Examples
/// ```no_run
/// use fleet_core::{Offset, Partition};
/// use fleet_sources::{KafkaOptions, topic_lag};
///
/// # async fn example() -> fleet_core::Result<()> {
/// let position = (Partition::from("kafka:fleet.telemetry.raw/0"), Offset(1_000));
/// for lag in topic_lag("localhost:9092", [position], KafkaOptions::default()).await? {
///     println!("{}: {} behind", lag.partition, lag.behind);
/// }
/// # Ok(()) }
/// ```
pub async fn topic_lag(
    brokers: &str,
    positions: impl IntoIterator<Item = (Partition, Offset)>,
    options: KafkaOptions,
) -> Result<Vec<TopicLag>> {
    let config = config::consumer(brokers, GROUP, &options)?;
    let positions: Vec<_> = positions.into_iter().collect();
    let asked =
        tokio::task::spawn_blocking(move || Question::new(&config, &options)?.ask(positions));
    asked.await.map_err(|_| Error::from(KafkaError::Ended))?
}

/// A client that asks for ends and reads one record of each partition.
struct Question {
    consumer: BaseConsumer,
    timeout: Duration,
}

/// What follows a position.
enum Next {
    /// A record, with its timestamp.
    Record(Option<EventTime>),
    /// Nothing, or the mark of a transaction.
    Nothing,
    /// It did not come in time.
    Unknown,
}

impl Question {
    fn new(config: &ClientConfig, options: &KafkaOptions) -> Result<Self> {
        let refused = |cause| config::refused(&cause);
        // A client that only asks would wait for its whole time, and not say why.
        let answer = probe::first_contact(config, options.timeout).map_err(refused)?;
        if let Answer::Refused(refusal) = answer {
            return Err(KafkaError::NotLetIn(probe::explain(config, &refusal)).into());
        }
        let consumer = config.create().map_err(refused)?;
        let timeout = options.timeout;
        Ok(Self { consumer, timeout })
    }

    fn ask(&self, positions: Vec<(Partition, Offset)>) -> Result<Vec<TopicLag>> {
        let mut lags = Vec::new();
        for (partition, committed) in positions {
            let Some((topic, number)) = parts(&partition) else {
                continue;
            };
            let next = self.consumer.fetch_watermarks(topic, number, self.timeout);
            let next = next.and_then(|(_, end)| {
                let behind = end.unsigned_abs().saturating_sub(committed.0);
                let next = match behind {
                    0 => Next::Nothing,
                    _ => self.next((topic, number), committed)?,
                };
                Ok((behind, next))
            });
            let doing = || format!("ask for the end of {partition}");
            let (behind, next) = next.map_err(|cause| KafkaError::client(doing(), cause))?;
            let (behind, age) = match next {
                Next::Record(time) => (behind, time.map(age)),
                Next::Nothing => (0, Some(Duration::ZERO)),
                Next::Unknown => (behind, None),
            };
            lags.push(TopicLag {
                partition,
                committed,
                behind,
                age,
            });
        }
        Ok(lags)
    }

    /// Reads one record of a partition, or its end.
    fn next(&self, (topic, number): (&str, i32), at: Offset) -> KafkaResult<Next> {
        let mut this = TopicPartitionList::new();
        let at = At(i64::try_from(at.0).unwrap_or(i64::MAX));
        this.add_partition_offset(topic, number, at)?;
        self.consumer.assign(&this)?;
        let until = now() + self.timeout;
        let next = loop {
            match self.consumer.poll(POLL) {
                Some(Ok(message)) => break Next::Record(time(&message)),
                Some(Err(ClientError::PartitionEOF(_))) => break Next::Nothing,
                // Retention has passed the position: the record that follows is gone.
                Some(Err(error)) if is_gone(&error) => break Next::Unknown,
                Some(Err(_)) | None if now() >= until => break Next::Unknown,
                Some(Err(_)) | None => {}
            }
        };
        self.consumer.unassign()?;
        Ok(next)
    }
}

fn is_gone(error: &ClientError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange)
    )
}

/// The topic and the number of a partition of a [`KafkaSource`](super::KafkaSource).
fn parts(partition: &Partition) -> Option<(&str, i32)> {
    let (topic, number) = partition
        .as_str()
        .strip_prefix("kafka:")?
        .rsplit_once('/')?;
    Some((topic, number.parse().ok()?))
}

fn age(time: EventTime) -> Duration {
    let micros = lag::now().as_micros().saturating_sub(time.as_micros());
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
