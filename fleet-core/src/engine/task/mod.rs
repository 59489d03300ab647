//! One partition at work: a plain state machine without clock, thread or I/O.
//!
//! Its keys are spread over shards, one for each worker. Every shard has an order buffer, nodes and
//! state of its own, so shards can work side by side; what they make is joined in their order.

mod careful;
mod decoding;
mod fork;
mod isolation;
mod keys;
mod panics;
mod pass;
mod plan;
mod replay;
mod restore;
mod round;
mod shard;
mod tenants;

use std::sync::Arc;

#[cfg(any(test, feature = "driver"))]
pub(crate) use careful::PANICS;
use decoding::Intake;
pub(crate) use fork::ForkJoin;
#[cfg(any(test, feature = "testing"))]
pub(crate) use fork::Inline;
pub(crate) use keys::KeyLimits;
use keys::{PartitionTime, Sweep};
use panics::{Panicked, Stage, caught};
pub(crate) use plan::Plan;
pub(crate) use replay::Written;
use replay::{Replay, Snapshot};
#[cfg(feature = "driver")]
pub(crate) use round::Round;
use shard::{Shard, Share};
use tenants::{Rules, Tenants};

use crate::{
    contracts::{
        Decode,
        checkpoint::{Counts, Fates, Sealed, Tallies},
        source::Batch,
    },
    data::{Error, ErrorKind, EventTime, Offset, Partition, Result},
    engine::{
        graph::{Buffer, Work},
        order,
    },
    event::Event,
    planted::{Bug, planted},
    rows::{Dealer, Events, shard_of},
};

/// The name under which a task counts the keys it has seen.
pub(crate) const KEYS_TALLY: &str = "keys";

/// The name under which a task counts those that it has forgotten.
pub(crate) const FORGOTTEN_TALLY: &str = "keys.forgotten";

/// What a task hands over for a commit: its part of the checkpoint, and the rows of each sink.
pub(crate) struct Piece {
    pub(crate) sealed: Sealed,
    /// By outlet.
    pub(crate) outputs: Vec<Box<dyn Buffer>>,
    /// What each node did for it.
    pub(crate) work: Vec<Work>,
}

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
    snapshot: Snapshot,
    ended: bool,
    /// Something happened since the last seal.
    changed: bool,
    shards: Vec<Shard<E>>,
    /// The events of one batch.
    dealer: Dealer<E>,
    fates: Fates,
    tallies: Tallies,
    fingerprint: Arc<str>,
    time: PartitionTime,
    tenants: Tenants,
    /// The last tick: silent keys have clocks no earlier than this.
    floor: Option<EventTime>,
}

impl<E: Event> Task<E> {
    /// Takes a batch through the graph, on the thread that asks.
    ///
    /// # Errors
    /// When the input had ended before: its last windows are out, and more rows would be late. When operator or
    /// decoder panic; the task is not to be used any more then.
    pub(crate) fn batch<P, D: Decode<P, Event = E>>(
        &mut self,
        plan: &Plan<E>,
        decode: &D,
        batch: Batch<P>,
    ) -> Result<()> {
        self.check_open()?;
        self.advance(batch.next);
        if let [only] = self.shards.as_mut_slice()
            && self.replay.is_none()
            && plan.takes_all_alike()
        {
            if let Err(panicked) = only.take_batch(plan, decode, (batch.time, batch.payload)) {
                only.panicked = Some(panicked);
            }
            return self.join();
        }
        let replay = self.replay.as_deref();
        let mut intake = Intake {
            dealer: &mut self.dealer,
            fates: &mut self.fates,
            counted: replay.map_or(Offset(0), Replay::upto),
        };
        if let Err(panicked) = intake.decode(decode, batch.payload, plan.isolate) {
            return Err(self.stopped_by(&panicked));
        }
        let mut decoded: Vec<_> = self.dealer.lists().iter_mut().map(std::mem::take).collect();
        let mut lists: Vec<_> = decoded
            .iter_mut()
            .map(|events| (batch.time, events))
            .collect();
        let sweeps = self.admit(plan, &mut lists)?;
        let replay = self.replay.as_deref();
        let emptied = self.dealer.lists().iter_mut();
        for ((shard, events), emptied) in self.shards.iter_mut().zip(decoded).zip(emptied) {
            let mut list = [(batch.time, events)];
            shard.take(plan, &mut list, replay, &sweeps);
            let [(_, events)] = list;
            *emptied = events;
        }
        self.join()
    }

