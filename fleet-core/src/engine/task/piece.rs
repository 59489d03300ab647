//! What is handed over for a commit: by a task, and by each of its shards.

use crate::{
    contracts::checkpoint::{Saved, Sealed, Tallies},
    engine::graph::{Buffer, Work},
};

/// What a commit writes besides results, counts and position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommitKind {
    /// The state of every key that changed.
    Snapshot,
    /// No state: a restart computes it again from the last snapshot.
    PositionOnly,
}

/// What a task hands over for a commit: its part of the checkpoint, and the rows of each sink.
pub(crate) struct Piece {
    pub(crate) sealed: Sealed,
    /// By outlet.
    pub(crate) outputs: Vec<Box<dyn Buffer>>,
    /// What each node did for it.
    pub(crate) work: Vec<Work>,
}

/// What a shard hands over for a commit.
#[derive(Default)]
pub(super) struct ShardPiece {
    pub(super) saved: Vec<Saved>,
    pub(super) tallies: Tallies,
    /// By outlet.
    pub(super) outputs: Vec<Box<dyn Buffer>>,
    /// How many keys it has.
    pub(super) keys: u64,
    /// How many keys it has forgotten since the last seal.
    pub(super) forgotten: u64,
    /// By node.
    pub(super) work: Vec<Work>,
}

impl ShardPiece {
    /// Adds what another shard of the same partition hands over.
    pub(super) fn join(&mut self, other: Self) {
        self.saved.extend(other.saved);
        self.keys += other.keys;
        self.forgotten += other.forgotten;
        for (name, count) in other.tallies {
            *self.tallies.entry(name).or_default() += count;
        }
        for (all, own) in self.work.iter_mut().zip(other.work) {
            *all += own;
        }
        for (all, mut own) in self.outputs.iter_mut().zip(other.outputs) {
            all.append(own.as_mut());
        }
    }
}
