//! Who reads logs, how far each reader is, and the end of one.

use std::{collections::BTreeMap, time::Duration};

use fleet_core::Result;
use rusqlite::{Connection, Row};

use super::{
    super::{claim::unsigned, store::SqliteStore},
    heads,
};
use crate::store_log::{LogError, LogReader, LogSummary};

/// The readers of a log, the slowest first.
const READERS: &str = "
SELECT r.reader, sum(max(h.next - r.next, 0)) AS behind,
    max(unixepoch('subsec') - max(r.seen_at), 0.0)
FROM log_readers r JOIN log_heads h ON h.log = r.log AND h.lane = r.lane
WHERE r.log = ?1 GROUP BY r.reader ORDER BY behind DESC, r.reader";

impl SqliteStore {
    /// Drops a reader of a log that is gone, so that rows are no longer kept for it. If it comes
    /// back, it is refused unless every row it needs is still there.
    ///
    /// # Examples
    /// ```
    /// use fleet_sinks::{SqliteStore, store_log::{LogOptions, LogSourceOptions}};
    /// let store = SqliteStore::open_in_memory("demo")?;
    /// store.make_log("trips", &LogOptions::default())?;
    /// drop(store.log_source("trips", "drivers", LogSourceOptions::default())?);
    /// let refused = store.drop_reader("trips", "drivers").unwrap_err();
    /// assert!(refused.to_string().contains("may be running"));
    /// store.drop_active_reader("trips", "drivers")?;
    /// assert!(store.summary()?.logs["trips"].readers.is_empty());
    /// # Ok::<(), fleet_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Refuses a reader that does not exist, and one that was seen in the last five minutes.
    pub fn drop_reader(&self, log: &str, reader: &str) -> Result<()> {
        self.drop_reader_if(log, reader, LogReader::is_gone)
    }

    /// Drops a reader of a log even if it was seen lately. If it is running, it ends with an error.
    ///
    /// # Errors
    /// Refuses a reader that does not exist.
    pub fn drop_active_reader(&self, log: &str, reader: &str) -> Result<()> {
        self.drop_reader_if(log, reader, |_| true)
    }

    fn drop_reader_if(
        &self,
        log: &str,
        reader: &str,
        may: impl FnOnce(&LogReader) -> bool,
    ) -> Result<()> {
        let tx = self.begin_now()?;
        let failed = |cause| tx.failed("drop a reader of a log in", cause);
        let known = of(tx.connection(), log).map_err(failed)?;
        let Some(found) = known.iter().find(|known| known.name == reader) else {
            let known: Vec<_> = known.into_iter().map(|known| known.name).collect();
            return Err(LogError::no_reader(log, reader, &known).into());
        };
        if !may(found) {
            return Err(LogError::active(log, reader, found.silent).into());
        }
        tx.connection()
            .execute(
                "DELETE FROM log_readers WHERE log = ?1 AND reader = ?2",
                [log, reader],
            )
            .map_err(failed)?;
        tx.commit()
    }
}

/// The readers of a log, the slowest first.
pub(super) fn of(db: &Connection, log: &str) -> rusqlite::Result<Vec<LogReader>> {
    let reader = |row: &Row<'_>| {
        let silent = Duration::try_from_secs_f64(row.get(2)?);
        Ok(LogReader {
            name: row.get(0)?,
            behind: unsigned(row, 1)?,
            silent: silent.unwrap_or_default(),
        })
    };
    db.prepare_cached(READERS)?
        .query_map([log], reader)?
        .collect()
}

/// Summarises every log of a file.
pub(in crate::sqlite) fn summaries(
    db: &Connection,
) -> rusqlite::Result<BTreeMap<String, LogSummary>> {
    let mut logs = db.prepare_cached("SELECT DISTINCT log FROM log_heads")?;
    let logs = logs.query_map([], |row| row.get::<_, String>(0))?;
    let mut summaries = BTreeMap::new();
    for log in logs {
        let log = log?;
        let ends = heads::ends(db, &log)?;
        let summary = LogSummary {
            lanes: u32::try_from(ends.len()).unwrap_or(u32::MAX),
            written: ends.iter().sum(),
            waiting: heads::waiting(db, &log)?,
            readers: of(db, &log)?,
        };
        summaries.insert(log, summary);
    }
    Ok(summaries)
}
