//! Claims a partition: raises its fencing token and reads what the store holds of it.

use std::collections::BTreeMap;

use fleet_core::{
    Offset, Partition,
    checkpoint::{Claim, Counts, MARK_ENTRY, Progress, Saved},
};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

/// The first token is the time in milliseconds, not 1: it must not repeat after a wipe, or a
/// process that still holds the old token would pass the fence.
const RAISE: &str = "
INSERT INTO positions (pipeline, partition, token, seq, ended)
VALUES (?1, ?2, CAST(unixepoch('subsec') * 1000 AS INTEGER), 0, 0)
ON CONFLICT (pipeline, partition) DO UPDATE SET token = token + 1
RETURNING token";

const POSITION: &str = "
SELECT seq, next_offset, ended, fingerprint,
       read, accepted, filtered, dead_lettered, late, duplicate
FROM positions WHERE pipeline = ?1 AND partition = ?2";

/// The progress of partitions, each with the entry that holds its mark.
const PROGRESS: &str = "
SELECT p.token, p.seq, p.next_offset, p.ended, s.version, s.bytes, p.partition
FROM positions p LEFT JOIN states s
ON s.pipeline = p.pipeline AND s.partition = p.partition AND s.node = ?2 AND s.key = ''
WHERE p.pipeline = ?1";

/// Raises the token and returns it.
pub(super) fn raise(db: &Connection, pipeline: &str, partition: &Partition) -> Result<u64> {
    db.prepare_cached(RAISE)?
        .query_row([pipeline, partition.as_str()], |row| unsigned(row, 0))
}

/// Reads what the store holds of a partition whose token was raised to this one. Run it in a
/// transaction: a later owner may be committing.
pub(super) fn read(
    db: &Connection,
    pipeline: &str,
    partition: &Partition,
    token: u64,
) -> Result<Claim> {
    let ours = [pipeline, partition.as_str()];
    let position = |row: &Row<'_>| {
        Ok(Claim {
            token,
            seq: unsigned(row, 0)?,
            next: offset(row, 1)?,
            ended: row.get(2)?,
            fingerprint: row.get(3)?,
            counts: counts(row, 4)?,
            ..Claim::default()
        })
    };
    // A wipe may have come in between; the claim is then fenced.
    let mut claim = db
        .prepare_cached(POSITION)?
        .query_row(ours, position)
        .optional()?
        .unwrap_or_else(|| Claim {
            token,
            ..Claim::default()
        });
    claim.state = db
        .prepare_cached(
            "SELECT node, key, version, bytes FROM states WHERE pipeline = ?1 AND partition = ?2",
        )?
        .query_map(ours, |row| {
            Ok(Saved {
                node: row.get(0)?,
                key: row.get_ref(1)?.as_str()?.into(),
                version: row.get(2)?,
                bytes: Some(row.get(3)?),
            })
        })?
        .collect::<Result<_>>()?;
    claim.tallies = db
        .prepare_cached("SELECT name, count FROM tallies WHERE pipeline = ?1 AND partition = ?2")?
        .query_map(ours, |row| Ok((row.get(0)?, unsigned(row, 1)?)))?
        .collect::<Result<_>>()?;
    Ok(claim)
}

pub(super) fn progress(
    db: &Connection,
    pipeline: &str,
    partition: &Partition,
) -> Result<Option<Progress>> {
    let one = format!("{PROGRESS} AND p.partition = ?3");
    let mark = i64::from(MARK_ENTRY);
    db.prepare_cached(&one)?
        .query_row(params![pipeline, mark, partition.as_str()], progress_of)
        .optional()
}

/// Returns the progress of every partition of a pipeline.
pub(super) fn partitions(db: &Connection, pipeline: &str) -> Result<BTreeMap<Partition, Progress>> {
    let mark = i64::from(MARK_ENTRY);
    let mut asked = db.prepare_cached(PROGRESS)?;
    let rows = asked.query_map(params![pipeline, mark], |row| {
        Ok((Partition::new(row.get_ref(6)?.as_str()?), progress_of(row)?))
    })?;
    rows.collect()
}

fn progress_of(row: &Row<'_>) -> Result<Progress> {
    let mark = Saved {
        node: MARK_ENTRY,
        key: "".into(),
        version: row.get::<_, Option<u16>>(4)?.unwrap_or_default(),
        bytes: row.get(5)?,
    };
    Ok(Progress {
        token: unsigned(row, 0)?,
        seq: unsigned(row, 1)?,
        next: offset(row, 2)?,
        ended: row.get(3)?,
        mark: mark.mark(),
    })
}

/// SQLite has no unsigned types, so the same 64 bits are stored as signed.
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}

/// The next offset; `None` before the first commit.
fn offset(row: &Row<'_>, column: usize) -> Result<Option<Offset>> {
    let next = row.get::<_, Option<i64>>(column)?;
    Ok(next.map(|at| Offset(at.cast_unsigned())))
}

/// The counts in the six columns from `first` on.
pub(super) fn counts(row: &Row<'_>, first: usize) -> Result<Counts> {
    Ok(Counts {
        read: unsigned(row, first)?,
        accepted: unsigned(row, first + 1)?,
        filtered: unsigned(row, first + 2)?,
        dead_lettered: unsigned(row, first + 3)?,
        late: unsigned(row, first + 4)?,
        duplicate: unsigned(row, first + 5)?,
    })
}
