//! A log as a sink: rows that are committed with the position they came from.

use async_trait::async_trait;
use compact_str::CompactString;
use fleet_core::{
    Result, Row, TableRow,
    sink::{Outcome, TransactionalSink},
};

use super::{
    super::{store::SqliteStore, tx::SqliteTx},
    heads, readers,
};
use crate::store_log::{LogError, LogRows, slowest};

/// A log of a store as a sink: rows become the input of another pipeline, in the transaction of the
/// position they came from. See [`store_log`](crate::store_log).
///
/// # Guarantees
/// If as many rows wait as the [bound](crate::store_log::LogOptions::most_waiting), a write fails
/// with an error that [pauses](fleet_core::Error::pausing) the pipeline, and the transaction is
/// rolled back. It goes on once the slowest reader has moved on.
///
/// # Examples
/// ```
/// use fleet_core::{
///     EventTime, Graph, Order, Pipeline, VehicleId, decode::Typed, event::Telemetry,
///     testing::Scripted,
/// };
/// use fleet_sinks::{SqliteStore, store_log::LogRows};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let event = Telemetry::new(VehicleId::new("car-1").unwrap(), EventTime::MIN);
/// let source = Scripted::of_events("telemetry/0", [event]);
/// let (graph, telemetry) = Graph::new();
/// let store = SqliteStore::open_in_memory("demo")?;
/// // By model instead of by vehicle.
/// let rows = LogRows::new("telemetry")?.with_key(|_: &Telemetry| "model-3");
/// let log = store.log(rows)?;
/// Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, store.clone())
///     .store("log", telemetry, log)
///     .run()
///     .await?;
/// assert_eq!(store.summary()?.logs["telemetry"].written, 1);
/// # Ok::<(), fleet_core::Error>(())
/// # }).unwrap();
/// ```
///
/// # Cost
/// Each row binds and steps one prepared statement, and is deleted by another once it is read.
#[derive(Debug)]
pub struct SqliteLog<R> {
    store: SqliteStore,
    rows: LogRows<R>,
}

impl SqliteStore {
    /// A log of this file, made if it does not exist, as the sink of a stream of `R`. Logs do not
    /// belong to a pipeline: several may write one.
    ///
    /// # Errors
    /// Refuses a log that was made with another number of lanes. Waits for an open transaction, up
    /// to the busy timeout.
    pub fn log<R: TableRow>(&self, rows: LogRows<R>) -> Result<SqliteLog<R>> {
        heads::make(&self.begin_now()?, rows.log(), rows.options())?;
        let store = self.clone();
        Ok(SqliteLog { store, rows })
    }
}

impl<R: TableRow> SqliteLog<R> {
    fn put(
        &self,
        tx: &mut SqliteTx,
        rows: &[Row<R>],
        keys: Option<&[CompactString]>,
    ) -> Result<Outcome> {
        tx.belongs_to(self.store.db(), self.store.file())?;
        tx.still_open()?;
        let (new, outcome) = self.rows.rows(rows, keys)?;
        if new.is_empty() {
            return Ok(outcome);
        }
        let (log, most) = (self.rows.log(), self.rows.options().most_waiting);
        let failed = |cause| tx.failed("write to a log of", cause);
        let (db, place) = (tx.connection(), tx.file().to_owned());
        let waiting = heads::waiting(db, log).map_err(failed)?;
        // Without those of this transaction: a commit of more rows than the bound would never land.
        if waiting.saturating_sub(tx.logged(log)) >= most {
            let readers = readers::of(db, log).map_err(failed)?;
            return Err(LogError::Full {
                log: log.to_string(),
                place,
                waiting,
                most,
                slowest: slowest(&readers),
            }
            .into());
        }
        if !heads::append(db, log, &new).map_err(failed)? {
            let log = log.to_string();
            return Err(LogError::Missing { log, place }.into());
        }
        tx.count_logged(log, new.len() as u64);
        Ok(outcome)
    }
}

#[async_trait]
impl<R: TableRow + Send + Sync + 'static> TransactionalSink<R, SqliteStore> for SqliteLog<R> {
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
