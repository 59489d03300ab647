//! The contract of a checkpoint store, and the types it stores: position, state, counts and dead
//! letters of each partition.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use compact_str::CompactString;

use crate::data::{Offset, Partition, Result};

/// Counts records by their fate. Every record has exactly one.
///
/// # Guarantees
/// In every commit, `read = accepted + filtered + dead_lettered + late + duplicate`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Records that were passed to a decoder.
    pub read: u64,
    /// Records that entered the graph.
    pub accepted: u64,
    /// Records that a decoder skipped on purpose.
    pub filtered: u64,
    /// Records that could not be decoded or processed.
    pub dead_lettered: u64,
    /// Records that arrived after their key's clock had passed them.
    pub late: u64,
    /// Records whose content was seen before.
    pub duplicate: u64,
}

impl Counts {
    /// Returns whether every record read has a fate.
    pub fn balances(&self) -> bool {
        self.read == self.accepted + self.filtered + self.dead_lettered + self.late + self.duplicate
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.accepted += other.accepted;
        self.filtered += other.filtered;
        self.dead_lettered += other.dead_lettered;
        self.late += other.late;
        self.duplicate += other.duplicate;
    }
}

/// A record or row that could not be processed, with everything needed to retry it later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The offset of the record; for a rejected row, of the record that produced it.
    pub offset: Offset,
    /// The step that refused it: `decode`, `order`, `keys`, or the name of an operator or a sink.
    /// Stores and metrics call this `stage`.
    pub step: Arc<str>,
    /// A human-readable reason.
    pub reason: String,
    /// The record's bytes, truncated to [`MAX_RAW_BYTES`](crate::decode::MAX_RAW_BYTES).
    pub raw: Vec<u8>,
    /// The record's full length, in bytes.
    pub length: u64,
}

impl DeadLetter {
    /// The memory it takes, in bytes.
    fn weight(&self) -> usize {
        self.raw.len() + self.reason.len() + size_of::<Self>()
    }

    /// Returns whether `raw` holds only the beginning of the record.
    pub fn is_cut(&self) -> bool {
        self.length > self.raw.len() as u64
    }
}

/// The fates of one partition's records: total counts, and the dead letters since the last commit.
#[derive(Clone, Debug, Default)]
pub struct Fates {
    /// Counts since the partition's first record.
    pub counts: Counts,
    /// Dead letters since the last commit.
    pub dead: Vec<DeadLetter>,
    /// The memory that `dead` and `lost` take, in bytes.
    pub(crate) dead_bytes: usize,
    /// Dead letters of panics inside the graph. Their records entered it, so a replay must see
    /// them again.
    pub(crate) lost: Vec<DeadLetter>,
}

impl From<Counts> for Fates {
    fn from(counts: Counts) -> Self {
        Self {
            counts,
            ..Self::default()
        }
    }
}

impl Fates {
    /// Counts and stores a dead letter.
    pub(crate) fn bury(&mut self, letter: DeadLetter) {
        self.counts.dead_lettered += 1;
        self.dead_bytes += letter.weight();
        self.dead.push(letter);
    }

    /// Drops the dead letters after the first `length`; the caller restores the counts.
    pub(crate) fn truncate_dead(&mut self, length: usize) {
        self.dead.truncate(length);
        let all = self.dead.iter().chain(&self.lost);
        self.dead_bytes = all.map(DeadLetter::weight).sum();
    }

    /// Stores a dead letter of a panic inside the graph; see [`lost`](Self::lost).
    pub(crate) fn lose(&mut self, letter: DeadLetter) {
        self.dead_bytes += letter.weight();
        self.lost.push(letter);
    }

    /// Counts and stores a dead letter of an event that `step` refused and whose bytes are gone.
    pub(crate) fn dead_letter(&mut self, offset: Offset, step: &str, reason: &str) {
        let (step, reason) = (step.into(), reason.into());
        self.bury(DeadLetter {
            offset,
            step,
            reason,
            raw: Vec::new(),
            length: 0,
        });
    }

    /// Moves the fates of another part of the same partition into this one.
    pub(crate) fn join(&mut self, other: &mut Self) {
        self.counts += std::mem::take(&mut other.counts);
        self.dead.append(&mut other.dead);
        self.lost.append(&mut other.lost);
        self.dead_bytes += std::mem::take(&mut other.dead_bytes);
    }

    /// Takes all dead letters, in input order.
    pub(crate) fn take_dead(&mut self) -> Vec<DeadLetter> {
        self.dead_bytes = 0;
        let mut dead = std::mem::take(&mut self.dead);
        dead.append(&mut self.lost);
        dead.sort_by_key(|letter| letter.offset);
        dead
    }
}

/// Named running totals, committed together with the position.
///
/// # Shape
/// For each sink `sink.<name>.given`, `sink.<name>.written` and `sink.<name>.dead_lettered`; for
/// each [`Pipeline::tally`](crate::Pipeline::tally) `<group>.<word>`.
pub type Tallies = BTreeMap<String, u64>;

