//! The pieces of a commit, which tasks and shards hand over.

use crate::{
    contracts::checkpoint::{Saved, Sealed, Tallies},
    engine::graph::{Buffer, Work},
};

/// Whether a commit includes the state. Every commit writes results, counts and position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommitKind {
    /// With the state of every key that changed.
    Snapshot,
    /// Without state: a restart recomputes it from the last snapshot.
    PositionOnly,
}

/// A task's piece of a commit: its share of the checkpoint, and the rows for each sink.
pub(crate) struct Piece {
    pub(crate) sealed: Sealed,
    /// By outlet.
    pub(crate) outputs: Vec<Box<dyn Buffer>>,
    /// The measurements of each node.
    pub(crate) work: Vec<Work>,
}

/// A shard's piece of a commit.
#[derive(Default)]
pub(super) struct ShardPiece {
    pub(super) saved: Vec<Saved>,
    pub(super) tallies: Tallies,
    /// By outlet.
    pub(super) outputs: Vec<Box<dyn Buffer>>,
    /// The number of its keys.
    pub(super) keys: u64,
    /// The number of keys forgotten since the last seal.
    pub(super) forgotten: u64,
    /// By node.
    pub(super) work: Vec<Work>,
}

impl ShardPiece {
    /// Adds the piece of another shard of the same partition.
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
