//! The outbox as a sink: messages that are committed with the position they came from.

use async_trait::async_trait;
use compact_str::CompactString;
use fleet_core::{
    Result, Row,
    sink::{Outcome, TransactionalSink},
};
use rusqlite::{Connection, params};

use super::{store::SqliteStore, tx::SqliteTx};
use crate::{
    outbox::{OutboxMessage, OutboxRows},
    store_report::pack_headers,
};

/// A message that is there already is not stored again.
const INSERT: &str = "
INSERT INTO outbox_messages (pipeline, topic, id, key, value, at, headers)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (pipeline, topic, id) DO NOTHING";

/// The outbox of a store as a sink: rows become messages for a topic, which are committed together
/// with the position they came from. A relay of [`SqliteStore::outbox_backlog`] sends them.
///
/// # Guarantees
/// A message is stored once: one of the same topic and id is left out, also if it was relayed, for
/// as long as the backlog [keeps](super::SqliteBacklog::with_keep) it.
///
/// # Examples
/// ```
/// use fleet_core::{
///     EventTime, Graph, Order, Pipeline, VehicleId, decode::Typed, event::Telemetry,
///     testing::Scripted,
/// };
/// use fleet_sinks::{SqliteStore, outbox::{Backlog, OutboxRows}};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let event = Telemetry::new(VehicleId::new("car-1").unwrap(), EventTime::MIN);
/// let source = Scripted::of_events("telemetry/0", [event]);
/// let (graph, telemetry) = Graph::new();
/// let store = SqliteStore::open_in_memory("demo")?;
/// let outbox = store.outbox(OutboxRows::new("fleet.telemetry")?);
/// Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, store.clone())
///     .store("outbox", telemetry, outbox)
///     .run()
///     .await?;
/// assert_eq!(store.outbox_backlog()?.measure().await?.waiting, 1);
/// # Ok::<(), fleet_core::Error>(())
/// # }).unwrap();
/// ```
///
/// # Cost
/// Each message binds and steps one prepared statement.
#[derive(Debug)]
pub struct SqliteOutbox<R> {
    store: SqliteStore,
    rows: OutboxRows<R>,
}

impl SqliteStore {
    /// The outbox of this pipeline, as the sink of a stream of `R`.
    pub fn outbox<R>(&self, rows: OutboxRows<R>) -> SqliteOutbox<R> {
        let store = self.clone();
        SqliteOutbox { store, rows }
    }

    /// Puts messages into the outbox of this pipeline within a transaction, for your own sinks.
    /// Returns how many are new.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{EventTime, checkpoint::CheckpointStore};
    /// use fleet_sinks::{SqliteStore, outbox::OutboxMessage};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let mut store = SqliteStore::open_in_memory("demo")?;
    /// let tx = store.begin().await?;
    /// let message = OutboxMessage::new("fleet.alerts", "car-1", EventTime::MIN, "{}");
    /// assert_eq!(store.put_in_outbox(&tx, &[message.clone(), message])?, 1);
    /// # Ok::<(), fleet_core::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// Refuses a transaction of another store. Otherwise returns errors of writing.
    pub fn put_in_outbox(&self, tx: &SqliteTx, messages: &[OutboxMessage]) -> Result<u64> {
        tx.belongs_to(self.db(), self.file())?;
        tx.still_open()?;
        insert(tx.connection(), self.pipeline(), messages)
            .map_err(|cause| tx.failed("write to the outbox of", cause))
    }
}

fn insert(db: &Connection, pipeline: &str, messages: &[OutboxMessage]) -> rusqlite::Result<u64> {
    let mut insert = db.prepare_cached(INSERT)?;
    let mut new = 0;
    for message in messages {
        new += insert.execute(params![
            pipeline,
            message.topic,
            message.id.to_string(),
            message.key,
            message.value,
            message.at.as_micros(),
            pack_headers(&message.headers),
        ])? as u64;
    }
    Ok(new)
}

impl<R> SqliteOutbox<R> {
    fn put(
        &self,
        tx: &SqliteTx,
        rows: &[Row<R>],
        keys: Option<&[CompactString]>,
    ) -> Result<Outcome> {
        let (messages, outcome) = self.rows.messages(rows, keys)?;
        self.store.put_in_outbox(tx, &messages)?;
        Ok(outcome)
    }
}

#[async_trait]
impl<R: Send + Sync + 'static> TransactionalSink<R, SqliteStore> for SqliteOutbox<R> {
    async fn write(&mut self, tx: &mut SqliteTx, rows: &[Row<R>]) -> Result<Outcome> {
        self.put(tx, rows, None)
    }

    fn wants_keys(&self) -> bool {
        true
    }

    async fn write_keyed(
        &mut self,
        tx: &mut SqliteTx,
        rows: &[Row<R>],
        keys: &[CompactString],
    ) -> Result<Outcome> {
        self.put(tx, rows, Some(keys))
    }
}
