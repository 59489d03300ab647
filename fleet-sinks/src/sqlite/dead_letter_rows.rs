//! The rows of the table of dead letters: written, read, and identified when a store is upgraded.

use std::sync::Arc;

use fleet_core::{
    ContentId, EventTime, Offset, Partition,
    checkpoint::{DeadLetter, InputOffset, Sealed},
};
use rusqlite::{Connection, Result, Row, params};

use crate::{
    store_report::{pack_headers, unpack_headers},
    stored_dead_letter::StoredDeadLetter,
};

const INSERT: &str = "
INSERT INTO dead_letters (pipeline, partition, offset, stage, reason, raw, length,
                          id, ordinal, place_input, place_offset, key, log_time, headers)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";

/// The columns that [`stored`] reads.
pub(super) const COLUMNS: &str = "partition, offset, stage, reason, raw, length, id, ordinal,
    place_input, place_offset, key, log_time, headers";

const UNIDENTIFIED: &str = "
SELECT rowid, pipeline, partition, offset, stage, raw,
       row_number() OVER (PARTITION BY pipeline, partition, offset, stage, raw ORDER BY rowid) - 1
FROM dead_letters WHERE id = ''";

/// Writes the dead letters of a commit.
pub(super) fn insert(db: &Connection, pipeline: &str, sealed: &Sealed) -> Result<()> {
    if sealed.dead.is_empty() {
        return Ok(());
    }
    let mut insert = db.prepare_cached(INSERT)?;
    for letter in &sealed.dead {
        let place = letter.place.as_ref();
        insert.execute(params![
            pipeline,
            sealed.partition.as_str(),
            letter.offset.0.cast_signed(),
            &*letter.step,
            letter.reason,
            letter.raw,
            letter.length.cast_signed(),
            letter.id(pipeline, &sealed.partition).to_string(),
            letter.ordinal,
            place.map(|place| &*place.input),
            place.map(|place| place.offset.0.cast_signed()),
            letter.key.as_deref(),
            letter.log_time.map(EventTime::as_micros),
            pack_headers(&letter.headers),
        ])?;
    }
    Ok(())
}

/// Reads a dead letter from [`COLUMNS`]. What a process of an earlier version inserts has no id
/// yet: it is computed.
pub(super) fn stored(row: &Row<'_>, pipeline: &str) -> Result<StoredDeadLetter> {
    let partition = Partition::from(row.get_ref(0)?.as_str()?);
    let place_offset = row.get::<_, Option<i64>>(9)?;
    let place = row.get::<_, Option<String>>(8)?.zip(place_offset);
    let mut letter = DeadLetter {
        offset: offset(row.get(1)?),
        step: Arc::from(row.get_ref(2)?.as_str()?),
        reason: row.get(3)?,
        raw: row.get(4)?,
        length: row.get::<_, i64>(5)?.cast_unsigned(),
        ordinal: row.get(7)?,
        place: place.map(|(input, at)| InputOffset {
            input: input.into(),
            offset: offset(at),
        }),
        key: row.get::<_, Option<String>>(10)?.map(Into::into),
        log_time: row.get::<_, Option<i64>>(11)?.map(EventTime::from_micros),
        headers: Vec::new(),
    };
    if let Some(headers) = row.get_ref(12)?.as_bytes_or_null()? {
        letter.headers = unpack_headers(headers);
    }
    let id = row.get_ref(6)?.as_str()?.parse();
    Ok(StoredDeadLetter {
        id: id.unwrap_or_else(|_| letter.id(pipeline, &partition)),
        partition,
        letter,
    })
}

/// Gives an id to each dead letter that an earlier version stored.
pub(super) fn identify(db: &Connection) -> Result<()> {
    let mut unidentified = db.prepare(UNIDENTIFIED)?;
    let ids = unidentified.query_map([], |row| {
        let letter = DeadLetter {
            offset: offset(row.get(3)?),
            step: Arc::from(row.get_ref(4)?.as_str()?),
            raw: row.get(5)?,
            ordinal: row.get(6)?,
            ..DeadLetter::default()
        };
        let partition = Partition::from(row.get_ref(2)?.as_str()?);
        let id = letter.id(row.get_ref(1)?.as_str()?, &partition);
        Ok((row.get(0)?, id, letter.ordinal))
    })?;
    // Collected, because a query must not read what is being changed.
    let ids: Vec<(i64, ContentId, u32)> = ids.collect::<Result<_>>()?;
    let mut set = db.prepare("UPDATE dead_letters SET id = ?2, ordinal = ?3 WHERE rowid = ?1")?;
    for (row, id, ordinal) in ids {
        set.execute(params![row, id.to_string(), ordinal])?;
    }
    Ok(())
}

fn offset(signed: i64) -> Offset {
    Offset(signed.cast_unsigned())
}
