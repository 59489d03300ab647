//! A topic for results, written in the transactions of the store.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use compact_str::CompactString;
use fleet_core::{
    EventTime, Result, Row, TableRow,
    sink::{Outcome, Rejected, TransactionalSink},
    table::JsonFields,
};
use rdkafka::message::OwnedHeaders;

use super::{
    error::StoreError,
    inner::Inner,
    limits::Limits,
    store::KafkaStore,
    tx::{KafkaTx, Record},
};
use crate::{
    check::{self, Misfit},
    kafka::producer::with_header,
    outbox::{TRACEPARENT, topic_name_refusal},
};

/// Finds the key of a row.
type KeyOf<R> = Box<dyn Fn(&R) -> CompactString + Send + Sync>;

/// Finds the trace context of a row.
type TraceOf<R> = Box<dyn Fn(&R) -> Option<String> + Send + Sync>;

/// Produces rows to a topic in the transactions of a [`KafkaStore`]: the row as a JSON object, its
/// key, and its event time as timestamp.
///
/// # Guarantees
/// A reader with `isolation.level=read_committed` sees each row once, and those of a key in the
/// order of the graph. A row that does not fit its columns, is larger than the topic takes, or has a
/// time that it does not take, is rejected; the others are produced. Times are compared with the
/// clock of this machine, because a broker would refuse the whole transaction.
///
/// # Examples
/// See [`KafkaStore`].
pub struct KafkaTopic<R> {
    store: Arc<Inner>,
    name: Arc<str>,
    json: JsonFields,
    /// What the topic takes; asked for by the first write.
    limits: Option<Limits>,
    /// The headers of every record.
    headers: Vec<(String, String)>,
    key: Option<KeyOf<R>>,
    traceparent: Option<TraceOf<R>>,
}

impl<R> fmt::Debug for KafkaTopic<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("KafkaTopic");
        f.field("name", &self.name).finish_non_exhaustive()
    }
}

impl<R: TableRow> KafkaTopic<R> {
    pub(super) fn new(store: &Arc<Inner>, name: &str) -> Result<Self> {
        if let Some(why) = topic_name_refusal(name) {
            let why = format!("cannot produce to topic {name:?}: {why}");
            return Err(StoreError::Config(why).into());
        }
        Ok(Self {
            store: Arc::clone(store),
            name: name.into(),
            json: JsonFields::new(R::columns()),
            limits: None,
            headers: Vec::new(),
            key: None,
            traceparent: None,
        })
    }

    /// Takes the key from the row, such as the mission of a status. Default: the key of the row in
    /// its graph.
    #[must_use]
    pub fn with_key<K: Into<CompactString>>(
        mut self,
        of: impl Fn(&R) -> K + Send + Sync + 'static,
    ) -> Self {
        self.key = Some(Box::new(move |row| of(row).into()));
        self
    }

    /// Gives each record this header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives each record the trace context of its row, where it has one, in the header
    /// `traceparent`.
    #[must_use]
    pub fn with_traceparent(
        mut self,
        of: impl Fn(&R) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.traceparent = Some(Box::new(of));
        self
    }

    /// The record of a row, or why it is rejected.
    fn record(
        &self,
        key: Option<&CompactString>,
        row: &Row<R>,
        limits: &Limits,
        now: EventTime,
    ) -> Result<Result<Record, String>> {
        let mut value = Vec::new();
        match check::json(&row.value, &self.json, &mut value) {
            Ok(()) => {}
            Err(Misfit::Content(reason)) => return Ok(Err(reason)),
            Err(Misfit::Shape(error)) => return Err(error),
        }
        let own = self.key.as_ref().map(|of| of(&row.value));
        let key = own.as_ref().or(key).map(|key| key.as_bytes().to_vec());
        let trace = self.traceparent.as_ref().and_then(|of| of(&row.value));
        let trace = trace.as_deref().map(|trace| (TRACEPARENT, trace));
        let fixed = self.headers.iter().map(|(name, value)| (&**name, &**value));
        let (mut headers, mut bytes) = (None, value.len() + key.as_ref().map_or(0, Vec::len));
        for (name, value) in fixed.chain(trace) {
            bytes += name.len() + value.len();
            let before = headers.take().unwrap_or_else(OwnedHeaders::new);
            headers = Some(with_header(before, name, value.as_bytes()));
        }
        if let Some(why) = limits.refusal(bytes, row.at, now) {
            return Ok(Err(why));
        }
        Ok(Ok(Record {
            topic: Arc::clone(&self.name),
            partition: None,
            key,
            value: Some(value),
            at: Some(row.at),
            headers,
        }))
    }

    async fn write_all(
        &mut self,
        tx: &mut KafkaTx,
        rows: &[Row<R>],
        keys: Option<&[CompactString]>,
    ) -> Result<Outcome>
    where
        R: Send + Sync + 'static,
    {
        let limits = match self.limits {
            Some(limits) => limits,
            None => *self
                .limits
                .insert(Limits::ask(&self.store, &self.name).await?),
        };
        let now = super::limits::now();
        let mut rejected: Vec<Rejected> = Vec::new();
        tx.records.reserve(rows.len());
        for (index, row) in rows.iter().enumerate() {
            let key = keys.and_then(|keys| keys.get(index));
            match self.record(key, row, &limits, now)? {
                Ok(record) => tx.records.push(record),
                Err(reason) => rejected.push(check::rejected(index, reason, &row.value)),
            }
        }
        Ok(Outcome { rejected })
    }
}

#[async_trait]
impl<R: TableRow + Send + Sync + 'static> TransactionalSink<R, KafkaStore> for KafkaTopic<R> {
    async fn write(&mut self, tx: &mut KafkaTx, rows: &[Row<R>]) -> Result<Outcome> {
        self.write_all(tx, rows, None).await
    }

    fn wants_keys(&self) -> bool {
        true
    }

    async fn write_keyed(
        &mut self,
        tx: &mut KafkaTx,
        rows: &[Row<R>],
        keys: &[CompactString],
    ) -> Result<Outcome> {
        self.write_all(tx, rows, Some(keys)).await
    }
}
