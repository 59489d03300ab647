//! What the source of a log asks of a SQLite file.

use std::sync::Arc;

use async_trait::async_trait;
use fleet_core::{EventTime, Offset, Result, checkpoint::CheckpointStore};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    super::{claim::unsigned, error::failed, store::SqliteStore, tx::SqliteTx},
    heads,
};
use crate::store_log::{
    Kept, LaneReader, LaneStart, LogError, LogRecord, LogSource, LogSourceOptions, PageLimits,
    check_name, start_at, unbroken,
};

/// Rows that one commit of a reader deletes from a lane. Our choice: more than it reads between two
/// records of its progress, so that they get fewer, and few enough that writers do not wait.
const TRIMMED: i64 = 20_000;

/// A reader that is known keeps its place; a new one begins with the oldest row.
const REGISTER: &str = "
INSERT INTO log_readers (log, reader, lane, next, began, seen_at)
SELECT log, ?2, lane, oldest, oldest, unixepoch('subsec') FROM (
    SELECT h.log, h.lane, coalesce((SELECT min(w.seq) FROM log_rows w
        WHERE w.log = h.log AND w.lane = h.lane), h.next) AS oldest
    FROM log_heads h WHERE h.log = ?1) WHERE true
ON CONFLICT (log, reader, lane) DO UPDATE SET seen_at = excluded.seen_at";

/// The oldest row that is kept of a lane, the number of the next one, and where the reader began.
const LANE: &str = "
SELECT coalesce(
    (SELECT min(w.seq) FROM log_rows w WHERE w.log = h.log AND w.lane = h.lane), h.next), h.next,
    (SELECT r.began FROM log_readers r WHERE r.log = h.log AND r.lane = h.lane AND r.reader = ?3)
FROM log_heads h WHERE h.log = ?1 AND h.lane = ?2";

const START: &str = "
INSERT INTO log_readers (log, reader, lane, next, began, seen_at)
VALUES (?1, ?2, ?3, ?4, ?4, unixepoch('subsec'))
ON CONFLICT (log, reader, lane) DO UPDATE SET next = excluded.next, seen_at = excluded.seen_at";

const TRIM: &str = "
DELETE FROM log_rows WHERE log = ?1 AND lane = ?2 AND seq < min(
    (SELECT min(next) FROM log_readers WHERE log = ?1 AND lane = ?2),
    (SELECT min(seq) FROM log_rows WHERE log = ?1 AND lane = ?2) + ?3)";

/// One registered reader of a log in a file.
#[derive(Debug)]
struct SqliteReader {
    store: SqliteStore,
    log: Arc<str>,
    reader: Arc<str>,
    /// How many lanes the log has.
    lanes: u32,
}

impl SqliteStore {
    /// The source of a log of this file, for a reader of this name, which is registered. The name
    /// of the pipeline that reads is a good one.
    ///
    /// The source shares the connection of this handle, so open it with the store of the pipeline
    /// that reads. Pipelines that write and read one file need a handle each, by
    /// [`open`](Self::open).
    ///
    /// # Errors
    /// Refuses a log that does not exist, and a name that no topic can have. Waits for an open
    /// transaction, up to the busy timeout.
    pub fn log_source(
        &self,
        log: &str,
        reader: &str,
        options: LogSourceOptions,
    ) -> Result<LogSource> {
        check_name("log", log)?;
        check_name("reader", reader)?;
        let tx = self.begin_now()?;
        let failed = |cause| tx.failed("read a log of", cause);
        let lanes = heads::lanes(tx.connection(), log).map_err(failed)?;
        if lanes == 0 {
            let (log, place) = (log.to_owned(), tx.file().to_owned());
            return Err(LogError::Missing { log, place }.into());
        }
        tx.connection()
            .execute(REGISTER, [log, reader])
            .map_err(failed)?;
        tx.commit()?;
        let log: Arc<str> = log.into();
        let own = SqliteReader {
            store: self.clone(),
            log: Arc::clone(&log),
            reader: reader.into(),
            lanes,
        };
        Ok(LogSource::new(own, &log, lanes, options))
    }
}

