//! The sink: rows as JSON, keyed, and durable when a write returns.

use std::{fmt, marker::PhantomData, time::Duration};

use async_trait::async_trait;
use compact_str::CompactString;
use fleet_core::{
    EventTime, Result, Row, TableRow,
    sink::{Outcome, Rejected, Sink},
    table::to_ndjson,
};
use rdkafka::{
    error::{KafkaError as ClientError, RDKafkaErrorCode},
    producer::{BaseProducer, BaseRecord, Producer},
};

use super::{
    config,
    error::{KafkaError, is_of_the_record},
    options::KafkaSinkOptions,
    reports::{Reports, Sent},
};
use crate::check::{self, Misfit};

/// How often reports are looked for, and a full queue is tried again. `poll` of the client would
/// wait for its whole time even if a report came at once.
const LOOK: Duration = Duration::from_micros(500);

/// Produces rows to a topic: the row as a JSON object, its key, and its event time as timestamp.
///
/// # Guarantees
/// Every row that is not rejected is on all replicas in sync when a write returns. The rows of a
/// key are produced in the order of the graph, to one partition, the one that Java's clients choose
/// for it; only where a topic takes less than a megabyte, and refuses a batch for one record, may
/// the others of the batch come after later ones. A row that does not fit its columns, or is too
/// large for the topic, is rejected; the others are produced. Rows are produced at least once:
/// after a crash those since the last commit come again.
///
/// # Examples
/// ```no_run
/// use fleet_core::{Graph, MemoryStore, Order, Pipeline, decode::Typed, event::Telemetry};
/// use fleet_core::testing::Scripted;
/// use fleet_sinks::kafka::{KafkaSink, KafkaSinkOptions};
///
/// # async fn example(source: Scripted<Telemetry>) -> fleet_core::Result<()> {
/// let sink = KafkaSink::open("localhost:9092", "fleet.telemetry", &KafkaSinkOptions::default())?;
/// let (graph, telemetry) = Graph::new();
/// let (order, store) = (Order::default(), MemoryStore::default());
/// Pipeline::at_least_once(source, Typed::default(), order, graph, store)
///     .publish("telemetry", telemetry, sink)
///     .run()
///     .await?;
/// # Ok(()) }
/// ```
pub struct KafkaSink<R> {
    producer: BaseProducer<Reports>,
    topic: String,
    /// The number of the current write.
    write: u32,
    row: PhantomData<fn() -> R>,
}

