//! Writing an epoch: the fence of each partition, then what belongs to it. All statements are on their way
//! before the first answer comes, so that an epoch costs one round trip however many partitions it has.

use std::borrow::Cow;

use fleet_core::{
    Partition,
    checkpoint::{Saved, Sealed},
};
use futures_util::future::{try_join, try_join_all};
use tokio_postgres::{Error, Statement, types::ToSql};

use crate::postgres::{PostgresTransaction, text::storable};

const MOVE: &str = "
UPDATE fleet_stream.positions SET
    seq = $4, next_offset = $5, ended = $6, fingerprint = $7,
    read = $8, accepted = $9, filtered = $10, dead_lettered = $11, late = $12, duplicate = $13,
    committed_at = clock_timestamp()
WHERE pipeline = $1 AND partition = $2 AND token = $3 AND seq = $4::bigint - 1";

const SAVE: &str = "
INSERT INTO fleet_stream.states (pipeline, partition, node, key, version, bytes)
SELECT $1, $2, * FROM unnest($3::int[], $4::bytea[], $5::int[], $6::bytea[])
ON CONFLICT (pipeline, partition, node, key)
DO UPDATE SET version = excluded.version, bytes = excluded.bytes";

const FORGET: &str = "
DELETE FROM fleet_stream.states USING unnest($3::int[], $4::bytea[]) AS gone (node, key)
WHERE pipeline = $1 AND partition = $2 AND states.node = gone.node AND states.key = gone.key";

const BURY: &str = "
INSERT INTO fleet_stream.dead_letters (pipeline, partition, \"offset\", stage, reason, raw, length)
SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[], $5::text[], $6::bytea[], $7::bigint[])";

/// The totals are whole in each commit: what is not named any more is gone.
const UNNAMED: &str = "
DELETE FROM fleet_stream.tallies WHERE pipeline = $1 AND partition = $2 AND name <> ALL ($3::text[])";

const TALLY: &str = "
INSERT INTO fleet_stream.tallies AS known (pipeline, partition, name, count)
SELECT $1, $2, * FROM unnest($3::text[], $4::bigint[])
ON CONFLICT (pipeline, partition, name) DO UPDATE SET count = excluded.count
WHERE known.count <> excluded.count";

/// Entries and bytes of state that go in one statement. Our choice: far below what a message can hold (1 GiB),
/// and no more memory on either side than a large batch of rows takes.
const ENTRIES: usize = 10_000;
const BYTES: usize = 16 << 20;

struct Statements {
    moving: Statement,
    save: Statement,
    forget: Statement,
    bury: Statement,
    unnamed: Statement,
    tally: Statement,
}

/// Writes all of the epoch; if some partitions are fenced it names them, and the caller must roll back.
pub(super) async fn write(
    tx: &PostgresTransaction,
    pipeline: &str,
    epoch: &[Sealed],
) -> Result<Vec<Partition>, Error> {
    let statements = Statements {
        moving: tx.prepare(MOVE).await?,
        save: tx.prepare(SAVE).await?,
        forget: tx.prepare(FORGET).await?,
        bury: tx.prepare(BURY).await?,
        unnamed: tx.prepare(UNNAMED).await?,
        tally: tx.prepare(TALLY).await?,
    };
    let partitions: Vec<_> = epoch
        .iter()
        .map(|sealed| storable(sealed.partition.as_str()))
        .collect();
    let each = || epoch.iter().zip(&partitions);
    let fences =
        try_join_all(each().map(|(sealed, name)| fence(tx, &statements, pipeline, name, sealed)));
    let rest = try_join_all(
        each().map(|(sealed, name)| belongings(tx, &statements, pipeline, name, sealed)),
    );
    let (moved, _) = try_join(fences, rest).await?;
    let mut fenced = Vec::new();
    for (moved, sealed) in moved.into_iter().zip(epoch) {
        if moved == 0 && !fenced.contains(&sealed.partition) {
            fenced.push(sealed.partition.clone());
        }
    }
    Ok(fenced)
}

async fn fence(
    tx: &PostgresTransaction,
    statements: &Statements,
    pipeline: &str,
    partition: &str,
    sealed: &Sealed,
) -> Result<u64, Error> {
    let counts = &sealed.counts;
    let client = tx.client();
    client
        .execute(
            &statements.moving,
            &[
                &pipeline,
                &partition,
                &sealed.token.cast_signed(),
                &sealed.seq.cast_signed(),
                &sealed.next.0.cast_signed(),
                &sealed.ended,
                &storable(&sealed.fingerprint),
                &counts.read.cast_signed(),
                &counts.accepted.cast_signed(),
                &counts.filtered.cast_signed(),
                &counts.dead_lettered.cast_signed(),
                &counts.late.cast_signed(),
                &counts.duplicate.cast_signed(),
            ],
        )
        .await
}