impl SqliteReader {
    async fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send,
    ) -> Result<T> {
        let db = self.store.db().lock().await;
        read(&db).map_err(|cause| failed("read a log of", self.store.file(), cause))
    }

    fn start_in(&self, tx: &SqliteTx, lane: u32, at: Option<u64>) -> Result<LaneStart> {
        let failed = |cause| tx.failed("start reading a log of", cause);
        let kept = |db: &Connection| {
            db.prepare_cached(LANE)?
                .query_row(params![&*self.log, lane, &*self.reader], |row| {
                    Ok(Kept {
                        oldest: unsigned(row, 0)?,
                        end: unsigned(row, 1)?,
                        began: row.get::<_, Option<i64>>(2)?.map(i64::cast_unsigned),
                    })
                })
                .optional()
        };
        let Some(kept) = kept(tx.connection()).map_err(failed)? else {
            let (log, place) = (self.log.to_string(), tx.file().to_owned());
            return Err(LogError::Missing { log, place }.into());
        };
        let start = start_at((&self.log, &self.reader, lane), at, kept)?;
        let next = start.at.cast_signed();
        tx.connection()
            .execute(START, params![&*self.log, &*self.reader, lane, next])
            .map_err(failed)?;
        // What a stop left of it: a lane without new rows has no other occasion.
        tx.connection()
            .execute(TRIM, params![&*self.log, lane, TRIMMED])
            .map_err(failed)?;
        Ok(start)
    }

    /// Returns `false` if the reader was dropped.
    fn note_in(&self, db: &Connection, done: &[(u32, u64)]) -> rusqlite::Result<bool> {
        let (log, reader) = (&*self.log, &*self.reader);
        let seen = db
            .prepare_cached(
                "UPDATE log_readers SET seen_at = unixepoch('subsec')
                 WHERE log = ?1 AND reader = ?2",
            )?
            .execute([log, reader])?;
        // Some may have been started again after it was dropped.
        if u32::try_from(seen).unwrap_or(u32::MAX) < self.lanes {
            return Ok(false);
        }
        let mut note = db.prepare_cached(
            "UPDATE log_readers SET next = max(next, ?4)
             WHERE log = ?1 AND reader = ?2 AND lane = ?3",
        )?;
        let mut trim = db.prepare_cached(TRIM)?;
        for (lane, next) in done {
            note.execute(params![log, reader, lane, next.cast_signed()])?;
            trim.execute(params![log, lane, TRIMMED])?;
        }
        Ok(true)
    }
}

#[async_trait]
impl LaneReader for SqliteReader {
    async fn ends(&self) -> Result<Vec<u64>> {
        self.read(|db| heads::ends(db, &self.log)).await
    }

    async fn page(&self, lane: u32, from: u64, limits: PageLimits) -> Result<Vec<LogRecord>> {
        let page = self
            .read(|db| page(db, &self.log, lane, from, limits))
            .await?;
        unbroken((&self.log, &self.reader, lane), from, &page)?;
        Ok(page)
    }

    async fn start(&self, lane: u32, at: Option<u64>) -> Result<LaneStart> {
        let tx = self.store.clone().begin().await?;
        let start = self.start_in(&tx, lane, at)?;
        tx.commit()?;
        Ok(start)
    }

    async fn note(&self, done: &[(u32, u64)]) -> Result<()> {
        let tx = self.store.clone().begin().await?;
        let noted = self.note_in(tx.connection(), done);
        if !noted.map_err(|cause| tx.failed("note what is read of a log in", cause))? {
            let (log, reader) = (self.log.to_string(), self.reader.to_string());
            return Err(LogError::Dropped { log, reader }.into());
        }
        tx.commit()
    }
}

/// Reads rows up to the limits of a page.
fn page(
    db: &Connection,
    log: &str,
    lane: u32,
    from: u64,
    limits: PageLimits,
) -> rusqlite::Result<Vec<LogRecord>> {
    let mut read = db.prepare_cached(
        "SELECT seq, key, at, body FROM log_rows WHERE log = ?1 AND lane = ?2 AND seq >= ?3
         ORDER BY seq",
    )?;
    let mut rows = read.query(params![log, lane, from.cast_signed()])?;
    let (mut page, mut bytes) = (Vec::new(), 0);
    while page.len() < limits.rows
        && let Some(row) = rows.next()?
    {
        let record = LogRecord {
            offset: Offset(unsigned(row, 0)?),
            key: row.get(1)?,
            at: EventTime::from_micros(row.get(2)?),
            body: row.get(3)?,
        };
        bytes += record.size();
        if bytes > limits.bytes && !page.is_empty() {
            break;
        }
        page.push(record);
    }
    Ok(page)
}