impl<R> fmt::Debug for KafkaSink<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("KafkaSink");
        f.field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl<R: TableRow> KafkaSink<R> {
    /// Opens a topic to produce to. The brokers are first asked by a write.
    ///
    /// # Errors
    /// Refuses unencrypted connections to other machines, unless the options ask for them, and
    /// properties that the client does not know.
    pub fn open(brokers: &str, topic: &str, options: &KafkaSinkOptions) -> Result<Self> {
        let config = config::producer(brokers, options)?;
        let made = config.create_with_context(Reports::default());
        Ok(Self {
            producer: made.map_err(|cause| config::refused(&cause))?,
            topic: topic.to_owned(),
            write: 0,
            row: PhantomData,
        })
    }

    /// Hands a row to the client, which sends it with others. Returns why it is rejected, if it is.
    async fn send(
        &self,
        index: u32,
        key: Option<&CompactString>,
        row: &Row<R>,
        value: &mut Vec<u8>,
    ) -> Result<Option<String>> {
        match check::fields(&row.value, &mut |_, _| ()) {
            Ok(()) => {}
            Err(Misfit::Content(reason)) => return Ok(Some(reason)),
            Err(Misfit::Shape(error)) => return Err(error),
        }
        value.clear();
        to_ndjson(&row.value, value);
        value.pop();
        let sent = Sent {
            write: self.write,
            index,
        };
        loop {
            let mut record = BaseRecord::with_opaque_to(&self.topic, sent.packed()).payload(value);
            if let Some(key) = key {
                record = record.key(key.as_bytes());
            }
            if let Some(millis) = millis(row.at) {
                record = record.timestamp(millis);
            }
            match self.producer.send(record) {
                Ok(()) => return Ok(None),
                Err((cause, _))
                    if cause.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) =>
                {
                    self.producer.poll(Duration::ZERO);
                    tokio::time::sleep(LOOK).await;
                }
                Err((cause, _)) if is_of_the_record(&cause) => return Ok(Some(cause.to_string())),
                Err((cause, _)) => return Err(self.failed(cause)),
            }
        }
    }

    fn failed(&self, cause: ClientError) -> fleet_core::Error {
        let topic = self.topic.clone();
        KafkaError::Produce { topic, cause }.into()
    }

    /// Waits for the reports of this write, and returns the records that were refused for what they
    /// are, in order.
    async fn settle(&self, mut waiting: u32) -> Result<Vec<(u32, ClientError)>> {
        let (mut refused, mut failure) = (Vec::new(), None);
        while waiting > 0 {
            self.producer.poll(Duration::ZERO);
            let reports = self.producer.context().take();
            if reports.is_empty() {
                tokio::time::sleep(LOOK).await;
            }
            for (sent, cause) in reports
                .into_iter()
                .filter(|(sent, _)| sent.write == self.write)
            {
                waiting -= 1;
                match cause {
                    None => {}
                    Some(cause) if is_of_the_record(&cause) => refused.push((sent.index, cause)),
                    Some(cause) => _ = failure.get_or_insert(cause),
                }
            }
        }
        refused.sort_unstable_by_key(|(index, _)| *index);
        match failure {
            Some(cause) => Err(self.failed(cause)),
            None => Ok(refused),
        }
    }

    async fn write_all(
        &mut self,
        rows: &[Row<R>],
        keys: Option<&[CompactString]>,
    ) -> Result<Outcome>
    where
        R: Sync,
    {
        self.write = self.write.wrapping_add(1);
        let mut refused: Vec<Option<String>> = Vec::with_capacity(rows.len());
        let mut value = Vec::new();
        let mut waiting = 0;
        for (index, row) in (0..).zip(rows) {
            let key = keys.and_then(|keys| keys.get(refused.len()));
            let reason = self.send(index, key, row, &mut value).await?;
            waiting += u32::from(reason.is_none());
            refused.push(reason);
        }
        let unsent = self.settle(waiting).await?;
        // A broker refuses a batch as a whole for one record, so each is sent again by itself.
        for (index, cause) in unsent {
            let place = index as usize;
            let (Some(row), Some(reason)) = (rows.get(place), refused.get_mut(place)) else {
                continue;
            };
            let key = keys.and_then(|keys| keys.get(place));
            let alone = self.send(index, key, row, &mut value).await?;
            *reason = match alone {
                Some(why) => Some(why),
                None => self
                    .settle(1)
                    .await?
                    .pop()
                    .map(|(_, cause)| cause.to_string()),
            };
            tracing::debug!(%cause, index, refused = reason.is_some(), "a record was sent again");
        }
        let each = refused.into_iter().zip(rows).enumerate();
        let rejected = each
            .filter_map(|(index, (reason, row))| Some(check::rejected(index, reason?, &row.value)));
        let rejected: Vec<Rejected> = rejected.collect();
        Ok(Outcome { rejected })
    }
}

/// The timestamp of a record, in milliseconds. Kafka has none before 1970.
fn millis(at: EventTime) -> Option<i64> {
    Some(at.as_micros().div_euclid(1000)).filter(|millis| *millis >= 0)
}

#[async_trait]
impl<R: TableRow + Send + Sync + 'static> Sink<R> for KafkaSink<R> {
    async fn write(&mut self, rows: &[Row<R>]) -> Result<Outcome> {
        self.write_all(rows, None).await
    }

    fn wants_keys(&self) -> bool {
        true
    }

    async fn write_keyed(&mut self, rows: &[Row<R>], keys: &[CompactString]) -> Result<Outcome> {
        self.write_all(rows, Some(keys)).await
    }
}
