//! Seals a task: turns everything since the last seal into one numbered commit.

use std::sync::Arc;

use super::{
    ForkJoin, Plan, Shard, Task,
    piece::{CommitKind, Piece, ShardPiece},
};
use crate::{
    contracts::checkpoint::Sealed,
    data::Result,
    engine::entries,
    event::Event,
    planted::{Bug, planted},
};

/// The tally that counts the keys a task has seen.
pub(crate) const KEYS_TALLY: &str = "keys";

/// The tally that counts the keys it has forgotten.
const FORGOTTEN_TALLY: &str = "keys.forgotten";

impl<E: Event> Task<E> {
    /// Returns whether there is anything to commit.
    pub(crate) fn has_changed(&self, kind: CommitKind) -> bool {
        let is_behind = self.snapshot.is_behind() && self.replay.is_none();
        self.changed || kind == CommitKind::Snapshot && is_behind
    }

    /// Hands over everything since the last seal, as one numbered commit. It includes the state,
    /// even if `wanted` says otherwise, when a restart needs it.
    ///
    /// # Errors
    /// Fails if a state panics while it is encoded; then the task must not be used any more.
    pub(crate) fn seal(
        &mut self,
        plan: &Plan<E>,
        fork: &impl ForkJoin,
        wanted: CommitKind,
    ) -> Result<Piece> {
        let wanted = if self.ended {
            CommitKind::Snapshot
        } else {
            wanted
        };
        let kind = self.snapshot.choose(wanted, &self.fates.dead);
        let ShardPiece {
            mut saved,
            tallies,
            outputs,
            keys,
            forgotten,
            work,
        } = self.seal_shards(plan, fork, kind)?;
        if kind == CommitKind::Snapshot {
            saved.extend(self.floor.map(entries::floor));
            self.gate.seal(&mut saved);
        }
        let dead = &self.fates.dead;
        self.snapshot
            .record(kind, self.position(), dead, &mut saved);
        // With every commit, also one without state: the position is worth nothing without it.
        let is_left_out = kind == CommitKind::PositionOnly && planted(Bug::MarkLeftOut);
        if self.mark != self.stored_mark && !is_left_out {
            saved.push(entries::mark(self.mark.as_ref()));
            self.stored_mark.clone_from(&self.mark);
        }
        self.seq += 1;
        self.changed = false;
        for (name, count) in tallies {
            *self.tallies.entry(name).or_default() += count;
        }
        self.count_keys(keys, forgotten);
        Ok(Piece {
            sealed: Sealed {
                partition: self.partition.clone(),
                token: self.token,
                seq: self.seq,
                next: self.next,
                mark: self.mark.clone(),
                ended: self.ended,
                fingerprint: Arc::clone(&self.fingerprint),
                saved,
                dead: self.fates.take_dead(),
                counts: self.fates.counts,
                tallies: self.tallies.clone(),
            },
            outputs,
            work,
        })
    }

    fn seal_shards(
        &mut self,
        plan: &Plan<E>,
        fork: &impl ForkJoin,
        kind: CommitKind,
    ) -> Result<ShardPiece> {
        let mut pieces: Vec<(&mut Shard<E>, Option<ShardPiece>)> =
            self.shards.iter_mut().map(|shard| (shard, None)).collect();
        fork.each(&mut pieces, |(shard, piece)| {
            *piece = Some(shard.seal(plan, kind));
        });
        if let Some(panicked) = pieces.iter_mut().find_map(|(shard, _)| shard.take_panic()) {
            return Err(self.stopped_by(&panicked));
        }
        let pieces = pieces.into_iter().filter_map(|(_, piece)| piece);
        let joined = pieces.reduce(|mut all, piece| {
            all.join(piece);
            all
        });
        Ok(joined.unwrap_or_default())
    }

    /// Updates the tallies of keys that were seen and forgotten.
    fn count_keys(&mut self, keys: u64, forgotten: u64) {
        if forgotten > 0 {
            *self.tallies.entry(FORGOTTEN_TALLY.into()).or_default() += forgotten;
        }
        let forgotten = self.tallies.get(FORGOTTEN_TALLY).copied().unwrap_or(0);
        self.tallies.insert(KEYS_TALLY.into(), keys + forgotten);
    }
}
