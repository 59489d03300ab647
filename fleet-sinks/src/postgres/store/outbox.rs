//! The outbox as a sink: messages that are committed with the position they came from.

use async_trait::async_trait;
use compact_str::CompactString;
use fleet_core::{
    Result, Row,
    sink::{Outcome, TransactionalSink},
};
use tokio_postgres::Error;

use super::{checkpoints::PostgresStore, text::storable};
use crate::{
    outbox::{OutboxMessage, OutboxRows},
    postgres::connect::PostgresTransaction,
    store_report::pack_headers,
};

/// A message that is there already is not stored again. The order decides about the numbers.
const INSERT: &str = "
INSERT INTO fleet_stream.outbox (pipeline, topic, id, key, value, at, headers)
SELECT $1, t, i::uuid, k, v, a, h
FROM unnest($2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::bigint[], $7::bytea[])
    WITH ORDINALITY AS new (t, i, k, v, a, h, n)
ORDER BY n ON CONFLICT DO NOTHING";

/// Messages in one statement. Our choice: at a kilobyte each, a message to the server of a
/// megabyte.
const MESSAGES: usize = 1_024;

/// The outbox of a store as a sink: rows become messages for a topic, which are committed together
/// with the position they came from. A relay of [`PostgresStore::outbox_backlog`] sends them.
///
/// # Guarantees
/// A message is stored once: one of the same topic and id is left out, also if it was relayed, for
/// as long as the backlog [keeps](super::PostgresBacklog::with_keep) it. In a database with the
/// schema `fleet` a message belongs to the tenant of the login, and no other tenant sees it.
///
/// # Examples
/// ```no_run
/// use fleet_core::{Graph, Order, Pipeline, decode::Typed, event::Telemetry, testing::Scripted};
/// use fleet_sinks::{PostgresStore, outbox::OutboxRows};
///
/// # async fn example(
/// #     source: Scripted<Telemetry>, store: PostgresStore,
/// # ) -> fleet_core::Result<()> {
/// let (graph, telemetry) = Graph::new();
/// let outbox = store.outbox(OutboxRows::new("fleet.telemetry")?);
/// Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, store)
///     .store("outbox", telemetry, outbox)
///     .run()
///     .await?;
/// # Ok(()) }
/// ```
///
/// # Cost
/// One statement for each thousand messages.
#[derive(Debug)]
pub struct PostgresOutbox<R> {
    store: PostgresStore,
    rows: OutboxRows<R>,
}

impl PostgresStore {
    /// The outbox of this pipeline, as the sink of a stream of `R`.
    pub fn outbox<R>(&self, rows: OutboxRows<R>) -> PostgresOutbox<R> {
        let store = self.clone();
        PostgresOutbox { store, rows }
    }

    /// Puts messages into the outbox of this pipeline within a transaction, for your own sinks.
    /// Returns how many are new.
    ///
    /// # Errors
    /// Refuses a transaction of another database. Otherwise returns errors of the server.
    pub async fn put_in_outbox(
        &self,
        tx: &PostgresTransaction,
        messages: &[OutboxMessage],
    ) -> Result<u64> {
        tx.belongs_to(self.database())?;
        let inserted = insert(tx, self.pipeline(), messages);
        tx.run("write to the outbox of", inserted).await
    }
}

async fn insert(
    tx: &PostgresTransaction,
    pipeline: &str,
    messages: &[OutboxMessage],
) -> Result<u64, Error> {
    /// One column of the messages.
    fn each<'a, T>(messages: &'a [OutboxMessage], of: impl Fn(&'a OutboxMessage) -> T) -> Vec<T> {
        messages.iter().map(of).collect()
    }
    let mut new = 0;
    for some in messages.chunks(MESSAGES) {
        let statement = tx.prepare(INSERT).await?;
        let topics = each(some, |message| storable(&message.topic));
        let ids = each(some, |message| message.id.to_string());
        let keys = each(some, |message| message.key.as_deref());
        let values = each(some, |message| message.value.as_deref());
        let times = each(some, |message| message.at.as_micros());
        let headers = each(some, |message| pack_headers(&message.headers));
        new += tx
            .client()
            .execute(
                &statement,
                &[&pipeline, &topics, &ids, &keys, &values, &times, &headers],
            )
            .await?;
    }
    Ok(new)
}

impl<R> PostgresOutbox<R> {
    async fn put(
        &self,
        tx: &PostgresTransaction,
        rows: &[Row<R>],
        keys: Option<&[CompactString]>,
    ) -> Result<Outcome> {
        let (messages, outcome) = self.rows.messages(rows, keys)?;
        self.store.put_in_outbox(tx, &messages).await?;
        Ok(outcome)
    }
}

#[async_trait]
impl<R: Send + Sync + 'static> TransactionalSink<R, PostgresStore> for PostgresOutbox<R> {
    async fn write(&mut self, tx: &mut PostgresTransaction, rows: &[Row<R>]) -> Result<Outcome> {
        self.put(tx, rows, None).await
    }

    fn wants_keys(&self) -> bool {
        true
    }

    async fn write_keyed(
        &mut self,
        tx: &mut PostgresTransaction,
        rows: &[Row<R>],
        keys: &[CompactString],
    ) -> Result<Outcome> {
        self.put(tx, rows, Some(keys)).await
    }
}
