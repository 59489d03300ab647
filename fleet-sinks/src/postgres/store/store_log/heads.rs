//! The lanes of a log and the numbers of their rows.

use std::collections::BTreeMap;

use fleet_core::Result;
use futures_util::future::try_join;
use tokio_postgres::{Error, types::ToSql};

use super::{
    super::{checkpoints::PostgresStore, claim::unsigned},
    tenant::TenantLog,
};
use crate::{
    postgres::connect::PostgresTransaction,
    store_log::{LogError, LogOptions, LogRows, NewRow},
};

/// Locks every lane to the commit, in ascending order. An epoch has a write for each of its
/// partitions: with locks of single lanes, two writers could come to wait for each other.
const LOCK: &str = "
SELECT lane FROM fleet_stream.log_heads WHERE tenant = $1 AND log = $2 ORDER BY lane
FOR NO KEY UPDATE";

/// How many rows of all lanes wait: for the slowest reader of each, or from the oldest that is kept
/// if nobody reads.
const WAITING: &str = "
SELECT coalesce(sum(greatest(h.next - coalesce(
    (SELECT min(r.next) FROM fleet_stream.log_readers r
        WHERE r.tenant = h.tenant AND r.log = h.log AND r.lane = h.lane),
    (SELECT min(w.seq) FROM fleet_stream.log_rows w
        WHERE w.tenant = h.tenant AND w.log = h.log AND w.lane = h.lane),
    h.next), 0)), 0)::bigint
FROM fleet_stream.log_heads h WHERE h.tenant = $1 AND h.log = $2";

/// Takes numbers in some lanes, under their locks. Returns the first of each.
const TAKE: &str = "
UPDATE fleet_stream.log_heads AS h SET next = h.next + n.rows
FROM unnest($3::integer[], $4::bigint[]) AS n (lane, rows)
WHERE h.tenant = $1 AND h.log = $2 AND h.lane = n.lane RETURNING h.lane, h.next - n.rows";

const INSERT: &str = "
INSERT INTO fleet_stream.log_rows (tenant, log, lane, seq, key, at, body)
SELECT $1, $2, * FROM unnest($3::integer[], $4::bigint[], $5::bytea[], $6::bigint[], $7::bytea[])";

/// Rows in one statement. Our choice: at a kilobyte each, a message to the server of a megabyte.
const ROWS: usize = 1_024;

impl PostgresStore {
    /// Makes a log, if it does not exist. The sink of a log does so too; call it where a reader may
    /// start first.
    ///
    /// # Errors
    /// Refuses a name that no topic can have, and a log that was made with another number of lanes.
    pub async fn make_log(&self, log: &str, options: &LogOptions) -> Result<()> {
        let rows = LogRows::<()>::new(log)?.with_options(*options);
        let tx = self.connection.begin().await?;
        make(&tx, &rows).await?;
        self.connection.commit(tx).await
    }
}

/// Makes a log, or compares it with the one that is there.
pub(super) async fn make<R>(tx: &PostgresTransaction, rows: &LogRows<R>) -> Result<TenantLog> {
    let options = rows.options();
    options.check(rows.log())?;
    let own = TenantLog::of(tx, rows.log()).await?;
    let made = tx
        .run("make a log in", made(tx, &own, options.lanes))
        .await?;
    if made != options.lanes {
        return Err(LogError::OtherLanes {
            log: rows.log().to_string(),
            place: tx.connection().address().to_owned(),
            asked: options.lanes,
            made,
        }
        .into());
    }
    Ok(own)
}

/// Makes the lanes if there are none, and returns how many there are.
async fn made(tx: &PostgresTransaction, own: &TenantLog, lanes: u32) -> Result<u32, Error> {
    lock_readers(tx, own).await?;
    let found = ends(tx, own).await?.len();
    if found > 0 {
        return Ok(u32::try_from(found).unwrap_or(u32::MAX));
    }
    let last = i32::try_from(lanes).unwrap_or(i32::MAX) - 1;
    let insert = "INSERT INTO fleet_stream.log_heads (tenant, log, lane, next)
        SELECT $1, $2, lane, 0 FROM generate_series(0, $3::integer) AS lane";
    let values: [&(dyn ToSql + Sync); 3] = [&&*own.tenant, &&*own.log, &last];
    tx.client().execute(insert, &values).await?;
    Ok(lanes)
}

