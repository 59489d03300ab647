//! Claims a partition: raises its fencing token and reads what the store holds of it.

use std::pin::pin;

use fleet_core::{
    Offset, Partition, Result as FleetResult,
    checkpoint::{Claim, Counts, MARK_ENTRY, Progress, Saved},
};
use futures_util::TryStreamExt;
use tokio::task::yield_now;
use tokio_postgres::{Error, Row};

use super::{states, text::storable};
use crate::postgres::connect::{PostgresConnection, PostgresTransaction};

/// The first token is the time in milliseconds, not 1: it must not repeat after a wipe, or a
/// process that still holds the old token would pass the fence.
const RAISE: &str = "
INSERT INTO fleet_stream.positions AS known (pipeline, partition, token, seq, ended)
VALUES ($1, $2, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, 0, false)
ON CONFLICT (pipeline, partition) DO UPDATE SET token = known.token + 1
RETURNING token";

/// One snapshot for all that a claim reads: a later owner may be committing.
const SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";

const POSITION: &str = "
SELECT seq, next_offset, ended, fingerprint,
       read, accepted, filtered, dead_lettered, late, duplicate
FROM fleet_stream.positions WHERE pipeline = $1 AND partition = $2";

const STATES: &str = "
SELECT node, key, version, bytes FROM fleet_stream.states WHERE pipeline = $1 AND partition = $2";

/// How many states are decoded before other work gets its turn. Our choice: about a millisecond.
const SLICE: usize = 1_024;

const TALLIES: &str = "
SELECT name, count FROM fleet_stream.tallies WHERE pipeline = $1 AND partition = $2";

const PARTITIONS: &str = "
SELECT token, seq, next_offset, ended, partition FROM fleet_stream.positions WHERE pipeline = $1";

const MARK: &str = "
SELECT node, key, version, bytes FROM fleet_stream.states
WHERE pipeline = $1 AND partition = $2 AND node = $3";

const PROGRESS: &str = "
SELECT token, seq, next_offset, ended FROM fleet_stream.positions WHERE pipeline = $1 AND partition = $2";

/// Raises the token and returns it.
pub(super) async fn raise(
    tx: &PostgresTransaction,
    pipeline: &str,
    partition: &Partition,
) -> Result<u64, Error> {
    let partition = storable(partition.as_str());
    let raise = tx.prepare(RAISE).await?;
    let client = tx.client();
    let row = client.query_one(&raise, &[&pipeline, &partition]).await?;
    unsigned(&row, 0)
}

/// Begins a snapshot and reads from it everything but the state, of a partition whose token was
/// raised to this one.
pub(super) async fn read(
    tx: &PostgresTransaction,
    pipeline: &str,
    partition: &Partition,
    token: u64,
) -> Result<Claim, Error> {
    let partition = storable(partition.as_str());
    let client = tx.client();
    client.batch_execute(SNAPSHOT).await?;
    let mut claim = Claim {
        token,
        ..Claim::default()
    };
    let position = tx.prepare(POSITION).await?;
    let position = client
        .query_opt(&position, &[&pipeline, &partition])
        .await?;
    // A wipe may have come in between; the claim is then fenced.
    if let Some(row) = position {
        claim.seq = unsigned(&row, 0)?;
        claim.next = offset(&row, 1)?;
        claim.ended = row.try_get(2)?;
        claim.fingerprint = row.try_get(3)?;
        claim.counts = counts(&row, 4)?;
    }
    let tallies = tx.prepare(TALLIES).await?;
    for row in client.query(&tallies, &[&pipeline, &partition]).await? {
        claim.tallies.insert(row.try_get(0)?, unsigned(&row, 1)?);
    }
    Ok(claim)
}

