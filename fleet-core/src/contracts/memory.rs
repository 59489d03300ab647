//! A checkpoint store that lives and dies with the process.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use compact_str::CompactString;

#[cfg(any(test, feature = "testing"))]
use crate::data::Offset;
use crate::{
    contracts::{
        checkpoint::{CheckpointStore, Claim, Committed, DeadLetter, Progress, Saved, Sealed},
        sink::{Outcome, TransactionalSink},
    },
    data::{Partition, Result},
    planted::{Bug, planted},
    rows::Row,
};

/// Holds positions, state and rows in memory: for tests, and for pipelines whose results leave by plain
/// sinks and whose input is read from the beginning every time.
///
/// Clones are handles of one store.
///
/// # Guarantees
/// Those of every [`CheckpointStore`], as long as the process lives.
///
/// # Examples
/// ```
/// use fleet_core::{MemoryStore, Partition, checkpoint::CheckpointStore};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut store = MemoryStore::default();
/// let first = store.claim(&Partition::new("p")).await.unwrap();
/// let second = store.claim(&Partition::new("p")).await.unwrap();
/// assert!(second.token > first.token);
/// # });
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Mutex<Contents>>);

#[derive(Debug, Default)]
struct Contents {
    partitions: BTreeMap<Partition, Held>,
    dead: Vec<(Partition, DeadLetter)>,
    tables: BTreeMap<Arc<str>, Vec<String>>,
}

/// A partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    /// Without the state.
    claim: Claim,
    /// By node and key, so that a commit costs what it changes.
    state: BTreeMap<(u16, CompactString), Saved>,
}

/// A transaction of a [`MemoryStore`]; dropping it rolls back.
#[derive(Clone, Debug, Default)]
pub struct MemoryTx(Vec<(Arc<str>, String)>);

/// A table of a [`MemoryStore`]: keeps rows of any type that can be shown, as text.
#[derive(Clone, Debug)]
pub struct MemoryTable(Arc<str>);

impl MemoryStore {
    /// A table that rows can be stored in.
    pub fn table(&self, name: &str) -> MemoryTable {
        MemoryTable(name.into())
    }

    /// The committed rows of all tables, sorted: multisets, to be compared.
    pub fn rows(&self) -> BTreeMap<Arc<str>, Vec<String>> {
        let mut tables = self.lock().tables.clone();
        for rows in tables.values_mut() {
            rows.sort_unstable();
        }
        tables
    }

    /// The committed dead letters.
    pub fn dead_letters(&self) -> Vec<(Partition, DeadLetter)> {
        self.lock().dead.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        // Nothing below panics halfway through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl CheckpointStore for MemoryStore {
    type Tx = MemoryTx;

    async fn claim(&mut self, partition: &Partition) -> Result<Claim> {
        let mut contents = self.lock();
        let held = contents.partitions.entry(partition.clone()).or_default();
        held.claim.token += 1;
        Ok(held.claim())
    }

    async fn begin(&mut self) -> Result<MemoryTx> {
        Ok(MemoryTx::default())
    }

    async fn commit(&mut self, tx: MemoryTx, epoch: &[Sealed]) -> Result<Committed> {
        let mut contents = self.lock();
        let is_fenced = |sealed: &&Sealed| {
            contents
                .partitions
                .get(&sealed.partition)
                .is_none_or(|Held { claim, .. }| {
                    let number = claim.seq + 1 == sealed.seq || planted(Bug::FenceWithoutNumber);
                    let token = claim.token == sealed.token || planted(Bug::NoFence);
                    !token || !number
                })
        };
        let fenced: Vec<_> = epoch
            .iter()
            .filter(is_fenced)
            .map(|sealed| sealed.partition.clone())
            .collect();
        if !fenced.is_empty() {
            contents.plant(epoch);
            return Ok(Committed::Fenced(fenced));
        }
        for (table, row) in tx.0 {
            contents.tables.entry(table).or_default().push(row);
        }
        for sealed in epoch {
            contents.take(sealed);
        }
        Ok(Committed::Done)
    }

    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>> {
        let contents = self.lock();
        let held = contents.partitions.get(partition);
        Ok(held.map(|Held { claim, .. }| Progress {
            token: claim.token,
            seq: claim.seq,
            next: claim.next,
            ended: claim.ended,
        }))
    }
}

impl Contents {
    /// What a store does that saves a part outside the transaction.
    fn plant(&mut self, epoch: &[Sealed]) {
        for sealed in epoch {
            let held = self.partitions.entry(sealed.partition.clone()).or_default();
            if planted(Bug::CountsOutsideTransaction) {
                held.claim.counts = sealed.counts;
            }
            if planted(Bug::SnapshotAheadOfCommit) {
                held.save(&sealed.saved);
            }
        }
    }

    fn take(&mut self, sealed: &Sealed) {
        let dead = sealed
            .dead
            .iter()
            .map(|dead| (sealed.partition.clone(), dead.clone()));
        self.dead.extend(dead);
        let held = self.partitions.entry(sealed.partition.clone()).or_default();
        held.take(sealed);
    }
}

impl Held {
    /// What the next owner is told.
    pub(crate) fn claim(&self) -> Claim {
        Claim {
            state: self.state.values().cloned().collect(),
            ..self.claim.clone()
        }
    }

    /// Where its owner goes on.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn next(&self) -> Offset {
        self.claim.next.unwrap_or_default()
    }

    /// The state of a key at a node, as it was saved.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn state(&self, node: u16, key: &str) -> Option<&Saved> {
        self.state.get(&(node, key.into()))
    }

    /// Takes what a commit says of this partition.
    pub(crate) fn take(&mut self, sealed: &Sealed) {
        let claim = &mut self.claim;
        claim.seq = sealed.seq;
        claim.next = Some(sealed.next);
        claim.ended = sealed.ended;
        claim.fingerprint = Some(sealed.fingerprint.to_string());
        claim.counts = sealed.counts;
        claim.tallies.clone_from(&sealed.tallies);
        self.save(&sealed.saved);
    }

    /// Puts the state of the keys that changed over what was there.
    fn save(&mut self, saved: &[Saved]) {
        for saved in saved {
            let place = (saved.node, saved.key.clone());
            match saved.bytes {
                Some(_) => self.state.insert(place, saved.clone()),
                None => self.state.remove(&place),
            };
        }
    }
}

#[async_trait]
impl<T: fmt::Debug + Send + Sync + 'static> TransactionalSink<T, MemoryStore> for MemoryTable {
    async fn write(&mut self, tx: &mut MemoryTx, rows: &[Row<T>]) -> Result<Outcome> {
        let rows = rows
            .iter()
            .map(|row| (Arc::clone(&self.0), format!("{} {:?}", row.at, row.value)));
        tx.0.extend(rows);
        Ok(Outcome::default())
    }
}
