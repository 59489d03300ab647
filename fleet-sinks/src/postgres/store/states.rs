//! The state of the keys that changed.

use fleet_core::checkpoint::Saved;
use tokio_postgres::{Error, Statement};

use crate::postgres::PostgresTransaction;

const SAVE: &str = "
INSERT INTO fleet_stream.states (pipeline, partition, node, key, version, bytes)
SELECT $1, $2, * FROM unnest($3::int[], $4::bytea[], $5::int[], $6::bytea[])
ON CONFLICT (pipeline, partition, node, key)
DO UPDATE SET version = excluded.version, bytes = excluded.bytes";

const FORGET: &str = "
DELETE FROM fleet_stream.states USING unnest($3::int[], $4::bytea[]) AS gone (node, key)
WHERE pipeline = $1 AND partition = $2 AND states.node = gone.node AND states.key = gone.key";

/// Entries and bytes that go in one statement. Our choice: far below what a message can hold (1 GiB), and no more
/// memory on either side than a large batch of rows takes.
const ENTRIES: usize = 10_000;
const BYTES: usize = 16 << 20;

/// What writes and forgets state.
pub(super) struct Statements {
    save: Statement,
    forget: Statement,
}

impl Statements {
    pub(super) async fn prepare(tx: &PostgresTransaction) -> Result<Self, Error> {
        Ok(Self {
            save: tx.prepare(SAVE).await?,
            forget: tx.prepare(FORGET).await?,
        })
    }

    /// Writes what changed, in the order of the index; of a key that is named twice the last entry holds.
    pub(super) async fn write(
        &self,
        tx: &PostgresTransaction,
        pipeline: &str,
        partition: &str,
        saved: &[Saved],
    ) -> Result<(), Error> {
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
                self.save(tx, pipeline, partition, &keep).await?;
                keep = States::default();
            }
        }
        self.save(tx, pipeline, partition, &keep).await?;
        if !forget.nodes.is_empty() {
            let client = tx.client();
            let (nodes, keys) = (&forget.nodes, &forget.keys);
            client
                .execute(&self.forget, &[&pipeline, &partition, nodes, keys])
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
