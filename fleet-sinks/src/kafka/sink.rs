//! The sink: rows as JSON, keyed, and durable when a write returns.

use std::fmt;

use async_trait::async_trait;
use compact_str::CompactString;
use fleet_core::{
    Result, Row, TableRow,
    sink::{Outcome, Rejected, Sink},
    table::JsonFields,
};
use rdkafka::{error::KafkaError as ClientError, message::OwnedHeaders};

use super::{
    config,
    error::{is_of_the_batch, is_of_the_record},
    options::KafkaSinkOptions,
    producer::{Outgoing, Producer, with_header},
};
use crate::{
    check::{self, Misfit},
    outbox::{CONTENT_ID, TRACEPARENT, content_id},
};

/// Produces rows to a topic: the row as a JSON object, its key, and its event time as timestamp.
/// The key is that of the row in its graph, or another [of the row](Self::with_key).
///
/// The header `content-id` holds a hash of topic, key, time and value, the same every time: by it a
/// reader drops what was produced again.
///
/// # Guarantees
/// Every row that is not rejected is on all replicas in sync when a write returns. The rows of a
/// key are produced in the order of the graph, to one partition, the one that Java's clients choose
/// for it; only where a topic refuses a batch for one of its records, may the others of the batch
/// come after later ones, and a write that failed is repeated as a whole: after that a row may
/// follow later ones, and then come again. A row that does not fit its columns, is too large for
/// the topic, or has a time that it does not take, is rejected; the others are produced. Rows are
/// produced at least once: after a failed write, or those since the last commit after a crash, they
/// come again, each with the same content id.
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
    producer: Producer,
    topic: String,
    json: JsonFields,
    /// The headers of every record.
    headers: Vec<(String, String)>,
    key: Option<KeyOf<R>>,
    traceparent: Option<TraceOf<R>>,
}

/// Finds the key of a row.
type KeyOf<R> = Box<dyn Fn(&R) -> CompactString + Send + Sync>;

/// Finds the trace context of a row.
type TraceOf<R> = Box<dyn Fn(&R) -> Option<String> + Send + Sync>;

impl<R> fmt::Debug for KafkaSink<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("KafkaSink");
        f.field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl<R: TableRow> KafkaSink<R> {
    /// Opens a topic to produce to. The brokers are first asked by a write. If they refuse it for
    /// their certificate, our login or the lack of TLS, and none has ever let us in, the write
    /// fails with an error that is not retryable and says what is wrong.
    ///
    /// # Errors
    /// Refuses unencrypted connections to other machines, unless the options ask for them,
    /// properties that the client does not know, and what this build lacks, with the feature that
    /// brings it.
    pub fn open(brokers: &str, topic: &str, options: &KafkaSinkOptions) -> Result<Self> {
        Ok(Self {
            producer: Producer::open(&config::producer(brokers, options)?)?,
            topic: topic.to_owned(),
            json: JsonFields::new(R::columns()),
            headers: Vec::new(),
            key: None,
            traceparent: None,
        })
    }

    /// Takes the key from the row, such as the driver of a trip, for a pipeline that reads the
    /// topic by that key. `LogRows::with_key` of a log in a store does the same without a broker.
    /// Default: the key of the row in its graph.
    ///
    /// The rows of one key may then come from several partitions of this pipeline, in any order
    /// between them.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::event::Alert;
    /// use fleet_sinks::kafka::{KafkaSink, KafkaSinkOptions};
    /// let options = KafkaSinkOptions::default();
    /// let sink = KafkaSink::<Alert>::open("localhost:9092", "alerts-by-kind", &options)?;
    /// let sink = sink.with_key(|alert: &Alert| alert.kind.as_word().to_owned());
    /// # let _ = sink;
    /// # Ok::<(), fleet_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_key<K: Into<CompactString>>(
        mut self,
        of: impl Fn(&R) -> K + Send + Sync + 'static,
    ) -> Self {
        self.key = Some(Box::new(move |row| of(row).into()));
        self
    }

    /// Gives each record this header, such as the kind of its row in a topic of several kinds.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::event::Alert;
    /// use fleet_sinks::kafka::{KafkaSink, KafkaSinkOptions};
    /// let options = KafkaSinkOptions::default();
    /// let sink = KafkaSink::<Alert>::open("localhost:9092", "results", &options)?;
    /// let sink = sink.with_header("table", "alerts");
    /// # let _ = sink;
    /// # Ok::<(), fleet_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives each record the trace context of its row, where it has one, in the header
    /// `traceparent`.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::event::Alert;
    /// use fleet_sinks::kafka::{KafkaSink, KafkaSinkOptions};
    /// let options = KafkaSinkOptions::default();
    /// let sink = KafkaSink::<Alert>::open("localhost:9092", "alerts", &options)?;
    /// // One trace for each alert.
    /// let trace = |alert: &Alert| Some(format!("00-{:032x}-{:016x}-01", alert.id.0, 1));
    /// let sink = sink.with_traceparent(trace);
    /// assert!(format!("{sink:?}").contains("alerts"));
    /// # Ok::<(), fleet_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_traceparent(
        mut self,
        of: impl Fn(&R) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.traceparent = Some(Box::new(of));
        self
    }

    /// Hands a row to the client. Returns why it is rejected, if it is.
    async fn send(
        &self,
        index: u32,
        key: Option<&CompactString>,
        row: &Row<R>,
        value: &mut Vec<u8>,
    ) -> Result<Option<String>> {
        value.clear();
        match check::json(&row.value, &self.json, value) {
            Ok(()) => {}
            Err(Misfit::Content(reason)) => return Ok(Some(reason)),
            Err(Misfit::Shape(error)) => return Err(error),
        }
        let own = self.key.as_ref().map(|of| of(&row.value));
        let key = own.as_ref().or(key).map(CompactString::as_bytes);
        let id = content_id(&self.topic, key, row.at, value).to_string();
        let mut headers = with_header(OwnedHeaders::new(), CONTENT_ID, id.as_bytes());
        for (name, value) in &self.headers {
            headers = with_header(headers, name, value.as_bytes());
        }
        let traceparent = self.traceparent.as_ref().and_then(|of| of(&row.value));
        if let Some(traceparent) = traceparent {
            headers = with_header(headers, TRACEPARENT, traceparent.as_bytes());
        }
        let record = Outgoing {
            topic: &self.topic,
            key,
            value: Some(value),
            at: Some(row.at),
            headers,
        };
        match self.producer.send(index, record).await {
            Ok(()) => Ok(None),
            Err(cause) if is_of_the_record(&cause) => Ok(Some(cause.to_string())),
            Err(cause) => Err(self.producer.failed(&self.topic, cause).await),
        }
    }

    /// Waits for the reports of this write, and returns the records that were refused for what they
    /// or their neighbours are, in order.
    async fn settle(&self, waiting: usize) -> Result<Vec<(u32, ClientError)>> {
        let failed = self.producer.settle(waiting).await;
        let other = failed.iter().find(|(_, cause)| !is_of_the_batch(cause));
        match other {
            Some((_, cause)) => Err(self.producer.failed(&self.topic, cause.clone()).await),
            None => Ok(failed),
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
        self.producer.begin();
        let mut refused: Vec<Option<String>> = Vec::with_capacity(rows.len());
        let mut value = Vec::new();
        let mut waiting = 0;
        for (index, row) in (0..).zip(rows) {
            let key = keys.and_then(|keys| keys.get(refused.len()));
            let reason = self.send(index, key, row, &mut value).await?;
            waiting += usize::from(reason.is_none());
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
