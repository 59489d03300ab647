//! Writes an epoch: the fence of each partition, then its state, dead letters and totals.

use fleet_core::{Partition, checkpoint::Sealed};
use rusqlite::{Connection, Result, params};

use super::dead_letter_rows;

const MOVE: &str = "
UPDATE positions SET
    seq = ?4, next_offset = ?5, ended = ?6, fingerprint = ?7,
    read = ?8, accepted = ?9, filtered = ?10, dead_lettered = ?11, late = ?12, duplicate = ?13,
    committed_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE pipeline = ?1 AND partition = ?2 AND token = ?3 AND seq = ?4 - 1";

/// Writes the epoch and returns the partitions that are fenced. If there are any, the caller must
/// roll back.
pub(super) fn write(db: &Connection, pipeline: &str, epoch: &[Sealed]) -> Result<Vec<Partition>> {
    let mut fenced = Vec::new();
    let mut moving = db.prepare_cached(MOVE)?;
    for sealed in epoch {
        let counts = &sealed.counts;
        let moved = moving.execute(params![
            pipeline,
            sealed.partition.as_str(),
            sealed.token.cast_signed(),
            sealed.seq.cast_signed(),
            sealed.next.0.cast_signed(),
            sealed.ended,
            &*sealed.fingerprint,
            counts.read.cast_signed(),
            counts.accepted.cast_signed(),
            counts.filtered.cast_signed(),
            counts.dead_lettered.cast_signed(),
            counts.late.cast_signed(),
            counts.duplicate.cast_signed(),
        ])?;
        if moved == 0 && !fenced.contains(&sealed.partition) {
            fenced.push(sealed.partition.clone());
        }
    }
    if fenced.is_empty() {
        for sealed in epoch {
            save(db, pipeline, sealed)?;
            dead_letter_rows::insert(db, pipeline, sealed)?;
            tally(db, pipeline, sealed)?;
        }
    }
    Ok(fenced)
}

fn save(db: &Connection, pipeline: &str, sealed: &Sealed) -> Result<()> {
    let mut upsert = db.prepare_cached(
        "INSERT INTO states (pipeline, partition, node, key, version, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (pipeline, partition, node, key)
         DO UPDATE SET version = excluded.version, bytes = excluded.bytes",
    )?;
    let mut delete = db.prepare_cached(
        "DELETE FROM states WHERE pipeline = ?1 AND partition = ?2 AND node = ?3 AND key = ?4",
    )?;
    let partition = sealed.partition.as_str();
    for saved in &sealed.saved {
        let (node, key) = (saved.node, &*saved.key);
        match &saved.bytes {
            Some(bytes) => upsert.execute(params![
                pipeline,
                partition,
                node,
                key,
                saved.version,
                bytes
            ])?,
            None => delete.execute(params![pipeline, partition, node, key])?,
        };
    }
    Ok(())
}

/// Each commit has all totals; those that it does not name are deleted.
fn tally(db: &Connection, pipeline: &str, sealed: &Sealed) -> Result<()> {
    let partition = sealed.partition.as_str();
    db.prepare_cached("DELETE FROM tallies WHERE pipeline = ?1 AND partition = ?2")?
        .execute([pipeline, partition])?;
    let mut put = db.prepare_cached(
        "INSERT INTO tallies (pipeline, partition, name, count) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (name, count) in &sealed.tallies {
        put.execute(params![pipeline, partition, name, count.cast_signed()])?;
    }
    Ok(())
}
