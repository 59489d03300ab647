//! Lists and exports the dead letters of a pipeline.

use std::io::Write;

use fleet_core::Result;

use super::{
    dead_letter_rows::{COLUMNS, stored},
    error::failed,
    store::SqliteStore,
};
use crate::{store_report::Exported, stored_dead_letter::StoredDeadLetter};

impl SqliteStore {
    /// The first dead letters of this pipeline, by partition and offset.
    ///
    /// # Errors
    /// Returns errors of reading. Waits for an open transaction, up to the busy timeout.
    pub fn dead_letters(&self, limit: usize) -> Result<Vec<StoredDeadLetter>> {
        self.read("read dead letters from", |db| {
            let first = format!(
                "SELECT {COLUMNS} FROM dead_letters WHERE pipeline = ?1
                 ORDER BY partition, offset, stage, reason, raw, ordinal LIMIT ?2"
            );
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut first = db.prepare(&first)?;
            let letters =
                first.query_map((self.pipeline(), limit), |row| stored(row, self.pipeline()))?;
            letters.collect()
        })
    }

    /// Writes the records that a decoder could not read, one per line, so that they can be repaired
    /// and processed again. For rows that a sink refused see
    /// [`export_rejected_rows`](Self::export_rejected_rows): they are results, not input.
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

    /// Writes the rows that the sink of this name refused, so that they can be sent again once the
    /// fault of the row or of its table is mended.
    ///
    /// # Shape
    /// One JSON object per line: `id`, the [id](crate::StoredDeadLetter::id) by which a row that
    /// was sent is not sent twice; `partition` and `offset` of the record that produced the row;
    /// `key`, or null if it is not known; `reason`; and `row`, the row as its sink stored it: a
    /// JSON value, or a text otherwise.
    ///
    /// # Examples
    /// ```
    /// # use fleet_sinks::SqliteStore;
    /// let store = SqliteStore::open_in_memory("demo")?;
    /// let mut lines = Vec::new();
    /// let exported = store.export_rejected_rows("alerts", &mut lines)?;
    /// assert_eq!((exported.written, lines.len()), (0, 0));
    /// # Ok::<(), fleet_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns errors of reading the store and of writing to `to`. Waits for an open transaction,
    /// up to the busy timeout.
    pub fn export_rejected_rows(&self, sink: &str, to: &mut dyn Write) -> Result<Exported> {
        let db = self.lock()?;
        let unread = |cause| failed("read dead letters from", self.file(), cause);
        let rejected = format!(
            "SELECT {COLUMNS} FROM dead_letters WHERE pipeline = ?1 AND stage = ?2
             ORDER BY partition, offset, raw, ordinal"
        );
        let mut rejected = db.prepare(&rejected).map_err(unread)?;
        let mut rejected = rejected.query([self.pipeline(), sink]).map_err(unread)?;
        let mut exported = Exported::default();
        while let Some(row) = rejected.next().map_err(unread)? {
            let row = stored(row, self.pipeline()).map_err(unread)?;
            exported.row(&row, to)?;
        }
        exported.finish(to)
    }
}
