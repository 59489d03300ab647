//! Deletes what a store holds, of one pipeline or of all.

use fleet_core::Result;
use rusqlite::Connection;

use super::{error::SqliteError, store::SqliteStore};

impl SqliteStore {
    /// Deletes this pipeline: positions, state, dead letters, totals, messages of the outbox,
    /// logs, and all result tables. Call it before [`table`](Self::table) and [`log`](Self::log),
    /// which make them again.
    ///
    /// A process that still runs this pipeline is fenced. Messages that wait are never sent.
    ///
    /// # Examples
    /// ```
    /// # use fleet_sinks::SqliteStore;
    /// # use fleet_core::event::Alert;
    /// let store = SqliteStore::open_in_memory("demo")?;
    /// store.table::<Alert>("alerts")?;
    /// store.wipe()?;
    /// assert!(store.summary()?.tables.is_empty());
    /// # Ok::<(), fleet_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Refuses if other pipelines have positions in the same file, because rows of result tables do
    /// not name their pipeline. Nothing is changed then.
    pub fn wipe(&self) -> Result<()> {
        self.wipe_with(WipeScope::Own, |_| Ok(()))
    }

    /// Deletes everything that the file holds, of every pipeline.
    ///
    /// # Errors
    /// Returns errors of writing.
    pub fn wipe_all(&self) -> Result<()> {
        self.wipe_with(WipeScope::All, |_| Ok(()))
    }

    /// Wipes, and runs `also` in the same transaction.
    pub(crate) fn wipe_with(
        &self,
        scope: WipeScope,
        also: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<()> {
        let tx = self.begin_now()?;
        let others =
            others(tx.connection(), self.pipeline()).map_err(|cause| tx.failed("wipe", cause))?;
        if scope == WipeScope::Own && !others.is_empty() {
            return Err(SqliteError::Shared {
                file: self.file().to_string(),
                others: others.join(", "),
            }
            .into());
        }
        clear(tx.connection())
            .and_then(|()| also(tx.connection()))
            .map_err(|cause| tx.failed("wipe", cause))?;
        tx.commit()
    }
}

/// What a wipe may delete.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WipeScope {
    /// A file with no other pipeline.
    Own,
    /// All pipelines of a file.
    All,
}

fn others(db: &Connection, pipeline: &str) -> rusqlite::Result<Vec<String>> {
    db.prepare("SELECT DISTINCT pipeline FROM positions WHERE pipeline <> ?1 ORDER BY 1")?
        .query_map([pipeline], |row| row.get(0))?
        .collect()
}

fn clear(db: &Connection) -> rusqlite::Result<()> {
    let tables: Vec<String> = db
        .prepare("SELECT table_name FROM result_tables")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for table in tables {
        let quoted = table.replace('"', "\"\"");
        db.execute_batch(&format!("DROP TABLE IF EXISTS \"{quoted}\""))?;
    }
    db.execute_batch(
        "DELETE FROM positions; DELETE FROM states; DELETE FROM dead_letters;
         DELETE FROM tallies; DELETE FROM result_tables; DELETE FROM outbox_messages;
         DELETE FROM relay_leases; DELETE FROM log_rows; DELETE FROM log_heads;
         DELETE FROM log_readers;",
    )
}
