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
        checkpoint::{
            CheckpointStore, Claim, Committed, DeadLetter, MARK_ENTRY, Progress, Saved, Sealed,
        },
        sink::{Outcome, TransactionalSink},
    },
    data::{Partition, Result},
    planted::{Bug, planted},
    rows::Row,
};

/// A [`CheckpointStore`] in memory, for tests and for pipelines that write to plain sinks and read
/// their input from the beginning on every run.
///
/// Clones are handles to the same data.
///
/// # Guarantees
/// Those of every [`CheckpointStore`], until the process exits.
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

/// The progress of one partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    /// Everything but the state.
    claim: Claim,
    /// The state by node and key, so that the cost of a commit depends only on what it changes.
    state: BTreeMap<(u16, CompactString), Saved>,
}

/// A transaction of a [`MemoryStore`]; dropping it rolls back.
#[derive(Clone, Debug, Default)]
pub struct MemoryTx(Vec<(Arc<str>, String)>);

/// A table of a [`MemoryStore`]. Stores rows of any type that implements [`Debug`](fmt::Debug), as
/// text.
#[derive(Clone, Debug)]
pub struct MemoryTable(Arc<str>);

impl MemoryStore {
    /// Returns the table with this name, a sink of this store.
    pub fn table(&self, name: &str) -> MemoryTable {
        MemoryTable(name.into())
    }

    /// Returns the committed rows of each table, sorted for comparison.
    pub fn rows(&self) -> BTreeMap<Arc<str>, Vec<String>> {
        let mut tables = self.lock().tables.clone();
        for rows in tables.values_mut() {
            rows.sort_unstable();
        }
        tables
    }

    /// Returns the committed dead letters.
    pub fn dead_letters(&self) -> Vec<(Partition, DeadLetter)> {
        self.lock().dead.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        // No code under the lock panics halfway through a change.
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
        Ok(contents.partitions.get(partition).map(Held::progress))
    }

    async fn partitions(&mut self) -> Result<BTreeMap<Partition, Progress>> {
        let contents = self.lock();
        let partitions = contents.partitions.iter();
        Ok(partitions
            .map(|(name, held)| (name.clone(), held.progress()))
            .collect())
    }
}

impl Contents {
    /// Plants the bugs of a store that saves a part outside the transaction.
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
    /// Returns what a claim returns.
    pub(crate) fn claim(&self) -> Claim {
        Claim {
            state: self.state.values().cloned().collect(),
            ..self.claim.clone()
        }
    }

    fn progress(&self) -> Progress {
        let mark = self.state.get(&(MARK_ENTRY, CompactString::default()));
        Progress {
            token: self.claim.token,
            seq: self.claim.seq,
            next: self.claim.next,
            mark: mark.and_then(Saved::mark),
            ended: self.claim.ended,
        }
    }

    /// Returns the offset to resume from.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn next(&self) -> Offset {
        self.claim.next.unwrap_or_default()
    }

    /// Returns the saved state of a key at a node.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn state(&self, node: u16, key: &str) -> Option<&Saved> {
        self.state.get(&(node, key.into()))
    }

    /// Applies a commit to this partition.
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

    /// Replaces the state of the keys that changed.
    fn save(&mut self, saved: &[Saved]) {
        for saved in saved {
            let entry = (saved.node, saved.key.clone());
            match saved.bytes {
                Some(_) => self.state.insert(entry, saved.clone()),
                None => self.state.remove(&entry),
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
