//! One partition at work: a plain state machine without clock, thread or I/O.
//!
//! ```text
//! Task                    position, fates, number of the commit
//!  ├─ KeyGate             refuses keys past a bound, forgets silent ones
//!  └─ Shard, one a worker
//!      ├─ Processor       order buffer, nodes, state
//!      ├─ Results         fates, tallies, rows for the sinks
//!      └─ Isolation       where to go back to after a panic, if panics are isolated
//! ```
//! A batch has two ways in. [`Round::run`] picks one:
//!
//! - *in place*, where a task has one shard and nothing has to be known of an event before it is
//!   admitted: the decoder writes rows straight into the slab ([`Task::take_in_place`]);
//! - *forked*, everywhere else: payloads are decoded into lists, one for each shard, then each shard
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
pub(crate) use key_limits::KeyLimits;
use panics::{PanicSite, Panicked, caught};
pub(crate) use piece::{CommitKind, Piece};
pub(crate) use plan::Plan;
#[cfg(any(test, feature = "driver"))]
pub(crate) use recovery::PANICS;
use replay::Replay;
pub(crate) use round::{Round, Work};
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
    data::{Error, ErrorKind, EventTime, Offset, Partition, Result},
    event::Event,
    planted::{Bug, planted},
    rows::{Events, shard_of},
};

/// One partition: how far it is, and its shards. Nothing is shared between tasks.
pub(crate) struct Task<E: Event> {
    partition: Partition,
    token: u64,
    seq: u64,
    next: Offset,
    /// How far this run has read, which is before `next` during a replay.
    read_to: Offset,
    /// How far all of it went well.
    joined: Offset,
    /// Which records are computed again first.
    replay: Option<Arc<Replay>>,
    snapshot: LastSnapshot,
    ended: bool,
    /// Something happened since the last seal.
    changed: bool,
    shards: Vec<Shard<E>>,
    fates: Fates,
    tallies: Tallies,
    fingerprint: Arc<str>,
    gate: KeyGate,
    /// The last tick: silent keys have clocks no earlier than this.
    floor: Option<EventTime>,
}

impl<E: Event> Task<E> {
    /// Whether a batch may stay in place: there is one shard, no replay, and nothing has to be known
    /// of an event before it is admitted.
    fn takes_in_place(&self, plan: &Plan<E>) -> bool {
        let is_alone = self.shards.len() == 1 && self.replay.is_none();
        is_alone && !plan.isolate && plan.keys.is_none()
    }

    /// Decodes a batch in place and takes it through the graph, where the task
    /// [may](Self::takes_in_place).
    ///
    /// # Errors
    /// When the input had ended before: its last windows are out, and more rows would be late. When
    /// operator or decoder panic; the task must not be used any more then.
    fn take_in_place<P, D: Decode<P, Event = E>>(
        &mut self,
        plan: &Plan<E>,
        decode: &D,
        batch: Batch<P>,
    ) -> Result<()> {
        self.check_open()?;
        self.advance(batch.next);
        if let [only] = self.shards.as_mut_slice() {
            only.take_payload(plan, decode, (batch.time, batch.payload));
        }
        self.join()
    }

    /// Looks at all events of a turn before they go to the shards: refuses new keys past the bound,
    /// and returns where silent ones are forgotten.
    fn admit(
        &mut self,
        plan: &Plan<E>,
        lists: &mut [(Option<EventTime>, &mut Events<E>)],
    ) -> Result<Vec<Sweep>> {
        if plan.keys.is_none() {
            return Ok(Vec::new());
        }
        let (shards, replay) = (&self.shards, self.replay.as_deref());
        let (gate, fates) = (&mut self.gate, &mut self.fates);
        let is_known = |key: &str| {
            let shard = shards.get(shard_of(key, shards.len()));
            shard.is_some_and(|shard| shard.newest(key).is_some())
        };
        caught(|| gate.admit(plan, lists, replay, is_known, fates))
            .map_err(|reason| self.stopped_by(&Panicked::new(PanicSite::Order, reason)))
    }

    /// Refuses more rows once the input had ended.
    fn check_open(&self) -> Result<()> {
        if !self.ended {
            return Ok(());
        }
        let message = "the input had ended and all its windows were flushed, but it has grown \
                       since: start afresh to read all of it again, or follow the input from \
                       the beginning so that it does not end";
        Err(Error::new(ErrorKind::Grown, message).at(&self.partition, self.next))
    }

    /// Everything before `next` is taken, or about to be.
    fn advance(&mut self, next: Offset) {
        if self.replay.is_none() || next > self.next {
            self.next = next;
            self.changed = true;
        }
        self.read_to = next;
    }

    /// Takes up what the shards found out.
    ///
    /// # Errors
    /// When a shard panicked, and panics are not isolated.
    fn join(&mut self) -> Result<()> {
        for shard in &mut self.shards {
            shard.give_fates(&mut self.fates);
        }
        if let Some(panicked) = self.shards.iter_mut().find_map(Shard::take_panic) {
            return Err(self.stopped_by(&panicked));
        }
        if self.read_to >= self.next {
            self.replay = None;
        }
        self.joined = self.read_to;
        Ok(())
    }

    /// The error that a panic stops the pipeline with.
    fn stopped_by(&self, panicked: &Panicked) -> Error {
        let nodes = self.shards.first().map_or(&[][..], Shard::nodes);
        let records = self.joined..self.read_to;
        panicked.error(nodes, &self.partition, records)
    }

    /// The input has ended: every row, window and timer is flushed. A second end changes nothing.
    ///
    /// # Errors
    /// When it ended before the place up to which results are committed: it was cut. When a timer panics.
    pub(crate) fn end(&mut self, plan: &Plan<E>, fork: &impl ForkJoin) -> Result<()> {
        if self.replay.is_some() {
            let message = format!(
                "the input ended at offset {}, but its results are committed up to {}: bring back \
                 what is missing, or start afresh",
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

    /// A tick: no row before `floor` is under way any more of the keys that have no newer one, so their clocks
    /// move there, and timers are due.
    ///
    /// # Errors
    /// When a timer panics.
    pub(crate) fn tick(
        &mut self,
        plan: &Plan<E>,
        fork: &impl ForkJoin,
        floor: EventTime,
    ) -> Result<()> {
        // Where a replay has not caught up, time has not gone on yet.
        if self.ended || self.replay.is_some() || self.floor >= Some(floor) {
            return Ok(());
        }
        self.floor = Some(floor);
        let mut shards: Vec<_> = self.shards.iter_mut().map(|shard| (shard, false)).collect();
        fork.each(&mut shards, |(shard, moved)| {
            *moved = shard.tick(plan, floor);
        });
        // Otherwise the next commit carries it: nothing depends on it yet.
        self.changed |= shards.iter().any(|(_, moved)| *moved);
        self.join()
    }

    /// Whether the input has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// How much waits for a commit: results, and bytes of results and dead letters.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let shards = self.shards.iter().map(Shard::waiting);
        shards.fold(
            (0, self.fates.dead_bytes),
            |(results, bytes), (more, heavier)| (results + more, bytes + heavier),
        )
    }

    /// Where this task goes on.
    pub(crate) fn next(&self) -> Offset {
        self.next
    }

    /// Fates since the first record.
    pub(crate) fn counts(&self) -> Counts {
        self.fates.counts
    }
}
