//! Summarises what a store holds of a pipeline.

use std::collections::BTreeMap;

use fleet_core::Result;
use rusqlite::Connection;

use super::{claim, store::SqliteStore, store_log};
use crate::store_report::{CLASSES, RefusalClass, StoreSummary};

impl SqliteStore {
    /// Summarises what the store holds of this pipeline, for a closing report.
    ///
    /// # Examples
    /// ```
    /// # use fleet_sinks::SqliteStore;
    /// let summary = SqliteStore::open_in_memory("demo")?.summary()?;
    /// assert!(!summary.ended && summary.counts.balances());
    /// # Ok::<(), fleet_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns errors of reading. Waits for an open transaction, up to the busy timeout.
    pub fn summary(&self) -> Result<StoreSummary> {
        self.read("sum up", |db| {
            // One transaction for all sums, so that no other process commits between them.
            let db = db.unchecked_transaction()?;
            summary(&db, self.pipeline())
        })
    }
}

fn summary(db: &Connection, pipeline: &str) -> rusqlite::Result<StoreSummary> {
    let (partitions, ended, counts) = db.query_row(
        "SELECT count(*), coalesce(min(ended), 0), coalesce(sum(read), 0), coalesce(sum(accepted), 0),
                coalesce(sum(filtered), 0), coalesce(sum(dead_lettered), 0), coalesce(sum(late), 0),
                coalesce(sum(duplicate), 0)
         FROM positions WHERE pipeline = ?1",
        [pipeline],
        |row| Ok((claim::unsigned(row, 0)?, row.get(1)?, claim::counts(row, 2)?)),
    )?;
    let tallies = db
        .prepare("SELECT name, sum(count) FROM tallies WHERE pipeline = ?1 GROUP BY name")?
        .query_map([pipeline], |row| {
            Ok((row.get(0)?, claim::unsigned(row, 1)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let dead_letters = db.query_row(
        "SELECT count(*) FROM dead_letters WHERE pipeline = ?1",
        [pipeline],
        |row| claim::unsigned(row, 0),
    )?;
    let refused = db
        .prepare(
            "SELECT stage, reason, count(*) AS n FROM dead_letters WHERE pipeline = ?1
             GROUP BY stage, reason ORDER BY n DESC, stage, reason LIMIT ?2",
        )?
        .query_map((pipeline, CLASSES), |row| {
            Ok(RefusalClass {
                step: row.get(0)?,
                reason: row.get(1)?,
                count: claim::unsigned(row, 2)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(StoreSummary {
        pipeline: pipeline.to_owned(),
        partitions,
        ended,
        counts,
        tallies,
        dead_letters,
        refused,
        tables: tables(db)?,
        logs: store_log::summaries(db)?,
    })
}

fn tables(db: &Connection) -> rusqlite::Result<BTreeMap<String, u64>> {
    // A table may have been dropped by hand.
    let names: Vec<String> = db
        .prepare("SELECT table_name FROM result_tables JOIN sqlite_schema ON name = table_name")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut tables = BTreeMap::new();
    for name in names {
        let quoted = name.replace('"', "\"\"");
        let rows = db.query_row(&format!("SELECT count(*) FROM \"{quoted}\""), [], |row| {
            claim::unsigned(row, 0)
        })?;
        tables.insert(name, rows);
    }
    Ok(tables)
}
