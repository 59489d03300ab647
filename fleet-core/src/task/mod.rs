//! One partition at work: a plain state machine without clock, thread or I/O.
//!
//! Its keys are spread over shards, one for each worker. Every shard has an order buffer, nodes and
//! state of its own, so shards can work side by side; what they make is joined in their order.

mod fork;
mod plan;
mod round;
mod shard;

use std::sync::Arc;

pub(crate) use fork::ForkJoin;
#[cfg(any(test, feature = "testing"))]
pub(crate) use fork::Inline;
pub(crate) use plan::Plan;
#[cfg(feature = "driver")]
pub(crate) use round::Round;
use shard::{Events, Shard, Share};

use crate::{
    Decode, Error, ErrorKind, EventTime, Offset, Partition, Result,
    checkpoint::{Claim, Counts, Fates, Saved, Sealed, Tallies},
    decode::{Entry, shard_of},
    event::Event,
    graph::{Buffer, Work, describe::difference},
    order,
    planted::{Bug, planted},
    source::Batch,
};

/// The name under which a task counts the keys it has seen.
pub(crate) const KEYS_TALLY: &str = "keys";

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
    ended: bool,
    /// Something happened since the last seal.
    changed: bool,
    shards: Vec<Shard<E>>,
    /// The events of one batch, by shard.
    decoded: Vec<Events<E>>,
    fates: Fates,
    tallies: Tallies,
    fingerprint: Arc<str>,
    /// Where the last tick moved the clocks of silent keys.
    floor: Option<EventTime>,
}

impl<E: Event> Task<E> {
    /// Goes on from what the store knows, with its keys spread over this many shards.
    ///
    /// # Errors
    /// When the state was saved by a graph of another structure, or cannot be read.
    pub(crate) fn restore(
        plan: &Plan<E>,
        partition: &Partition,
        claim: Claim,
        shards: usize,
    ) -> Result<Self> {
        let (order, graph) = (plan.order.structure(), plan.graph.fingerprint());
        let fingerprint: Arc<str> = format!("0 {order} {}\n{graph}", plan.reading).into();
        check_structure(claim.fingerprint.as_deref(), &fingerprint, partition)?;
        let shards = shards.max(1);
        let mut task = Self {
            partition: partition.clone(),
            token: claim.token,
            seq: claim.seq,
            next: claim.next.unwrap_or_default(),
            ended: claim.ended,
            changed: false,
            shards: (0..shards).map(|_| Shard::new(plan)).collect(),
            decoded: (0..shards).map(|_| Vec::new()).collect(),
            fates: Fates::from(claim.counts),
            tallies: claim.tallies,
            fingerprint,
            floor: None,
        };
        for saved in &claim.state {
            task.restore_entry(plan, saved).ok_or_else(|| {
                let (node, key, version) = (saved.node, &saved.key, saved.version);
                let message = format!(
                    "cannot read the saved state of node {node}, key `{key}`, version {version}: \
                     it is damaged or was written by a newer program"
                );
                Error::new(ErrorKind::Snapshot, message).at(partition, task.next)
            })?;
        }
        if let Some(floor) = task.floor {
            for shard in &mut task.shards {
                shard.restore_floor(floor);
            }
        }
        Ok(task)
    }

    /// Gives an entry of a snapshot to the shard of its key; `None` when it cannot be read.
    fn restore_entry(&mut self, plan: &Plan<E>, saved: &Saved) -> Option<()> {
        let entry = order::Entry::of(saved)?;
        if let order::Entry::Floor(floor) = entry {
            self.floor = Some(floor);
            return Some(());
        }
        let shard = shard_of(entry.key()?, self.shards.len());
        let shard = self.shards.get_mut(shard)?;
        shard.restore(plan, &entry, saved, self.ended)
    }

    /// Takes a batch through the graph, on the thread that asks.
    ///
    /// # Errors
    /// When the input had ended before: its last windows are out, and more rows would be late.
    pub(crate) fn batch<P, D: Decode<P, Event = E>>(
        &mut self,
        plan: &Plan<E>,
        decode: &D,
        batch: Batch<P>,
    ) -> Result<()> {
        self.check_open()?;
        if let [only] = self.shards.as_mut_slice() {
            only.decode(plan, decode, (batch.time, batch.payload));
            only.pass(plan);
        } else {
            let mut entry = Entry::by_shard(&mut self.decoded, &mut self.fates);
            decode.decode(batch.payload, &mut entry);
            for (shard, rows) in self.shards.iter_mut().zip(&mut self.decoded) {
                shard.admit(plan, batch.time, rows);
                shard.pass(plan);
            }
        }
        self.join_fates();
        self.advance(batch.next);
        Ok(())
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

    /// Everything before `next` is taken.
    fn advance(&mut self, next: Offset) {
        self.next = next;
        self.changed = true;
    }

    /// Takes up what the shards found out.
    fn join_fates(&mut self) {
        for shard in &mut self.shards {
            self.fates.join(&mut shard.fates);
        }
    }

    /// The input has ended: every row, window and timer is flushed. A second end changes nothing.
    pub(crate) fn end(&mut self, plan: &Plan<E>, fork: &impl ForkJoin) {
        if !self.ended || planted(Bug::EndTwice) {
            self.ended = true;
            self.changed = true;
            fork.each(&mut self.shards, |shard| shard.end(plan));
            self.join_fates();
        }
    }

    /// A tick: no row before `floor` is under way any more of the keys that have no newer one, so their clocks
    /// move there, and timers are due.
    pub(crate) fn tick(&mut self, plan: &Plan<E>, fork: &impl ForkJoin, floor: EventTime) {
        if self.ended || self.floor >= Some(floor) {
            return;
        }
        self.floor = Some(floor);
        let mut shards: Vec<_> = self.shards.iter_mut().map(|shard| (shard, false)).collect();
        fork.each(&mut shards, |(shard, moved)| {
            *moved = shard.tick(plan, floor);
        });
        // Otherwise the next commit carries it: nothing depends on it yet.
        self.changed |= shards.iter().any(|(_, moved)| *moved);
        self.join_fates();
    }

    /// Whether there is anything to commit.
    pub(crate) fn has_changed(&self) -> bool {
        self.changed
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

    /// Hands over everything since the last seal, as one numbered commit.
    pub(crate) fn seal(&mut self, plan: &Plan<E>, fork: &impl ForkJoin) -> Piece {
        let mut shares: Vec<(&mut Shard<E>, Option<Share>)> =
            self.shards.iter_mut().map(|shard| (shard, None)).collect();
        fork.each(&mut shares, |(shard, share)| {
            *share = Some(shard.seal(plan));
        });
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
            work,
        } = joined.unwrap_or_default();
        saved.extend(self.floor.map(order::floor));
        self.seq += 1;
        self.changed = false;
        for (name, count) in tallies {
            *self.tallies.entry(name).or_default() += count;
        }
        self.tallies.insert(KEYS_TALLY.into(), keys);
        Piece {
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
        }
    }
}

fn check_structure(saved: Option<&str>, now: &str, partition: &Partition) -> Result<()> {
    match saved {
        Some(saved) if saved != now => {
            let what = difference(saved, now);
            let message = format!(
                "the saved state was made by a graph of another structure ({what}): go back to \
                 that graph, give this pipeline another name, or start afresh"
            );
            Err(Error::new(ErrorKind::Structure, message).at(partition, Offset::default()))
        }
        _ => Ok(()),
    }
}
