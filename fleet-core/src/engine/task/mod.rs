//! The task of one partition: a plain state machine that uses no clock, no threads and no I/O.
//!
//! ```text
//! Task                    position, fates, commit number
//!  ├─ KeyGate             refuses keys beyond a limit, forgets silent ones
//!  └─ Shard, one per worker
//!      ├─ Processor       order buffer, nodes, state
//!      ├─ Results         fates, tallies, rows for the sinks
//!      └─ Isolation       a base to roll back to after a panic, if panics are isolated
//! ```
//! [`Round::run`] takes a batch in one of two ways:
//!
//! - *in place*, if the task has one shard and need not inspect events before they are admitted:
//!   the decoder writes rows directly into the slab ([`Task::take_in_place`]);
//! - *forked*, in all other cases: payloads are decoded into one list per shard, and each shard
//!   takes its lists.

mod blame;
mod fork;
mod intake;
mod isolation;
mod key_limits;
mod panics;
mod piece;
mod plan;
mod processor;
mod recovery;
mod replay;
mod restore;
mod results;
mod round;
mod seal;
mod shard;
mod snapshot;
mod tenants;
mod time_to_live;

use std::sync::Arc;

pub(crate) use fork::ForkJoin;
#[cfg(any(test, feature = "testing"))]
pub(crate) use fork::Inline;
use key_limits::KeyGate;
use panics::{PanicSite, Panicked, caught};
pub(crate) use piece::{CommitKind, Piece};
#[cfg(any(test, feature = "driver"))]
pub(crate) use plan::KeyLimits;
pub(crate) use plan::Plan;
#[cfg(any(test, feature = "driver"))]
pub(crate) use recovery::PANICS;
use replay::Replay;
#[cfg(any(test, feature = "driver", feature = "testing"))]
pub(crate) use round::{Round, Work};
#[cfg(any(test, feature = "driver"))]
pub(crate) use seal::KEYS_TALLY;
use shard::Shard;
use snapshot::LastSnapshot;
use time_to_live::Sweep;

use crate::{
    contracts::{
        Decode,
        checkpoint::{Counts, Fates, Tallies},
        source::Batch,
    },
    data::{Error, ErrorKind, EventTime, Mark, Offset, Partition, Position, Result},
    engine::order::Silent,
    event::Event,
    planted::{Bug, planted},
    rows::{Events, shard_of},
};

/// The task of one partition: its position and its shards. Tasks share nothing.
pub(crate) struct Task<E: Event> {
    partition: Partition,
    token: u64,
    seq: u64,
    next: Offset,
    /// The source's note at `next`.
    mark: Option<Mark>,
    /// The mark that the store has.
    stored_mark: Option<Mark>,
    /// The offset up to which this run has read. It is before `next` during a replay.
    read_to: Offset,
    /// The offset up to which all shards succeeded.
    joined: Offset,
    /// The records read up to there.
    joined_read: u64,
    /// The records to recompute first.
    replay: Option<Arc<Replay>>,
    snapshot: LastSnapshot,
    ended: bool,
    /// Whether there is anything to commit since the last seal.
    changed: bool,
    shards: Vec<Shard<E>>,
    fates: Fates,
    tallies: Tallies,
    fingerprint: Arc<str>,
    gate: KeyGate,
    /// The time of the last tick. No clock is earlier.
    floor: Option<EventTime>,
}

impl<E: Event> Task<E> {
    /// Returns whether a batch can be taken in place: there is one shard, no replay, and no need to
    /// inspect events before they are admitted.
    fn takes_in_place(&self, plan: &Plan<E>) -> bool {
        let is_alone = self.shards.len() == 1 && self.replay.is_none();
        is_alone && !plan.isolate && plan.keys.is_none()
    }

    /// Decodes a batch in place and takes it through the graph, if the task
    /// [allows it](Self::takes_in_place).
    ///
    /// # Errors
    /// Fails if the input had ended before: its last windows are closed, and more rows would be
    /// late. Fails if an operator or the decoder panics; then the task must not be used any more.
    fn take_in_place<P, D: Decode<P, Event = E>>(
        &mut self,
        plan: &Plan<E>,
        decode: &D,
        batch: Batch<P>,
    ) -> Result<()> {
        self.check_open()?;
        self.advance(batch.next, batch.mark)?;
        if let [only] = self.shards.as_mut_slice() {
            only.take_payload(plan, decode, (batch.time, batch.payload));
        }
        self.join()
    }

    /// Inspects all events of a turn before they reach the shards: refuses new keys beyond the
    /// limit, and returns the sweeps of silent ones.
    fn admit(&mut self, plan: &Plan<E>, lists: &mut [&mut Events<E>]) -> Result<Vec<Sweep>> {
        if plan.keys.is_none() {
            return Ok(Vec::new());
        }
        let (shards, replay) = (&self.shards, self.replay.as_deref());
        let (gate, fates) = (&mut self.gate, &mut self.fates);
        let newest = |key: &str| {
            let shard = shards.get(shard_of(key, shards.len()))?;
            shard.newest(key)
        };
        caught(|| gate.admit(plan, lists, replay, newest, fates))
            .map_err(|reason| self.stopped_by(&Panicked::new(PanicSite::Order, reason)))
    }

    /// Refuses more rows after the end of the input.
    fn check_open(&self) -> Result<()> {
        if !self.ended {
            return Ok(());
        }
        let message = "the input had ended and all its windows were flushed, but it has grown \
                       since: start afresh to read all of it again, or follow the input from \
                       the beginning so that it does not end";
        Err(Error::new(ErrorKind::Grown, message).at(&self.partition, self.next))
    }

