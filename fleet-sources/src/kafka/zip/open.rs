//! Opens topics to read them as one log.

use std::{ops::Range, sync::Arc, time::Duration};

use fleet_core::{
    Error, EventTime, Offset, Partition, Result,
    zip::{Place, Zip, ZipPayload},
};

use super::topics;
use crate::kafka::{
    config,
    error::KafkaError,
    options::{KafkaOptions, Protocol, StartAt},
    records::{KafkaRecord, KafkaRecords},
    source::KafkaSource,
};

/// How topics are zipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZipOptions {
    /// After how long without a record a partition is not waited for any more, if it is read to
    /// its end. Default 5 s, our choice: longer than a broker takes to be replaced in most cases.
    /// `None` waits for ever.
    pub idle: Option<Duration>,
    /// How far a record may be ahead of those of the other topics; beyond that it counts with the
    /// bound. Needed for topics whose producers set the times (`CreateTime`). Choose more than any
    /// topic is silent, because a backlog is read faster than it was written. Default: none.
    pub max_ahead: Option<Duration>,
}

impl Default for ZipOptions {
    fn default() -> Self {
        Self {
            idle: Some(Duration::from_secs(5)),
            max_ahead: None,
        }
    }
}

/// Opens topics and reads them as one log: the partitions with one number, of all topics, are one
/// partition of the pipeline, named `zip:TOPIC+TOPIC/NUMBER`.
///
/// Each record counts with its timestamp; of equal ones, the topic that is named first comes first.
/// See [`fleet_core::zip`].
///
/// # Guarantees
/// Those of [`KafkaSource`], for each topic. A process has all partitions of a number or none:
/// members share topics out by range. [`Protocol::CooperativeSticky`], the default of the options,
/// cannot do that, so [`Protocol::Range`] takes its place; [`Protocol::Consumer`] asks the brokers
/// for their assignor `range`.
///
/// # Errors
/// Refuses patterns; topics with different numbers of partitions; topics whose producers set the
/// times, without [`ZipOptions::max_ahead`]; and topics whose producers deal keys to partitions
/// differently, as far as the last records show, because a vehicle would be in two bundles. Returns
/// a retryable error if the brokers do not answer, and refuses what [`KafkaSource::open`] refuses.
/// Reading fails if a bundle stays incomplete for twice the session timeout.
///
/// # Examples
/// ```no_run
/// use fleet_core::{dialect::FleetPipeline, zip::ZipDecoder};
/// use fleet_sources::{KafkaDecoder, KafkaOptions, StartAt, kafka::{ZipOptions, zip_topics}};
///
/// # async fn example() -> fleet_core::Result<()> {
/// let topics = ["vehicle_telemetry", "perception_events", "driving_events"];
/// let (options, zip) = (KafkaOptions::default(), ZipOptions::default());
/// let start = StartAt::Earliest;
/// let source = zip_topics("localhost:9092", "risks", topics, start, options, zip).await?;
/// let decode = ZipDecoder::new(KafkaDecoder::new(FleetPipeline::default()));
/// # let _ = (source, decode);
/// # Ok(()) }
/// ```
pub async fn zip_topics<'a>(
    brokers: &str,
    group: &str,
    names: impl IntoIterator<Item = &'a str>,
    start_at: StartAt,
    mut options: KafkaOptions,
    zip: ZipOptions,
) -> Result<Zip<KafkaSource>> {
    let names: Vec<&str> = names.into_iter().collect();
    refuse_names(&names)?;
    let advice = match options.protocol {
        Protocol::Consumer => {
            let assignor = options.properties.entry("group.remote.assignor".into());
            assignor.or_insert_with(|| "range".into());
            "let every member of the group read the same topics, with group.remote.assignor=range"
        }
        Protocol::CooperativeSticky | Protocol::Range => {
            options.protocol = Protocol::Range;
            "let every member of the group read the same topics, with Protocol::Range"
        }
    };
    // Whether a partition is caught up has to be known sooner than it is idle.
    let statistics = options.properties.entry("statistics.interval.ms".into());
    statistics.or_insert_with(|| "1000".into());
    let config = config::consumer(brokers, group, &options)?;
    let owned: Vec<String> = names.iter().map(ToString::to_string).collect();
    let (timeout, bounded) = (options.timeout, zip.max_ahead.is_some());
    let checked =
        tokio::task::spawn_blocking(move || topics::check(&config, &owned, timeout, bounded));
    checked
        .await
        .map_err(|_| Error::from(KafkaError::Ended))??;

    let source = KafkaSource::open(
        brokers,
        group,
        names.iter().copied(),
        start_at,
        options.clone(),
    )?;
    let joined = names.join("+");
    let topics: Vec<Arc<str>> = names.iter().map(|name| Arc::from(*name)).collect();
    let inputs = topics.len();
    let place = move |partition: &Partition| {
        let (topic, number) = partition
            .as_str()
            .strip_prefix("kafka:")?
            .rsplit_once('/')?;
        let bundle = format!("zip:{joined}/{number}");
        Place::new(bundle, topics.iter().map(|topic| &**topic), topic)
    };
    let within = options.session_timeout.max(options.hand_over) * 2;
    let mut zipped = Zip::new(source, inputs, place).complete_within(within, advice);
    if let Some(idle) = zip.idle {
        zipped = zipped.idle(idle);
    }
    if let Some(ahead) = zip.max_ahead {
        zipped = zipped.max_ahead(ahead);
    }
    Ok(zipped)
}

fn refuse_names(names: &[&str]) -> Result<()> {
    let refused = |why: String| Err(KafkaError::Config(why).into());
    if let Some(pattern) = names.iter().find(|name| name.starts_with('^')) {
        return refused(format!(
            "topics that are zipped are named one by one, and {pattern} is a pattern: its topics \
             would change, and so would the order of records"
        ));
    }
    let mut once = names.to_vec();
    once.sort_unstable();
    once.dedup();
    if once.len() < 2 || once.len() < names.len() {
        return refused(format!(
            "name two topics or more to zip, each once, instead of {names:?}"
        ));
    }
    Ok(())
}

/// Records count with their timestamps.
impl ZipPayload for KafkaRecords {
    fn times(&self) -> Vec<(Offset, Option<EventTime>)> {
        let time = |record: KafkaRecord<'_>| (Offset(record.offset()), record.time());
        self.iter().map(time).collect()
    }

    fn part(&self, records: Range<usize>) -> Self {
        self.part_of(records)
    }

    fn raw(&self) -> Vec<u8> {
        let first = self.iter().next().and_then(KafkaRecord::value);
        first.unwrap_or_default().to_vec()
    }
}
