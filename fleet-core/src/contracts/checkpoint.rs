//! The one truth about progress: the contract of a checkpoint store, and what it holds.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use compact_str::CompactString;

use crate::data::{Offset, Partition, Result};

/// How many records had which fate. Every record has exactly one.
///
/// # Guarantees
/// `read = accepted + filtered + dead_lettered + late + duplicate`, in every commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Records that a decoder looked at.
    pub read: u64,
    /// Those that entered the graph.
    pub accepted: u64,
    /// Those that a decoder left out on purpose.
    pub filtered: u64,
    /// Those that could not be read.
    pub dead_lettered: u64,
    /// Those older than their key's clock.
    pub late: u64,
    /// Those that were there already, by content.
    pub duplicate: u64,
}

impl Counts {
    /// Whether every record has a fate.
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

/// A record or a row that could not be used, with all that is needed to try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Where the record lies; for a rejected row, the record that made it.
    pub offset: Offset,
    /// Who refused it: `decode`, or the name of a sink.
    pub step: Arc<str>,
    /// Why, for people.
    pub reason: String,
    /// Its bytes, or their beginning: up to [`MAX_RAW_BYTES`](crate::decode::MAX_RAW_BYTES) are kept.
    pub raw: Vec<u8>,
    /// How many bytes it has in whole.
    pub length: u64,
}

impl DeadLetter {
    /// What it takes, bytes.
    fn weight(&self) -> usize {
        self.raw.len() + self.reason.len() + size_of::<Self>()
    }

    /// Whether only the beginning of the record was kept.
    pub fn is_cut(&self) -> bool {
        self.length > self.raw.len() as u64
    }
}

/// What happened to the records of one partition: totals, and the dead letters since the last commit.
#[derive(Clone, Debug, Default)]
pub struct Fates {
    /// Since the partition's first record.
    pub counts: Counts,
    /// Since the last commit.
    pub dead: Vec<DeadLetter>,
    /// What the dead letters take.
    pub(crate) dead_bytes: usize,
    /// Dead letters that do not keep a record out of the graph.
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
    /// Counts a dead letter and keeps it.
    pub(crate) fn bury(&mut self, letter: DeadLetter) {
        self.counts.dead_lettered += 1;
        self.dead_bytes += letter.weight();
        self.dead.push(letter);
    }

    /// Takes back the dead letters after the first `length`, which are not counted any more.
    pub(crate) fn truncate_dead(&mut self, length: usize) {
        self.dead.truncate(length);
        let all = self.dead.iter().chain(&self.lost);
        self.dead_bytes = all.map(DeadLetter::weight).sum();
    }

    /// Keeps a dead letter of what came to grief inside the graph, where a replay has to see it again.
    pub(crate) fn lose(&mut self, letter: DeadLetter) {
        self.dead_bytes += letter.weight();
        self.lost.push(letter);
    }

    /// An event without bytes of its own, refused at `step`.
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

    /// Takes over what another part of the same partition found out.
    pub(crate) fn join(&mut self, other: &mut Self) {
        self.counts += std::mem::take(&mut other.counts);
        self.dead.append(&mut other.dead);
        self.lost.append(&mut other.lost);
        self.dead_bytes += std::mem::take(&mut other.dead_bytes);
    }

    /// The dead letters, in the order of the input.
    pub(crate) fn take_dead(&mut self) -> Vec<DeadLetter> {
        self.dead_bytes = 0;
        let mut dead = std::mem::take(&mut self.dead);
        dead.append(&mut self.lost);
        dead.sort_by_key(|letter| letter.offset);
        dead
    }
}

/// Running totals by name, kept with the position: rows given to and taken by each sink, alerts by kind.
///
/// # Shape
/// `sink.<name>.given`, `sink.<name>.written`, `sink.<name>.dead_lettered`, and `<group>.<word>` of
/// [`Pipeline::tally`](crate::Pipeline::tally).
pub type Tallies = BTreeMap<String, u64>;

/// What a store knows of a partition when it is claimed.
#[derive(Clone, Debug, Default)]
pub struct Claim {
    /// Raised by the claim: commits with an older one are refused.
    pub token: u64,
    /// The number of the last commit.
    pub seq: u64,
    /// Where to go on; `None` when there was no commit.
    pub next: Option<Offset>,
    /// Whether the input had ended.
    pub ended: bool,
    /// The structure of the graph that made the state.
    pub fingerprint: Option<String>,
    /// The state, one entry for each node and key.
    pub state: Vec<Saved>,
    /// Fates since the first record.
    pub counts: Counts,
    /// Totals since the first record.
    pub tallies: Tallies,
}

/// The state of one key at one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The node's number in its graph; 0 is the order buffer.
    pub node: u16,
    /// The key; up to 24 bytes lie inside.
    pub key: CompactString,
    /// The [`State::VERSION`](crate::State::VERSION) that wrote it.
    pub version: u16,
    /// The state; `None` when the key was forgotten.
    pub bytes: Option<Vec<u8>>,
}

/// One partition's part of a commit.
///
/// # Guarantees
/// It lands only if the token is the last claim's and `seq - 1` was the last commit. `seq` counts commits,
/// because a timer or the end of input moves no offset: comparing offsets would let such a commit land twice.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Which partition.
    pub partition: Partition,
    /// The claim's token.
    pub token: u64,
    /// This commit's number.
    pub seq: u64,
    /// Where to go on.
    pub next: Offset,
    /// Whether the input has ended.
    pub ended: bool,
    /// The structure of the graph.
    pub fingerprint: Arc<str>,
    /// The state of every key that changed.
    pub saved: Vec<Saved>,
    /// The dead letters since the last commit.
    pub dead: Vec<DeadLetter>,
    /// Fates since the first record.
    pub counts: Counts,
    /// Totals since the first record.
    pub tallies: Tallies,
}

/// How a commit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// All of it landed.
    Done,
    /// Nothing of it landed: these partitions belong to someone else. The rest may be sent again.
    Fenced(Vec<Partition>),
}

/// How far a partition is, without claiming it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The last claim's token.
    pub token: u64,
    /// The last commit's number.
    pub seq: u64,
    /// Where to go on; `None` when there was no commit.
    pub next: Option<Offset>,
    /// Whether the input has ended.
    pub ended: bool,
}

/// Holds, for each partition, position, fence, state, dead letters and counts, and changes them together.
///
/// Clones are handles of one store.
///
/// # Guarantees
/// A commit lands whole or not at all, with the rows that [transactional sinks](crate::sink::TransactionalSink)
/// wrote in the same transaction.
///
/// # Errors
/// An error of `commit` says nothing about whether it landed: the driver asks `progress` and sends the
/// commit again only if its number is not there.
#[async_trait]
pub trait CheckpointStore: Send + 'static {
    /// A transaction. It owns its connection; dropping it rolls back.
    type Tx: Send;

    /// Takes the partition: raises its token and returns what is known of it.
    async fn claim(&mut self, partition: &Partition) -> Result<Claim>;
    /// Opens a transaction.
    async fn begin(&mut self) -> Result<Self::Tx>;
    /// Checks the fence of every partition and commits, or rolls back and names those that are fenced.
    async fn commit(&mut self, tx: Self::Tx, epoch: &[Sealed]) -> Result<Committed>;
    /// How far a partition is; `None` when it was never claimed.
    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>>;
}
