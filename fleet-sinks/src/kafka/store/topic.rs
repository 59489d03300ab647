//! A topic for results, written in the transactions of the store.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use compact_str::CompactString;
use fleet_core::{
    Result, Row, TableRow,
    sink::{Outcome, TransactionalSink},
};

use super::{
    inner::Inner,
    limits::{self, Limits},
    store::KafkaStore,
    tx::{KafkaTx, Record},
};
use crate::outbox::{OutboxMessage, OutboxRows};

/// Produces rows to a topic in the transactions of a [`KafkaStore`], as [`OutboxRows`] says: by
/// default the row as a JSON object, under its key, with its event time as timestamp.
///
/// # Guarantees
/// A reader with `isolation.level=read_committed` sees each row once, and those of a key in the
/// order of the graph. A row that does not fit its columns, is larger than the topic takes, or has
/// a time that it does not take, is rejected; the others are produced. Times are compared with the
/// clock of this machine, because a broker would refuse the whole transaction.
///
/// # Examples
/// See [`KafkaStore`].
pub struct KafkaTopic<R> {
    store: Arc<Inner>,
    name: Arc<str>,
    rows: OutboxRows<R>,
    /// What the topic takes; asked for by the first write.
    limits: Option<Limits>,
}

impl<R> fmt::Debug for KafkaTopic<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("KafkaTopic");
        f.field("name", &self.name).finish_non_exhaustive()
    }
}

impl KafkaStore {
    /// A topic for rows as JSON objects, written in the transactions of this store.
    ///
    /// # Errors
    /// Refuses a name that no topic can have.
    pub fn topic<R: TableRow + Send + Sync + 'static>(&self, name: &str) -> Result<KafkaTopic<R>> {
        Ok(self.topic_of(OutboxRows::new(name)?))
    }

    /// A topic for rows as messages of any form, with keys, ids and headers of your choice.
    ///
    /// # Examples
    /// ```no_run
    /// use fleet_core::event::Alert;
    /// use fleet_sinks::{kafka::KafkaStore, outbox::OutboxRows};
    /// # fn example(store: &KafkaStore) -> fleet_core::Result<()> {
    /// let rows = OutboxRows::new("fleet.alerts.triggered")?.with_id(|alert: &Alert| alert.id);
    /// let triggered = store.topic_of(rows);
    /// # let _ = triggered;
    /// # Ok(()) }
    /// ```
    pub fn topic_of<R: Send + Sync + 'static>(&self, rows: OutboxRows<R>) -> KafkaTopic<R> {
        KafkaTopic {
            store: Arc::clone(&self.0),
            name: rows.topic().into(),
            rows,
            limits: None,
        }
    }
}

impl<R: Send + Sync + 'static> KafkaTopic<R> {
    async fn write_all(
        &mut self,
        tx: &mut KafkaTx,
        rows: &[Row<R>],
        keys: Option<&[CompactString]>,
    ) -> Result<Outcome> {
        let limits = match self.limits {
            Some(limits) => limits,
            None => *self
                .limits
                .insert(Limits::ask(&self.store, &self.name).await?),
        };
        let now = limits::now();
        let refusal = |message: &OutboxMessage| limits.refusal(size(message), message.at, now);
        let (messages, outcome) = self.rows.messages_unless(rows, keys, refusal)?;
        let records = messages.into_iter();
        tx.records
            .extend(records.map(|message| self.record(message)));
        Ok(outcome)
    }

    fn record(&self, message: OutboxMessage) -> Record {
        Record {
            topic: Arc::clone(&self.name),
            partition: None,
            key: message.key,
            value: message.value,
            at: Some(message.at),
            id: Some(message.id),
            headers: message.headers,
        }
    }
}

/// The bytes of key, value and headers.
fn size(message: &OutboxMessage) -> usize {
    let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
    let headers = message.headers.iter();
    let headers: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
    length(&message.key) + length(&message.value) + headers
}

#[async_trait]
impl<R: Send + Sync + 'static> TransactionalSink<R, KafkaStore> for KafkaTopic<R> {
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
