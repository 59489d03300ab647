//! The lanes of a log and the numbers of their rows.

use fleet_core::Result;
use rusqlite::{Connection, params};

use super::super::{claim::unsigned, store::SqliteStore, tx::SqliteTx};
use crate::store_log::{LogError, LogOptions, LogRows, NewRow};

/// How many rows of all lanes wait: for the slowest reader of each, or from the oldest that is kept
/// if nobody reads.
const WAITING: &str = "
SELECT coalesce(sum(max(0, h.next - coalesce(
    (SELECT min(r.next) FROM log_readers r WHERE r.log = h.log AND r.lane = h.lane),
    (SELECT min(w.seq) FROM log_rows w WHERE w.log = h.log AND w.lane = h.lane),
    h.next))), 0)
FROM log_heads h WHERE h.log = ?1";

impl SqliteStore {
    /// Makes a log, if it does not exist. The sink of a log does so too; call it where a reader may
    /// start first.
    ///
    /// # Errors
    /// Refuses a name that no topic can have, and a log that was made with another number of lanes.
    /// Waits for an open transaction, up to the busy timeout.
    pub fn make_log(&self, log: &str, options: &LogOptions) -> Result<()> {
        let rows = LogRows::<()>::new(log)?.with_options(*options);
        make(&self.begin_now()?, rows.log(), options)
    }
}

/// Makes a log, or compares it with the one that is there, and commits.
pub(super) fn make(tx: &SqliteTx, log: &str, options: &LogOptions) -> Result<()> {
    options.check(log)?;
    let failed = |cause| tx.failed("make a log in", cause);
    let made = lanes(tx.connection(), log).map_err(failed)?;
    if made == options.lanes {
        return tx.rollback();
    }
    if made > 0 {
        return Err(LogError::OtherLanes {
            log: log.to_owned(),
            place: tx.file().to_owned(),
            asked: options.lanes,
            made,
        }
        .into());
    }
    insert_heads(tx.connection(), log, options.lanes).map_err(failed)?;
    tx.commit()
}

fn insert_heads(db: &Connection, log: &str, lanes: u32) -> rusqlite::Result<()> {
    let mut insert =
        db.prepare_cached("INSERT INTO log_heads (log, lane, next) VALUES (?1, ?2, 0)")?;
    for lane in 0..lanes {
        insert.execute(params![log, lane])?;
    }
    Ok(())
}

/// The number of lanes of a log; 0 if it does not exist.
pub(super) fn lanes(db: &Connection, log: &str) -> rusqlite::Result<u32> {
    db.prepare_cached("SELECT count(*) FROM log_heads WHERE log = ?1")?
        .query_row([log], |row| row.get(0))
}

/// The number of the next row of each lane.
pub(super) fn ends(db: &Connection, log: &str) -> rusqlite::Result<Vec<u64>> {
    db.prepare_cached("SELECT next FROM log_heads WHERE log = ?1 ORDER BY lane")?
        .query_map([log], |row| unsigned(row, 0))?
        .collect()
}

/// How many rows wait.
pub(super) fn waiting(db: &Connection, log: &str) -> rusqlite::Result<u64> {
    db.prepare_cached(WAITING)?
        .query_row([log], |row| unsigned(row, 0))
}

/// Writes rows, which are in the order of their lanes. `false` if the log lacks a lane.
pub(super) fn append(db: &Connection, log: &str, rows: &[NewRow]) -> rusqlite::Result<bool> {
    let mut take = db.prepare_cached(
        "UPDATE log_heads SET next = next + ?3 WHERE log = ?1 AND lane = ?2 RETURNING next - ?3",
    )?;
    let mut insert = db.prepare_cached(
        "INSERT INTO log_rows (log, lane, seq, key, at, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for lane in rows.chunk_by(|one, other| one.lane == other.lane) {
        let Some(number) = lane.first().map(|row| row.lane) else {
            continue;
        };
        let count = i64::try_from(lane.len()).unwrap_or(i64::MAX);
        let mut taken = take.query(params![log, number, count])?;
        let Some(taken) = taken.next()? else {
            return Ok(false);
        };
        let first: i64 = taken.get(0)?;
        for (seq, row) in (first..).zip(lane) {
            insert.execute(params![
                log,
                number,
                seq,
                row.key.as_bytes(),
                row.at.as_micros(),
                row.body
            ])?;
        }
    }
    Ok(true)
}