/// State, dead letters and tallies.
async fn belongings(
    tx: &PostgresTransaction,
    statements: &Statements,
    pipeline: &str,
    partition: &str,
    sealed: &Sealed,
) -> Result<(), Error> {
    let state = states(tx, statements, pipeline, partition, &sealed.saved);
    let letters = bury(tx, statements, pipeline, partition, sealed);
    let tallies = tally(tx, statements, pipeline, partition, sealed);
    try_join(try_join(state, letters), tallies).await?;
    Ok(())
}

async fn states(
    tx: &PostgresTransaction,
    statements: &Statements,
    pipeline: &str,
    partition: &str,
    saved: &[Saved],
) -> Result<(), Error> {
    // In the order of the index; of a key that is named twice the last holds.
    let mut order: Vec<&Saved> = saved.iter().rev().collect();
    order.sort_by(|a, b| (a.node, &a.key).cmp(&(b.node, &b.key)));
    order.dedup_by(|a, b| (a.node, &a.key) == (b.node, &b.key));
    let mut keep = States::default();
    let mut forget = States::default();
    for saved in order {
        match &saved.bytes {
            Some(bytes) => keep.add(saved, bytes),
            None => forget.add(saved, &[]),
        }
        if keep.is_full() {
            keep.save(tx, statements, pipeline, partition).await?;
            keep = States::default();
        }
    }
    keep.save(tx, statements, pipeline, partition).await?;
    if !forget.nodes.is_empty() {
        let client = tx.client();
        let (nodes, keys) = (&forget.nodes, &forget.keys);
        client
            .execute(&statements.forget, &[&pipeline, &partition, nodes, keys])
            .await?;
    }
    Ok(())
}

/// Entries of the state, by column.
#[derive(Default)]
struct States<'a> {
    nodes: Vec<i32>,
    keys: Vec<&'a [u8]>,
    versions: Vec<i32>,
    bytes: Vec<&'a [u8]>,
    size: usize,
}

impl<'a> States<'a> {
    fn add(&mut self, saved: &'a Saved, bytes: &'a [u8]) {
        self.nodes.push(saved.node.into());
        self.keys.push(saved.key.as_bytes());
        self.versions.push(saved.version.into());
        self.bytes.push(bytes);
        self.size += saved.key.len() + bytes.len();
    }

    fn is_full(&self) -> bool {
        self.nodes.len() >= ENTRIES || self.size >= BYTES
    }

    async fn save(
        &self,
        tx: &PostgresTransaction,
        statements: &Statements,
        pipeline: &str,
        partition: &str,
    ) -> Result<(), Error> {
        if self.nodes.is_empty() {
            return Ok(());
        }
        let Self {
            nodes,
            keys,
            versions,
            bytes,
            ..
        } = self;
        let client = tx.client();
        client
            .execute(
                &statements.save,
                &[&pipeline, &partition, nodes, keys, versions, bytes],
            )
            .await?;
        Ok(())
    }
}

async fn bury(
    tx: &PostgresTransaction,
    statements: &Statements,
    pipeline: &str,
    partition: &str,
    sealed: &Sealed,
) -> Result<(), Error> {
    for letters in sealed.dead.chunks(ENTRIES) {
        let offsets: Vec<_> = letters
            .iter()
            .map(|letter| letter.offset.0.cast_signed())
            .collect();
        let stages: Vec<_> = letters
            .iter()
            .map(|letter| storable(&letter.stage))
            .collect();
        let reasons: Vec<_> = letters
            .iter()
            .map(|letter| storable(&letter.reason))
            .collect();
        let raws: Vec<_> = letters.iter().map(|letter| &*letter.raw).collect();
        let lengths: Vec<_> = letters
            .iter()
            .map(|letter| letter.length.cast_signed())
            .collect();
        tx.client()
            .execute(
                &statements.bury,
                &[
                    &pipeline, &partition, &offsets, &stages, &reasons, &raws, &lengths,
                ],
            )
            .await?;
    }
    Ok(())
}

async fn tally(
    tx: &PostgresTransaction,
    statements: &Statements,
    pipeline: &str,
    partition: &str,
    sealed: &Sealed,
) -> Result<(), Error> {
    let names: Vec<Cow<'_, str>> = sealed.tallies.keys().map(|name| storable(name)).collect();
    let counts: Vec<_> = sealed
        .tallies
        .values()
        .map(|count| count.cast_signed())
        .collect();
    let client = tx.client();
    let unnamed: [&(dyn ToSql + Sync); 3] = [&pipeline, &partition, &names];
    let named: [&(dyn ToSql + Sync); 4] = [&pipeline, &partition, &names, &counts];
    let forgotten = client.execute(&statements.unnamed, &unnamed);
    try_join(forgotten, client.execute(&statements.tally, &named)).await?;
    Ok(())
}
