//! Writes the state of changed keys: appended to the log, or compacted into the table of states.

use fleet_core::{
    Error as FleetError, ErrorKind, Partition, Result as FleetResult,
    checkpoint::{Saved, Sealed},
};
use tokio_postgres::{Error, Statement};

use super::{
    log::{StateWrite, pack, unpack},
    text::storable,
};
use crate::postgres::connect::PostgresTransaction;

const APPEND: &str = "
INSERT INTO fleet_stream.changes (pipeline, partition, seq, packed) VALUES ($1, $2, $3, $4)";

const LOGGED: &str = "
SELECT packed FROM fleet_stream.changes WHERE pipeline = $1 AND partition = $2 ORDER BY seq";

const CLEAR: &str = "
DELETE FROM fleet_stream.changes WHERE pipeline = $1 AND partition = $2";

const SAVE: &str = "
INSERT INTO fleet_stream.states (pipeline, partition, node, key, version, bytes)
SELECT $1, $2, * FROM unnest($3::int[], $4::bytea[], $5::int[], $6::bytea[])
ON CONFLICT (pipeline, partition, node, key)
DO UPDATE SET version = excluded.version, bytes = excluded.bytes";

const DELETE: &str = "
DELETE FROM fleet_stream.states USING unnest($3::int[], $4::bytea[]) AS gone (node, key)
WHERE pipeline = $1 AND partition = $2 AND states.node = gone.node AND states.key = gone.key";

/// The limits of one statement. Our choice: far below the limit of a message (1 GiB), and no more
/// memory on either side than a large batch of rows.
const ENTRIES: usize = 10_000;
const BYTES: usize = 16 << 20;

/// The changes in the log of a partition, oldest first, and their size.
pub(super) async fn logged(
    tx: &PostgresTransaction,
    pipeline: &str,
    partition: &Partition,
) -> FleetResult<(Vec<Saved>, usize)> {
    let asked = async {
        let logged = tx.prepare(LOGGED).await?;
        let client = tx.client();
        client
            .query(&logged, &[&pipeline, &storable(partition.as_str())])
            .await
    };
    let rows = tx.run("read the state of a partition from", asked).await?;
    let (mut changes, mut size) = (Vec::new(), 0);
    for row in rows {
        let packed = row.try_get::<_, &[u8]>(0).ok();
        size += packed.map_or(0, <[u8]>::len);
        if packed
            .and_then(|packed| unpack(packed, &mut changes))
            .is_none()
        {
            let address = tx.connection().address();
            return Err(FleetError::new(
                ErrorKind::Store,
                format!(
                    "cannot read the state of partition {partition} from {address}: a row of fleet_stream.changes is damaged; restore it from a backup"
                ),
            ));
        }
    }
    Ok((changes, size))
}

/// The last change of each key, in the order of the index.
pub(super) fn newest<'a>(changes: impl DoubleEndedIterator<Item = &'a Saved>) -> Vec<&'a Saved> {
    let mut order: Vec<_> = changes.rev().collect();
    order.sort_by(|a, b| (a.node, &a.key).cmp(&(b.node, &b.key)));
    order.dedup_by(|a, b| (a.node, &a.key) == (b.node, &b.key));
    order
}

/// One partition of an epoch, ready to be written.
pub(super) struct PartitionWrite<'a> {
    pub(super) sealed: &'a Sealed,
    /// Where its changes are written.
    pub(super) target: StateWrite,
    /// Changes from the log that are compacted together with its own.
    pub(super) older: Vec<Saved>,
}

/// The statements that write and delete state.
pub(super) struct StateStatements {
    append: Statement,
    clear: Statement,
    save: Statement,
    delete: Statement,
}

impl StateStatements {
    pub(super) async fn prepare(tx: &PostgresTransaction) -> Result<Self, Error> {
        Ok(Self {
            append: tx.prepare(APPEND).await?,
            clear: tx.prepare(CLEAR).await?,
            save: tx.prepare(SAVE).await?,
            delete: tx.prepare(DELETE).await?,
        })
    }

    /// Writes the changes of one commit, compacting the log if it is due.
    pub(super) async fn write(
        &self,
        tx: &PostgresTransaction,
        pipeline: &str,
        partition: &str,
        write: &PartitionWrite<'_>,
    ) -> Result<(), Error> {
        let saved = &write.sealed.saved;
        let client = tx.client();
        match write.target {
            StateWrite::Unchanged => Ok(()),
            StateWrite::Append => {
                let (seq, packed) = (write.sealed.seq.cast_signed(), pack(saved));
                client
                    .execute(&self.append, &[&pipeline, &partition, &seq, &packed])
                    .await
                    .map(drop)
            }
            StateWrite::Compact => {
                let changes = newest(write.older.iter().chain(saved));
                self.merge(tx, pipeline, partition, changes).await?;
                client
                    .execute(&self.clear, &[&pipeline, &partition])
                    .await
                    .map(drop)
            }
        }
    }

    async fn merge(
        &self,
        tx: &PostgresTransaction,
        pipeline: &str,
        partition: &str,
        changes: Vec<&Saved>,
    ) -> Result<(), Error> {
        let mut upserts = States::default();
        let mut deletes = States::default();
        for saved in changes {
            match &saved.bytes {
                Some(bytes) => upserts.add(saved, bytes),
                None => deletes.add(saved, &[]),
            }
            if upserts.is_full() {
                self.save(tx, pipeline, partition, &upserts).await?;
                upserts = States::default();
            }
        }
        self.save(tx, pipeline, partition, &upserts).await?;
        if !deletes.nodes.is_empty() {
            let client = tx.client();
            let (nodes, keys) = (&deletes.nodes, &deletes.keys);
            client
                .execute(&self.delete, &[&pipeline, &partition, nodes, keys])
                .await?;
        }
        Ok(())
    }

    async fn save(
        &self,
        tx: &PostgresTransaction,
        pipeline: &str,
        partition: &str,
        states: &States<'_>,
    ) -> Result<(), Error> {
        if states.nodes.is_empty() {
            return Ok(());
        }
        let States {
            nodes,
            keys,
            versions,
            bytes,
            ..
        } = states;
        let client = tx.client();
        client
            .execute(
                &self.save,
                &[&pipeline, &partition, nodes, keys, versions, bytes],
            )
            .await?;
        Ok(())
    }
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
}
