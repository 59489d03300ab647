//! The rows of the table of dead letters: written, read, and identified when a store is upgraded.

use std::{pin::pin, sync::Arc};

use fleet_core::{
    EventTime, Offset, Partition, Result as FleetResult,
    checkpoint::{DeadLetter, InputOffset, Sealed},
};
use futures_util::TryStreamExt;
use tokio_postgres::{Error, Row, Statement};

use super::{claim::unsigned, text::storable};
use crate::{
    postgres::connect::PostgresTransaction,
    store_report::{pack_headers, unpack_headers},
    stored_dead_letter::StoredDeadLetter,
};

pub(super) const INSERT: &str = r#"
INSERT INTO fleet_stream.dead_letters (pipeline, partition, "offset", stage, reason, raw, length,
    id, ordinal, place_input, place_offset, key, log_time, headers)
SELECT $1, $2, o, s, r, b, l, i::uuid, n, pi, po, k, t, h
FROM unnest($3::bigint[], $4::text[], $5::text[], $6::bytea[], $7::bigint[], $8::text[],
    $9::bigint[], $10::text[], $11::bigint[], $12::text[], $13::bigint[], $14::bytea[])
    AS new (o, s, r, b, l, i, n, pi, po, k, t, h)"#;

/// The columns that [`stored`] reads.
pub(super) const COLUMNS: &str = r#"partition, "offset", stage, reason, raw, length, id::text,
    ordinal, place_input, place_offset, key, log_time, headers"#;

const UNIDENTIFIED: &str = r#"
SELECT ctid::text, pipeline, partition, "offset", stage, raw, row_number()
    OVER (PARTITION BY pipeline, partition, "offset", stage, raw ORDER BY buried_at, ctid) - 1
FROM fleet_stream.dead_letters WHERE id IS NULL"#;

const IDENTIFY: &str = "
UPDATE fleet_stream.dead_letters AS known SET id = new.id::uuid, ordinal = new.ordinal
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS new (place, id, ordinal)
WHERE known.ctid = new.place::tid";

/// Dead letters in one statement. Our choice: with 64 KiB each, far below the limit of a message.
const LETTERS: usize = 1_024;
/// Dead letters that get their id in one statement. Our choice: a message of about a megabyte.
const IDS: usize = 10_000;

/// Writes the dead letters of a commit.
pub(super) async fn insert(
    tx: &PostgresTransaction,
    statement: &Statement,
    pipeline: &str,
    sealed: &Sealed,
) -> Result<(), Error> {
    /// One column of the letters.
    fn each<'a, T>(letters: &'a [DeadLetter], of: impl Fn(&'a DeadLetter) -> T) -> Vec<T> {
        letters.iter().map(of).collect()
    }
    let partition = storable(sealed.partition.as_str());
    for some in sealed.dead.chunks(LETTERS) {
        let offsets = each(some, |letter| letter.offset.0.cast_signed());
        let steps = each(some, |letter| storable(&letter.step));
        let reasons = each(some, |letter| storable(&letter.reason));
        let raws = each(some, |letter| &*letter.raw);
        let lengths = each(some, |letter| letter.length.cast_signed());
        let ids = each(some, |letter| {
            letter.id(pipeline, &sealed.partition).to_string()
        });
        let ordinals = each(some, |letter| i64::from(letter.ordinal));
        let inputs = each(some, |letter| {
            letter.place.as_ref().map(|place| storable(&place.input))
        });
        let places = each(some, |letter| {
            letter
                .place
                .as_ref()
                .map(|place| place.offset.0.cast_signed())
        });
        let keys = each(some, |letter| letter.key.as_deref().map(storable));
        let times = each(some, |letter| letter.log_time.map(EventTime::as_micros));
        let headers = each(some, |letter| pack_headers(&letter.headers));
        tx.client()
            .execute(
                statement,
                &[
                    &pipeline, &partition, &offsets, &steps, &reasons, &raws, &lengths, &ids,
                    &ordinals, &inputs, &places, &keys, &times, &headers,
                ],
            )
            .await?;
    }
    Ok(())
}

/// Reads a dead letter from [`COLUMNS`].
pub(super) fn stored(row: &Row, pipeline: &str) -> Result<StoredDeadLetter, Error> {
    let partition = Partition::from(row.try_get::<_, &str>(0)?);
    let place_offset = row.try_get::<_, Option<i64>>(9)?;
    let place = row.try_get::<_, Option<&str>>(8)?.zip(place_offset);
    let mut letter = DeadLetter {
        offset: Offset(unsigned(row, 1)?),
        step: Arc::from(row.try_get::<_, &str>(2)?),
        reason: row.try_get(3)?,
        raw: row.try_get(4)?,
        length: unsigned(row, 5)?,
        ordinal: u32::try_from(row.try_get::<_, i64>(7)?).unwrap_or_default(),
        place: place.map(|(input, at)| InputOffset {
            input: input.into(),
            offset: Offset(at.cast_unsigned()),
        }),
        key: row.try_get::<_, Option<&str>>(10)?.map(Into::into),
        log_time: row
            .try_get::<_, Option<i64>>(11)?
            .map(EventTime::from_micros),
        headers: Vec::new(),
    };
    if let Some(headers) = row.try_get::<_, Option<&[u8]>>(12)? {
        letter.headers = unpack_headers(headers);
    }
    let id = row.try_get::<_, Option<&str>>(6)?;
    let id = id.and_then(|id| id.parse().ok());
    Ok(StoredDeadLetter {
        // A row that somebody inserted by hand has none.
        id: id.unwrap_or_else(|| letter.id(pipeline, &partition)),
        partition,
        letter,
    })
}

/// Gives an id to each dead letter that an earlier version stored.
pub(super) async fn identify(tx: &PostgresTransaction) -> FleetResult<()> {
    let identified = async {
        let client = tx.client();
        let none: [&str; 0] = [];
        let mut rows = pin!(client.query_raw(UNIDENTIFIED, none).await?);
        let (mut places, mut ids, mut ordinals) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(row) = rows.try_next().await? {
            let ordinal = row.try_get::<_, i64>(6)?;
            let letter = DeadLetter {
                offset: Offset(unsigned(&row, 3)?),
                step: Arc::from(row.try_get::<_, &str>(4)?),
                raw: row.try_get(5)?,
                ordinal: u32::try_from(ordinal).unwrap_or(u32::MAX),
                ..DeadLetter::default()
            };
            let partition = Partition::from(row.try_get::<_, &str>(2)?);
            ids.push(letter.id(row.try_get(1)?, &partition).to_string());
            places.push(row.try_get::<_, String>(0)?);
            ordinals.push(ordinal);
        }
        let each = places
            .chunks(IDS)
            .zip(ids.chunks(IDS))
            .zip(ordinals.chunks(IDS));
        for ((places, ids), ordinals) in each {
            client
                .execute(IDENTIFY, &[&places, &ids, &ordinals])
                .await?;
        }
        Ok(())
    };
    tx.run("give ids to the dead letters in", identified).await
}
