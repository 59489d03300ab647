//! An open transaction and the connection it owns.

use std::{collections::BTreeMap, sync::Arc};

use fleet_core::{Error, Result};
use rusqlite::Connection;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::error::{SqliteError, failed, over};

/// An open transaction of a [`SqliteStore`](super::SqliteStore).
///
/// It owns the store's connection, so other handles of the store wait. Dropping it rolls back.
///
/// # Examples
/// Your own sink can write in the same transaction, so that its rows are committed with the
/// position:
/// ```
/// use async_trait::async_trait;
/// use fleet_core::{Error, ErrorKind, Result, Row, sink::{Outcome, TransactionalSink}};
/// use fleet_sinks::sqlite::{SqliteStore, SqliteTx, rusqlite};
///
/// /// Adds up: a total for each name.
/// struct Totals;
///
/// #[async_trait]
/// impl TransactionalSink<(String, i64), SqliteStore> for Totals {
///     async fn write(
///         &mut self,
///         tx: &mut SqliteTx,
///         rows: &[Row<(String, i64)>],
///     ) -> Result<Outcome> {
///         let add = || -> rusqlite::Result<()> {
///             let mut add = tx.connection().prepare_cached(
///                 "INSERT INTO totals VALUES (?1, ?2)
///                  ON CONFLICT (name) DO UPDATE SET n = n + excluded.n",
///             )?;
///             for row in rows {
///                 add.execute((&row.value.0, row.value.1))?;
///             }
///             Ok(())
///         };
///         let failed = |cause| Error::new(ErrorKind::Sink, "cannot add to totals").because(cause);
///         add().map_err(failed)?;
///         Ok(Outcome::default())
///     }
/// }
/// # use fleet_core::{EventTime, Offset, checkpoint::CheckpointStore};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut store = SqliteStore::open_in_memory("demo")?;
/// let mut tx = store.begin().await?;
/// tx.connection().execute("CREATE TABLE totals (name TEXT PRIMARY KEY, n INTEGER)", []).unwrap();
/// let row = || Row::detached(EventTime::MIN, Offset(0), ("km".to_owned(), 5));
/// Totals.write(&mut tx, &[row(), row()]).await?;
/// let n: i64 = tx.connection().query_row("SELECT n FROM totals", [], |row| row.get(0)).unwrap();
/// assert_eq!(n, 10);
/// # Ok::<(), Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct SqliteTx {
    db: OwnedMutexGuard<Connection>,
    file: Arc<str>,
    /// How many rows this transaction wrote to each log.
    logged: BTreeMap<Arc<str>, u64>,
}

impl SqliteTx {
    pub(super) fn begin(db: OwnedMutexGuard<Connection>, file: &Arc<str>) -> Result<Self> {
        let tx = Self {
            db,
            file: Arc::clone(file),
            logged: BTreeMap::new(),
        };
        // A rollback that failed when the last transaction was dropped must not affect this one.
        let begun = if tx.db.is_autocommit() {
            tx.db.execute_batch("BEGIN IMMEDIATE")
        } else {
            tx.db.execute_batch("ROLLBACK; BEGIN IMMEDIATE")
        };
        begun.map_err(|cause| tx.failed("open a transaction in", cause))?;
        Ok(tx)
    }

    /// The connection, inside the transaction. Do not run statements on it that end the
    /// transaction.
    pub fn connection(&self) -> &Connection {
        &self.db
    }

    /// How many rows this transaction wrote to a log so far.
    pub(super) fn logged(&self, log: &str) -> u64 {
        self.logged.get(log).copied().unwrap_or_default()
    }

    /// Counts rows that this transaction wrote to a log.
    pub(super) fn count_logged(&mut self, log: &Arc<str>, rows: u64) {
        *self.logged.entry(Arc::clone(log)).or_default() += rows;
    }

    pub(crate) fn commit(&self) -> Result<()> {
        self.still_open()?;
        self.db
            .execute_batch("COMMIT")
            .map_err(|cause| self.failed("commit to", cause))
    }

    /// Rolls back, unless the transaction has ended already.
    pub(crate) fn rollback(&self) -> Result<()> {
        if self.db.is_autocommit() {
            return Ok(());
        }
        self.db
            .execute_batch("ROLLBACK")
            .map_err(|cause| self.failed("roll back in", cause))
    }

    /// Refuses a transaction that has ended. After some errors SQLite rolls back by itself, and
    /// later statements would then be committed one by one.
    pub(crate) fn still_open(&self) -> Result<()> {
        if self.db.is_autocommit() {
            return Err(over(&self.file));
        }
        Ok(())
    }

    /// Refuses a transaction of another store.
    pub(crate) fn belongs_to(&self, db: &Arc<Mutex<Connection>>, file: &str) -> Result<()> {
        if Arc::ptr_eq(OwnedMutexGuard::mutex(&self.db), db) {
            return Ok(());
        }
        Err(SqliteError::OtherStore {
            ours: file.to_owned(),
            given: self.file.to_string(),
        }
        .into())
    }

    /// The file, as it appears in messages.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    pub(crate) fn failed(&self, doing: &str, cause: rusqlite::Error) -> Error {
        failed(doing, &self.file, cause)
    }
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        if !self.db.is_autocommit() {
            // `begin` tries again if this fails.
            drop(self.db.execute_batch("ROLLBACK"));
        }
    }
}