/// Takes the lock of the readers to the end of the transaction. As a separate statement: the next
/// one sees what its last owner did.
pub(super) async fn lock_readers(tx: &PostgresTransaction, own: &TenantLog) -> Result<(), Error> {
    let lock = tx.prepare("SELECT pg_advisory_xact_lock($1)").await?;
    tx.client().execute(&lock, &[&own.lock()]).await?;
    Ok(())
}

/// The number of the next row of each lane.
pub(super) async fn ends(tx: &PostgresTransaction, own: &TenantLog) -> Result<Vec<u64>, Error> {
    let ends = "SELECT next FROM fleet_stream.log_heads WHERE tenant = $1 AND log = $2
        ORDER BY lane";
    let ends = tx.prepare(ends).await?;
    let values: [&(dyn ToSql + Sync); 2] = [&&*own.tenant, &&*own.log];
    let rows = tx.client().query(&ends, &values).await?;
    rows.iter().map(|row| unsigned(row, 0)).collect()
}

/// Locks all lanes, and returns how many there are and how many rows wait.
pub(super) async fn lock(tx: &PostgresTransaction, own: &TenantLog) -> Result<(usize, u64), Error> {
    let (lock, waiting) = (tx.prepare(LOCK).await?, tx.prepare(WAITING).await?);
    let values: [&(dyn ToSql + Sync); 2] = [&&*own.tenant, &&*own.log];
    // One round trip; the server counts once it has the locks.
    let locked = tx.client().query(&lock, &values);
    let counted = tx.client().query_one(&waiting, &values);
    let (locked, counted) = try_join(locked, counted).await?;
    Ok((locked.len(), unsigned(&counted, 0)?))
}

/// How many rows wait, without a lock.
pub(super) async fn waiting(tx: &PostgresTransaction, own: &TenantLog) -> Result<u64, Error> {
    let waiting = tx.prepare(WAITING).await?;
    let values: [&(dyn ToSql + Sync); 2] = [&&*own.tenant, &&*own.log];
    unsigned(&tx.client().query_one(&waiting, &values).await?, 0)
}

/// Writes rows, which are in the order of their lanes, under the locks of all lanes.
pub(super) async fn append(
    tx: &PostgresTransaction,
    own: &TenantLog,
    rows: &[NewRow],
) -> Result<(), Error> {
    let lane_of = |row: &NewRow| i32::try_from(row.lane).unwrap_or(i32::MAX);
    let runs: Vec<&[NewRow]> = rows.chunk_by(|one, other| one.lane == other.lane).collect();
    let first = |run: &&[NewRow]| run.first().map_or(0, lane_of);
    let lanes: Vec<i32> = runs.iter().map(first).collect();
    let count = |run: &&[NewRow]| i64::try_from(run.len()).unwrap_or(i64::MAX);
    let counts: Vec<i64> = runs.iter().map(count).collect();
    let take = tx.prepare(TAKE).await?;
    let insert = tx.prepare(INSERT).await?;
    let values: [&(dyn ToSql + Sync); 4] = [&&*own.tenant, &&*own.log, &lanes, &counts];
    let mut next = BTreeMap::new();
    for row in tx.client().query(&take, &values).await? {
        next.insert(row.try_get::<_, i32>(0)?, row.try_get::<_, i64>(1)?);
    }
    for some in rows.chunks(ROWS) {
        let lanes: Vec<i32> = some.iter().map(lane_of).collect();
        let mut numbers = Vec::with_capacity(some.len());
        for lane in &lanes {
            let number = next.entry(*lane).or_default();
            numbers.push(*number);
            *number += 1;
        }
        let keys: Vec<&[u8]> = some.iter().map(|row| row.key.as_bytes()).collect();
        let times: Vec<i64> = some.iter().map(|row| row.at.as_micros()).collect();
        let bodies: Vec<&[u8]> = some.iter().map(|row| &*row.body).collect();
        let values: [&(dyn ToSql + Sync); 7] = [
            &&*own.tenant,
            &&*own.log,
            &lanes,
            &numbers,
            &keys,
            &times,
            &bodies,
        ];
        tx.client().execute(&insert, &values).await?;
    }
    Ok(())
}
