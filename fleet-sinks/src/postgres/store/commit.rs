//! Writes an epoch: the fence of each partition, then its state, dead letters and totals. All
//! statements are pipelined, so an epoch takes one round trip however many partitions it has.

use std::borrow::Cow;

use fleet_core::{Partition, checkpoint::Sealed};
use futures_util::future::{join, try_join, try_join_all};
use tokio_postgres::{Error, Statement, types::ToSql};

use super::{
    dead_letter_rows,
    states::{self, PartitionWrite},
    text::storable,
};
use crate::postgres::connect::PostgresTransaction;

const MOVE: &str = "
UPDATE fleet_stream.positions SET
    seq = $4, next_offset = $5, ended = $6, fingerprint = $7,
    read = $8, accepted = $9, filtered = $10, dead_lettered = $11, late = $12, duplicate = $13,
    committed_at = clock_timestamp()
WHERE pipeline = $1 AND partition = $2 AND token = $3 AND seq = $4::bigint - 1";

/// Each commit has all totals; those that it does not name are deleted.
const UNNAMED: &str = "
DELETE FROM fleet_stream.tallies WHERE pipeline = $1 AND partition = $2 AND name <> ALL ($3::text[])";

const TALLY: &str = "
INSERT INTO fleet_stream.tallies AS known (pipeline, partition, name, count)
SELECT $1, $2, * FROM unnest($3::text[], $4::bigint[])
ON CONFLICT (pipeline, partition, name) DO UPDATE SET count = excluded.count
WHERE known.count <> excluded.count";

struct Statements {
    moving: Statement,
    states: states::StateStatements,
    insert_dead: Statement,
    unnamed: Statement,
    tally: Statement,
}

/// Writes the epoch and returns the partitions that are fenced. If there are any, the caller must
/// roll back.
///
/// The fences decide before anything that comes after them: what the owner wrote under the number
/// of a zombie's commit is in that commit's way, and the zombie must hear that it is fenced.
pub(super) async fn write(
    tx: &PostgresTransaction,
    pipeline: &str,
    epoch: &[PartitionWrite<'_>],
) -> Result<Vec<Partition>, Error> {
    let statements = Statements {
        moving: tx.prepare(MOVE).await?,
        states: states::StateStatements::prepare(tx).await?,
        insert_dead: tx.prepare(dead_letter_rows::INSERT).await?,
        unnamed: tx.prepare(UNNAMED).await?,
        tally: tx.prepare(TALLY).await?,
    };
    let partitions: Vec<_> = epoch
        .iter()
        .map(|write| storable(write.sealed.partition.as_str()))
        .collect();
    let each = || epoch.iter().zip(&partitions);
    let fences = try_join_all(
        each().map(|(write, name)| fence(tx, &statements, pipeline, name, write.sealed)),
    );
    let rest =
        try_join_all(each().map(|(write, name)| contents(tx, &statements, pipeline, name, write)));
    let (moved, written) = join(fences, rest).await;
    let mut fenced = Vec::new();
    for (moved, write) in moved?.into_iter().zip(epoch) {
        let partition = &write.sealed.partition;
        if moved == 0 && !fenced.contains(partition) {
            fenced.push(partition.clone());
        }
    }
    if fenced.is_empty() {
        written?;
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

/// Writes state, dead letters and totals of one partition.
async fn contents(
    tx: &PostgresTransaction,
    statements: &Statements,
    pipeline: &str,
    partition: &str,
    write: &PartitionWrite<'_>,
) -> Result<(), Error> {
    let sealed = write.sealed;
    let state = statements.states.write(tx, pipeline, partition, write);
    let letters = dead_letter_rows::insert(tx, &statements.insert_dead, pipeline, sealed);
    let tallies = tally(tx, statements, pipeline, partition, sealed);
    try_join(try_join(state, letters), tallies).await?;
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