/// Reads the state of a partition: the table of states, as the changes in the log replace it.
///
/// Rows are decoded as they come, and other tasks of the thread get their turn in between.
pub(super) async fn state(
    tx: &PostgresTransaction,
    pipeline: &str,
    partition: &Partition,
    changes: &[Saved],
) -> FleetResult<Vec<Saved>> {
    let doing = "read the state of a partition from";
    let newest = states::newest(changes.iter());
    let is_replaced = |saved: &Saved| {
        let wanted = (saved.node, &saved.key);
        newest
            .binary_search_by(|change| (change.node, &change.key).cmp(&wanted))
            .is_ok()
    };
    let asked = async {
        let states = tx.prepare(STATES).await?;
        let partition = storable(partition.as_str());
        tx.client()
            .query_raw(&states, [pipeline, &*partition])
            .await
    };
    let rows = tx.run(doing, asked).await?;
    let mut slices = pin!(rows.try_ready_chunks(SLICE));
    let mut state = Vec::new();
    loop {
        let slice = async { slices.try_next().await.map_err(|failed| failed.1) };
        let Some(slice) = tx.run(doing, slice).await? else {
            break;
        };
        let slice = slice.iter().map(saved).collect::<Result<Vec<_>, _>>();
        let slice = tx.run(doing, async { slice }).await?;
        state.extend(slice.into_iter().filter(|saved| !is_replaced(saved)));
        yield_now().await;
    }
    let changed = newest.into_iter().filter(|change| change.bytes.is_some());
    state.extend(changed.cloned());
    Ok(state)
}

pub(super) async fn progress(
    connection: &PostgresConnection,
    pipeline: &str,
    partition: &Partition,
) -> Result<Option<Progress>, Error> {
    let partition = storable(partition.as_str());
    let asked = connection.prepare(PROGRESS).await?;
    let row = connection
        .client()
        .query_opt(&asked, &[&pipeline, &partition])
        .await?;
    row.map(|row| progress_of(&row)).transpose()
}

/// Returns the progress of every partition of a pipeline, without the marks.
pub(super) async fn partitions(
    tx: &PostgresTransaction,
    pipeline: &str,
) -> Result<Vec<(Partition, Progress)>, Error> {
    let asked = tx.prepare(PARTITIONS).await?;
    let rows = tx.client().query(&asked, &[&pipeline]).await?;
    let rows = rows.iter().map(|row| {
        let name: &str = row.try_get(4)?;
        Ok((Partition::new(name), progress_of(row)?))
    });
    rows.collect()
}

fn progress_of(row: &Row) -> Result<Progress, Error> {
    Ok(Progress {
        token: unsigned(row, 0)?,
        seq: unsigned(row, 1)?,
        next: offset(row, 2)?,
        ended: row.try_get(3)?,
        mark: None,
    })
}

/// Returns the mark of a partition in the table of states, which the log may replace.
pub(super) async fn mark(
    tx: &PostgresTransaction,
    pipeline: &str,
    partition: &Partition,
) -> Result<Option<Saved>, Error> {
    let partition = storable(partition.as_str());
    let asked = tx.prepare(MARK).await?;
    let client = tx.client();
    let node = i32::from(MARK_ENTRY);
    let row = client
        .query_opt(&asked, &[&pipeline, &partition, &node])
        .await?;
    row.map(|row| saved(&row)).transpose()
}

/// The store writes UTF-8 and small numbers; values that somebody changed by hand are approximated.
fn saved(row: &Row) -> Result<Saved, Error> {
    let number = |number: i32| u16::try_from(number).unwrap_or(u16::MAX);
    Ok(Saved {
        node: number(row.try_get(0)?),
        key: String::from_utf8_lossy(row.try_get(1)?).into(),
        version: number(row.try_get(2)?),
        bytes: Some(row.try_get(3)?),
    })
}

/// PostgreSQL has no unsigned types, so the same 64 bits are stored as signed.
pub(super) fn unsigned(row: &Row, column: usize) -> Result<u64, Error> {
    row.try_get::<_, i64>(column).map(i64::cast_unsigned)
}

/// The next offset; `None` before the first commit.
fn offset(row: &Row, column: usize) -> Result<Option<Offset>, Error> {
    let next = row.try_get::<_, Option<i64>>(column)?;
    Ok(next.map(|at| Offset(at.cast_unsigned())))
}

/// The counts in the six columns from `first` on.
pub(super) fn counts(row: &Row, first: usize) -> Result<Counts, Error> {
    Ok(Counts {
        read: unsigned(row, first)?,
        accepted: unsigned(row, first + 1)?,
        filtered: unsigned(row, first + 2)?,
        dead_lettered: unsigned(row, first + 3)?,
        late: unsigned(row, first + 4)?,
        duplicate: unsigned(row, first + 5)?,
    })
}