    /// Looks at all events of a turn before they go to the shards: refuses new keys past the bound, and says
    /// where silent ones are forgotten.
    fn admit(
        &mut self,
        plan: &Plan<E>,
        lists: &mut [(Option<EventTime>, &mut Events<E>)],
    ) -> Result<Vec<Sweep>> {
        let KeyLimits { ttl, per_tenant } = plan.keys;
        if ttl.is_none() && per_tenant.is_none() {
            return Ok(Vec::new());
        }
        let replay = self.replay.clone();
        let (shards, tenants) = (&self.shards, &mut self.tenants);
        let (time, fates) = (&mut self.time, &mut self.fates);
        let admitted = caught(|| {
            let read = lists.iter().map(|(log, events)| (*log, &***events));
            let sweeps = ttl.map(|ttl| time.advance(ttl, &plan.order, read));
            let sweeps = sweeps.unwrap_or_default();
            if let Some(most) = per_tenant {
                let rules = Rules {
                    most,
                    order: &plan.order,
                    sweeps: &sweeps,
                    replay: replay.as_deref(),
                };
                let is_known = |key: &str| {
                    let shard = shards.get(shard_of(key, shards.len()));
                    shard.is_some_and(|shard| shard.order.newest(key).is_some())
                };
                tenants.gate(&rules, lists, is_known, fates);
            }
            sweeps
        });
        admitted.map_err(|reason| self.stopped_by(&Panicked::new(Stage::Order, reason)))
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
            self.fates.join(&mut shard.fates);
            self.fates.counts.accepted -= std::mem::take(&mut shard.taken_back);
        }
        if let Some(panicked) = self
            .shards
            .iter_mut()
            .find_map(|shard| shard.panicked.take())
        {
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
        let nodes = self.shards.first().map_or(&[][..], |shard| &shard.nodes);
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

    /// Whether there is anything to commit.
    pub(crate) fn has_changed(&self, keep: Written) -> bool {
        let is_behind = self.snapshot.is_behind() && self.replay.is_none();
        self.changed || keep == Written::State && is_behind
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

    /// Hands over everything since the last seal, as one numbered commit. Where a restart could not do without
    /// the state, it is there whatever was asked for.
    ///
    /// # Errors
    /// When a state panics as it is encoded; the task is not to be used any more then.
    pub(crate) fn seal(
        &mut self,
        plan: &Plan<E>,
        fork: &impl ForkJoin,
        keep: Written,
    ) -> Result<Piece> {
        let keep = if self.ended { Written::State } else { keep };
        let keep = self.snapshot.choose(keep, &self.fates.dead);
        let mut shares: Vec<(&mut Shard<E>, Option<Share>)> =
            self.shards.iter_mut().map(|shard| (shard, None)).collect();
        fork.each(&mut shares, |(shard, share)| {
            *share = Some(shard.seal(plan, keep));
        });
        if let Some(panicked) = shares
            .iter_mut()
            .find_map(|(shard, _)| shard.panicked.take())
        {
            return Err(self.stopped_by(&panicked));
        }
        let shares = shares.into_iter().filter_map(|(_, share)| share);
        let joined = shares.reduce(|mut all, share| {
            all.join(share);
            all
        });
        let Share {
            mut saved,
            tallies,
            outputs,
            keys,
            forgotten,
            work,
        } = joined.unwrap_or_default();
        if keep == Written::State {
            saved.extend(self.floor.map(order::floor));
            self.time.seal(&mut saved);
            self.tenants.seal(&mut saved);
        }
        let note = &mut self.snapshot;
        note.note(keep, self.next, &self.fates.dead, &mut saved);
        self.seq += 1;
        self.changed = false;
        for (name, count) in tallies {
            *self.tallies.entry(name).or_default() += count;
        }
        if forgotten > 0 {
            *self.tallies.entry(FORGOTTEN_TALLY.into()).or_default() += forgotten;
        }
        let forgotten = self.tallies.get(FORGOTTEN_TALLY).copied().unwrap_or(0);
        self.tallies.insert(KEYS_TALLY.into(), keys + forgotten);
        Ok(Piece {
            sealed: Sealed {
                partition: self.partition.clone(),
                token: self.token,
                seq: self.seq,
                next: self.next,
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
}
