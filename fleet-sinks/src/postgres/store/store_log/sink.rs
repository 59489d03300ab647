//! A log as a sink: rows that are committed with the position they came from.

use async_trait::async_trait;
use compact_str::CompactString;
use fleet_core::{
    Result, Row, TableRow,
    sink::{Outcome, TransactionalSink},
};

use super::{super::checkpoints::PostgresStore, heads, readers, tenant::TenantLog};
use crate::{
    postgres::connect::{Database, PostgresTransaction},
    store_log::{LogError, LogRows, slowest},
};

/// A log of a store as a sink: rows become the input of another pipeline, in the transaction of the
/// position they came from. See [`store_log`](crate::store_log).
///
/// # Guarantees
/// If as many rows wait as the [bound](crate::store_log::LogOptions::most_waiting), a write fails
/// with an error that [pauses](fleet_core::Error::pausing) the pipeline, and the transaction is
/// rolled back. It goes on once the slowest reader has moved on.
///
/// In a database with the schema `fleet` a log belongs to the tenant of the login, and no other
/// tenant sees it.
///
/// # Examples
/// ```no_run
/// use fleet_core::{Graph, Order, Pipeline, decode::Typed, event::Telemetry, testing::Scripted};
/// use fleet_sinks::{PostgresStore, store_log::LogRows};
///
/// # async fn example(
/// #     source: Scripted<Telemetry>, store: PostgresStore,
/// # ) -> fleet_core::Result<()> {
/// let (graph, telemetry) = Graph::new();
/// // By model instead of by vehicle.
/// let rows = LogRows::new("telemetry")?.with_key(|_: &Telemetry| "model-3");
/// let log = store.log(rows).await?;
/// Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, store)
///     .store("log", telemetry, log)
///     .run()
///     .await?;
/// # Ok(()) }
/// ```
///
/// # Cost
/// Three round trips for each write of up to a thousand rows. Writers of one log take turns, from
/// their write to their commit: bind a log as the last sink, so that the turn is short. A graph
/// with two logs binds them in the order of their names, as all its neighbours do; otherwise the
/// server ends one of two transactions that wait for each other, and it is repeated.
#[derive(Debug)]
pub struct PostgresLog<R> {
    database: Database,
    own: TenantLog,
    rows: LogRows<R>,
}

impl PostgresStore {
    /// A log of this database, made if it does not exist, as the sink of a stream of `R`. Logs do
    /// not belong to a pipeline: several may write one.
    ///
    /// # Errors
    /// Refuses a log that was made with another number of lanes, and a login of several tenants.
    pub async fn log<R: TableRow>(&self, rows: LogRows<R>) -> Result<PostgresLog<R>> {
        let tx = self.connection.begin().await?;
        let own = heads::make(&tx, &rows).await?;
        self.connection.commit(tx).await?;
        Ok(PostgresLog {
            database: self.database().clone(),
            own,
            rows,
        })
    }
}

impl<R: TableRow> PostgresLog<R> {
    async fn put(
        &self,
        tx: &mut PostgresTransaction,
        rows: &[Row<R>],
        keys: Option<&[CompactString]>,
    ) -> Result<Outcome> {
        tx.belongs_to(&self.database)?;
        let (new, outcome) = self.rows.rows(rows, keys)?;
        if new.is_empty() {
            return Ok(outcome);
        }
        let doing = "write to a log of";
        let own = &self.own;
        let (lanes, waiting) = tx.run(doing, heads::lock(tx, own)).await?;
        if lanes != self.rows.options().lanes as usize {
            return Err(own.missing(tx));
        }
        let most = self.rows.options().most_waiting;
        // Without those of this transaction: a commit of more rows than the bound would never land.
        if waiting.saturating_sub(tx.logged(&own.log)) >= most {
            let readers = tx.run(doing, readers::of(tx, own)).await?;
            return Err(LogError::Full {
                log: own.log.to_string(),
                place: tx.connection().address().to_owned(),
                waiting,
                most,
                slowest: slowest(&readers),
            }
            .into());
        }
        tx.run(doing, heads::append(tx, own, &new)).await?;
        tx.count_logged(&own.log, new.len() as u64);
        Ok(outcome)
    }
}

#[async_trait]
impl<R: TableRow + Send + Sync + 'static> TransactionalSink<R, PostgresStore> for PostgresLog<R> {
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
