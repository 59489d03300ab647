//! Lists and exports the dead letters of a pipeline.

use std::{io::Write, sync::Arc};

use fleet_core::{Offset, Partition, Result, checkpoint::DeadLetter};

use super::{claim, error::failed, store::SqliteStore};
use crate::store_report::{Exported, StoredDeadLetter};

impl SqliteStore {
    /// The first dead letters of this pipeline, by partition and offset.
    ///
    /// # Errors
    /// Returns errors of reading. Waits for an open transaction, up to the busy timeout.
    pub fn dead_letters(&self, limit: usize) -> Result<Vec<StoredDeadLetter>> {
        self.read("read dead letters from", |db| {
            db.prepare(
                "SELECT partition, offset, stage, reason, raw, length FROM dead_letters
                 WHERE pipeline = ?1 ORDER BY partition, offset, stage, reason, raw LIMIT ?2",
            )?
            .query_map(
                (self.pipeline(), i64::try_from(limit).unwrap_or(i64::MAX)),
                |row| {
                    Ok(StoredDeadLetter {
                        partition: Partition::from(row.get_ref(0)?.as_str()?),
                        letter: DeadLetter {
                            offset: Offset(claim::unsigned(row, 1)?),
                            step: Arc::from(row.get_ref(2)?.as_str()?),
                            reason: row.get(3)?,
                            raw: row.get(4)?,
                            length: claim::unsigned(row, 5)?,
                            ..DeadLetter::default()
                        },
                    })
                },
            )?
            .collect()
        })
    }

    /// Writes the records that a decoder could not read, one per line, so that they can be repaired
    /// and processed again. Rows that a sink refused are not exported: they are results, not input.
    ///
    /// # Examples
    /// ```
    /// # use fleet_sinks::SqliteStore;
    /// let store = SqliteStore::open_in_memory("demo")?;
    /// let mut lines = Vec::new();
    /// let exported = store.export_dead_letters(&mut lines)?;
    /// assert_eq!((exported.written, lines.len()), (0, 0));
    /// # Ok::<(), fleet_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns errors of reading the store and of writing to `to`. Waits for an open transaction,
    /// up to the busy timeout.
    pub fn export_dead_letters(&self, to: &mut dyn Write) -> Result<Exported> {
        let db = self.lock()?;
        let unread = |cause| failed("read dead letters from", self.file(), cause);
        let mut letters = db
            .prepare(
                "SELECT raw, length <= length(raw) FROM dead_letters WHERE pipeline = ?1 AND stage = 'decode'
                 ORDER BY partition, offset",
            )
            .map_err(unread)?;
        let mut letters = letters.query([self.pipeline()]).map_err(unread)?;
        let mut exported = Exported::default();
        while let Some(row) = letters.next().map_err(unread)? {
            let raw = row
                .get_ref(0)
                .and_then(|raw| Ok(raw.as_bytes()?))
                .map_err(unread)?;
            let whole = row.get(1).map_err(unread)?;
            exported.record(raw, whole, to)?;
        }
        exported.finish(to)
    }
}
