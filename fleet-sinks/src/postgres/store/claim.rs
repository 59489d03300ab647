//! Claims a partition: raises its fencing token and reads what the store holds of it.

use fleet_core::{
    Offset, Partition,
    checkpoint::{Claim, Counts, MARK_ENTRY, Progress, Saved},
};
use tokio_postgres::{Error, Row};

use super::text::storable;
use crate::postgres::connect::{PostgresConnection, PostgresTransaction};

/// The first token is the time in milliseconds, not 1: it must not repeat after a wipe, or a
/// process that still holds the old token would pass the fence.
const RAISE: &str = "
INSERT INTO fleet_stream.positions AS known (pipeline, partition, token, seq, ended)
VALUES ($1, $2, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, 0, false)
ON CONFLICT (pipeline, partition) DO UPDATE SET token = known.token + 1
RETURNING token, seq, next_offset, ended, fingerprint,
          read, accepted, filtered, dead_lettered, late, duplicate";

const STATES: &str = "
SELECT node, key, version, bytes FROM fleet_stream.states WHERE pipeline = $1 AND partition = $2";

const TALLIES: &str = "
SELECT name, count FROM fleet_stream.tallies WHERE pipeline = $1 AND partition = $2";

const PARTITIONS: &str = "
SELECT token, seq, next_offset, ended, partition FROM fleet_stream.positions WHERE pipeline = $1";

const MARK: &str = "
SELECT node, key, version, bytes FROM fleet_stream.states
WHERE pipeline = $1 AND partition = $2 AND node = $3";

const PROGRESS: &str = "
SELECT token, seq, next_offset, ended FROM fleet_stream.positions WHERE pipeline = $1 AND partition = $2";

pub(super) async fn claim(
    tx: &PostgresTransaction,
    pipeline: &str,
    partition: &Partition,
) -> Result<Claim, Error> {
    let partition = storable(partition.as_str());
    let client = tx.client();
    let raise = tx.prepare(RAISE).await?;
    let row = client.query_one(&raise, &[&pipeline, &partition]).await?;
    let mut claim = Claim {
        token: unsigned(&row, 0)?,
        seq: unsigned(&row, 1)?,
        next: offset(&row, 2)?,
        ended: row.try_get(3)?,
        fingerprint: row.try_get(4)?,
        counts: counts(&row, 5)?,
        ..Claim::default()
    };
    let states = tx.prepare(STATES).await?;
    for row in client.query(&states, &[&pipeline, &partition]).await? {
        claim.state.push(saved(&row)?);
    }
    let tallies = tx.prepare(TALLIES).await?;
    for row in client.query(&tallies, &[&pipeline, &partition]).await? {
        claim.tallies.insert(row.try_get(0)?, unsigned(&row, 1)?);
    }
    Ok(claim)
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
