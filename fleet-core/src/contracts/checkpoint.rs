//! The contract of a checkpoint store, and what it stores of each partition.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use compact_str::CompactString;

use crate::data::{Offset, Partition, Result, State};
pub use crate::{
    contracts::{
        dead_letter::{DeadLetter, MAX_RAW_BYTES},
        fates::{Counts, Fates},
    },
    data::{InputOffset, Mark, Position},
};

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

/// The [node](Saved::node) of the entry that holds the mark of a partition. Stores hold this
/// number, so it never changes.
pub const MARK_ENTRY: u16 = u16::MAX - 5;

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

impl Saved {
    /// Returns the mark that this entry holds, or `None` if it is another entry, deletes the mark,
    /// or cannot be read.
    ///
    /// A store that lists its partitions needs it, and nothing else of the state.
    pub fn mark(&self) -> Option<Mark> {
        let bytes = self.bytes.as_deref().filter(|_| self.node == MARK_ENTRY);
        let from = &mut bytes?;
        Mark::decode(self.version, from).filter(|_| from.is_empty())
    }
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
    /// The source's note at this offset. If it has changed, it is an entry of `saved` too, which is
    /// what a store stores.
    pub mark: Option<Mark>,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The token of the last claim.
    pub token: u64,
    /// The number of the last commit, or 0.
    pub seq: u64,
    /// The offset to resume from; `None` before the first commit.
    pub next: Option<Offset>,
    /// The source's note at this offset, if it left one.
    pub mark: Option<Mark>,
    /// Whether the input has ended.
    pub ended: bool,
}

/// Stores the progress of each partition, and changes all of it in one transaction.
///
/// Progress is the position, the fencing token, the state of the keys, dead letters, counts and
/// tallies. The driver uses one handle for commits, and a clone for each claim:
///
/// ```text
/// when a partition is assigned   claim, while epochs of other partitions are committed
/// for each epoch                 begin -> transactional sinks write -> commit or abort
/// after a commit that failed     progress of its partitions
/// ```
///
/// Clones of a store are handles to the same data, and may be used at the same time.
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
pub trait CheckpointStore: Clone + Send + 'static {
    /// A transaction. It owns its connection, and dropping it rolls back.
    type Tx: Send;

    /// Returns the name under which this handle stores positions, if several pipelines can share
    /// the store under different names. Default: `None`.
    ///
    /// It is the [name of the pipeline](crate::Pipeline::named) too, so that nobody writes it
    /// twice.
    fn pipeline(&self) -> Option<&str> {
        None
    }

    /// Claims a partition: atomically raises its fencing token and returns its stored progress.
    ///
    /// The first claim of an unknown partition creates it. Reading the state of many keys must not
    /// keep other handles from committing. If the future is dropped, it is open whether the token
    /// was raised.
    async fn claim(&mut self, partition: &Partition) -> Result<Claim>;

    /// Begins a transaction.
    async fn begin(&mut self) -> Result<Self::Tx>;

    /// Rolls a transaction back, and returns when its locks are free. Default: drops it.
    ///
    /// # Errors
    /// An error leaves the roll-back to the store; the driver goes on with a new transaction.
    async fn abort(&mut self, tx: Self::Tx) -> Result<()> {
        drop(tx);
        Ok(())
    }

    /// Commits an epoch, or rolls it back if any of its partitions is fenced.
    ///
    /// `epoch` holds one entry per partition. Whatever the outcome, `tx` is used up.
    async fn commit(&mut self, tx: Self::Tx, epoch: &[Sealed]) -> Result<Committed>;

    /// Returns the progress of a partition, or `None` if it was never claimed.
    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>>;

    /// Returns the progress of every partition that was ever claimed, without claiming any.
    async fn partitions(&mut self) -> Result<BTreeMap<Partition, Progress>>;
}