/// Everything a store holds about a partition, returned to the process that claims it.
#[derive(Clone, Debug, Default)]
pub struct Claim {
    /// The fencing token. Each claim raises it, and the store refuses commits with an older one.
    pub token: u64,
    /// The number of the last commit, or 0.
    pub seq: u64,
    /// The offset to resume from; `None` before the first commit.
    pub next: Option<Offset>,
    /// Whether the input had ended.
    pub ended: bool,
    /// The structure of the graph that produced the state.
    pub fingerprint: Option<String>,
    /// The state, one entry for each node and key.
    pub state: Vec<Saved>,
    /// Counts since the first record.
    pub counts: Counts,
    /// Totals since the first record.
    pub tallies: Tallies,
}

/// The state of one key at one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The number of the node in its graph. 0 is the order buffer; the highest numbers are
    /// reserved for the engine.
    pub node: u16,
    /// The key. Up to 24 bytes are stored inline.
    pub key: CompactString,
    /// The [`State::VERSION`](crate::State::VERSION) that encoded it.
    pub version: u16,
    /// The encoded state; `None` deletes the entry.
    pub bytes: Option<Vec<u8>>,
}

/// One partition's share of a commit.
///
/// # Guarantees
/// The store applies it only if `token` is the partition's current token and `seq - 1` was its
/// last commit. Commits are numbered because a timer or the end of the input moves no offset: a
/// store that compared offsets could apply such a commit twice.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The partition.
    pub partition: Partition,
    /// The token from the [`Claim`].
    pub token: u64,
    /// The number of this commit.
    pub seq: u64,
    /// The offset to resume from.
    pub next: Offset,
    /// Whether the input has ended.
    pub ended: bool,
    /// The structure of the graph.
    pub fingerprint: Arc<str>,
    /// The state of every key that changed since the last snapshot.
    pub saved: Vec<Saved>,
    /// The dead letters since the last commit.
    pub dead: Vec<DeadLetter>,
    /// Counts since the first record.
    pub counts: Counts,
    /// Totals since the first record.
    pub tallies: Tallies,
}

/// The outcome of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// The whole epoch is committed.
    Done,
    /// Nothing is committed, because these partitions belong to another process now. The driver
    /// drops them and sends the others again in a new transaction.
    Fenced(Vec<Partition>),
}

/// The progress of a partition, read without claiming it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The token of the last claim.
    pub token: u64,
    /// The number of the last commit, or 0.
    pub seq: u64,
    /// The offset to resume from; `None` before the first commit.
    pub next: Option<Offset>,
    /// Whether the input has ended.
    pub ended: bool,
}

/// Stores the progress of each partition, and changes all of it in one transaction.
///
/// Progress is the position, the fencing token, the state of the keys, dead letters, counts and
/// tallies. The driver calls the store from one task at a time:
///
/// ```text
/// when a partition is assigned   claim
/// for each epoch                 begin -> transactional sinks write -> commit
/// after a commit that failed     progress of its partitions
/// ```
///
/// Clones of a store are handles to the same data.
///
/// # Guarantees
/// An implementation guarantees:
/// - Commits are atomic: all of an epoch becomes durable, with every row that
///   [transactional sinks](crate::sink::TransactionalSink) wrote in its transaction, or nothing.
/// - Commits are fenced: after a partition is claimed again, every commit with an older token
///   fails, even if its transaction began before that claim.
/// - Each commit number is applied at most once.
///
/// # Errors
/// A [retryable](crate::Error::is_retryable) error makes the driver wait and retry; any other
/// stops the pipeline. If `commit` fails, its outcome is unknown: the driver asks for the
/// `progress` and sends the commit again only if its number is not stored. A failure in `begin` or
/// in a write drops the transaction, and the driver begins a new one.
///
/// # Examples
/// [`MemoryStore`](crate::MemoryStore) is the smallest implementation. The suite
/// `fleet_core::testing::conformance` checks this contract against any other.
#[async_trait]
pub trait CheckpointStore: Send + 'static {
    /// A transaction. It owns its connection, and dropping it rolls back.
    type Tx: Send;

    /// Claims a partition: atomically raises its fencing token and returns its stored progress.
    ///
    /// The first claim of an unknown partition creates it.
    async fn claim(&mut self, partition: &Partition) -> Result<Claim>;

    /// Begins a transaction.
    async fn begin(&mut self) -> Result<Self::Tx>;

    /// Commits an epoch, or rolls it back if any of its partitions is fenced.
    ///
    /// `epoch` holds one entry per partition. Whatever the outcome, `tx` is used up.
    async fn commit(&mut self, tx: Self::Tx, epoch: &[Sealed]) -> Result<Committed>;

    /// Returns the progress of a partition, or `None` if it was never claimed.
    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>>;
}