    /// Advances the position: everything before `next` is taken, or about to be.
    ///
    /// # Errors
    /// Fails if `next` goes back: records between would be taken twice.
    fn advance(&mut self, next: Offset, mark: Option<Mark>) -> Result<()> {
        if next < self.read_to {
            return Err(self.repeated(next));
        }
        if self.replay.is_none() || next > self.next {
            self.next = next;
            self.mark = mark;
            self.changed = true;
        }
        self.read_to = next;
        Ok(())
    }

    fn repeated(&self, next: Offset) -> Error {
        let message = format!(
            "the source returned records up to offset {next}, but those before {} were read \
             already: a source reads on from where it was started, and each batch begins where \
             the one before it ended",
            self.joined
        );
        Error::new(ErrorKind::Source, message).at(&self.partition, self.joined)
    }

    /// Collects the fates from the shards.
    ///
    /// # Errors
    /// Fails if a shard panicked and could not recover, or if records were read that lie before the
    /// position.
    fn join(&mut self) -> Result<()> {
        for shard in &mut self.shards {
            shard.give_fates(&mut self.fates);
        }
        if let Some(panicked) = self.shards.iter_mut().find_map(Shard::take_panic) {
            return Err(self.stopped_by(&panicked));
        }
        if self.replay.is_some() && self.read_to >= self.next {
            self.end_replay();
        }
        let read = self.fates.counts.read;
        if self.joined == self.read_to && self.joined_read < read {
            return Err(self.repeated(self.read_to));
        }
        (self.joined, self.joined_read) = (self.read_to, read);
        Ok(())
    }

    /// Goes on from the position: everything before it is recomputed.
    fn end_replay(&mut self) {
        self.replay = None;
        for shard in &mut self.shards {
            shard.end_replay();
        }
    }

    /// Returns the error with which a panic stops the pipeline.
    fn stopped_by(&self, panicked: &Panicked) -> Error {
        let nodes = self.shards.first().map_or(&[][..], Shard::nodes);
        let records = self.joined..self.read_to;
        panicked.error(nodes, &self.partition, records)
    }

    /// Ends the input, which flushes every row, window and timer. A second call changes nothing.
    ///
    /// # Errors
    /// Fails if the input ended before the committed position, which means that it was truncated.
    /// Fails if a timer panics.
    pub(crate) fn end(&mut self, plan: &Plan<E>, fork: &impl ForkJoin) -> Result<()> {
        if self.replay.is_some() {
            let message = format!(
                "the input ended at offset {}, but its results are committed up to {}: restore \
                 the missing part, or start afresh",
                self.read_to, self.next
            );
            return Err(Error::new(ErrorKind::Source, message).at(&self.partition, self.read_to));
        }
        if !self.ended || planted(Bug::EndTwice) {
            self.ended = true;
            self.changed = true;
            fork.each(&mut self.shards, |shard| shard.end(plan));
            self.join()?;
        }
        Ok(())
    }

    /// Advances the clocks of keys without a newer row to `floor`, as a tick does, and fires the
    /// timers that are due.
    ///
    /// # Errors
    /// Fails if a timer panics.
    pub(crate) fn tick(
        &mut self,
        plan: &Plan<E>,
        fork: &impl ForkJoin,
        floor: EventTime,
    ) -> Result<()> {
        // During a replay, time is still that of the snapshot.
        if self.ended || self.replay.is_some() || self.floor >= Some(floor) {
            return Ok(());
        }
        self.floor = Some(floor);
        let mut shards: Vec<_> = self.shards.iter_mut().map(|shard| (shard, false)).collect();
        fork.each(&mut shards, |(shard, moved)| {
            *moved = shard.tick(plan, floor);
        });
        // If no clock moved, nothing depends on the floor yet, and the next commit includes it.
        self.changed |= shards.iter().any(|(_, moved)| *moved);
        self.join()
    }

    /// Releases the rows of keys for which nothing has changed for so long.
    ///
    /// # Errors
    /// Fails if an operator panics.
    pub(crate) fn release_silent(
        &mut self,
        plan: &Plan<E>,
        fork: &impl ForkJoin,
        after: Silent,
    ) -> Result<()> {
        if self.ended || self.replay.is_some() {
            return Ok(());
        }
        let mut shards: Vec<_> = self.shards.iter_mut().map(|shard| (shard, false)).collect();
        fork.each(&mut shards, |(shard, released)| {
            *released = shard.release_silent(plan, after);
        });
        self.changed |= shards.iter().any(|(_, released)| *released);
        self.join()
    }

    /// Returns how many rows wait in the order buffer.
    pub(crate) fn held(&self) -> usize {
        self.shards.iter().map(Shard::held).sum()
    }

    /// Returns the time of the oldest row that waits in the order buffer. Looks at every key.
    pub(crate) fn oldest_held(&self) -> Option<EventTime> {
        self.shards.iter().filter_map(Shard::oldest_held).min()
    }

    /// Returns whether the input has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Returns the number of results that wait for a commit, and the bytes of results and dead
    /// letters.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let shards = self.shards.iter().map(Shard::waiting);
        shards.fold(
            (0, self.fates.dead_bytes),
            |(results, bytes), (more, heavier)| (results + more, bytes + heavier),
        )
    }

    /// Returns the offset of this task.
    pub(crate) fn next(&self) -> Offset {
        self.next
    }

    /// Returns the position of this task.
    pub(crate) fn position(&self) -> Position {
        let (next, mark) = (self.next, self.mark.clone());
        Position { next, mark }
    }

    /// Returns the fencing token under which it commits.
    pub(crate) fn token(&self) -> u64 {
        self.token
    }

    /// Returns the counts since the first record.
    pub(crate) fn counts(&self) -> Counts {
        self.fates.counts
    }
}
