//! Takes batches through their tasks, in place or forked over several workers.

use std::sync::Arc;

use super::{ForkJoin, Panicked, Plan, Replay, Shard, Sweep, Task, intake::Intake};
use crate::{
    contracts::{Decode, checkpoint::Fates, source::Batch},
    data::{EventTime, Offset, Result},
    event::Event,
    rows::{Dealer, Events},
};

/// The fewest parts per worker in a round, if payloads can be divided. Our choice: enough that a
/// worker that wakes up late still finds work.
const PARTS_PER_WORKER: usize = 4;

/// A task and the batches of its partition, in input order.
pub(crate) type Work<'a, E, P> = (&'a mut Task<E>, Vec<Batch<P>>);

/// Takes batches through their tasks.
///
/// A single batch is processed in place if its task allows it. Everything else forks:
///
/// ```text
/// decode   each part of a payload by itself,       part 1      part 2      part 3
///          into one list of events per shard       a b         a b         a b
/// pass     each shard its lists, in that order     a: 1 2 3    b: 1 2 3
/// join     in the order of parts and shards        counts, dead letters
/// ```
/// What a shard sees does not depend on the schedule of the workers, and so neither do the results.
pub(crate) struct Round<E> {
    /// Dealers with emptied lists, whose memory the next round reuses.
    spare: Vec<Dealer<E>>,
}

/// A task and the parts of its payloads, in input order.
struct Turn<'a, E: Event, P> {
    task: &'a mut Task<E>,
    parts: Vec<Part<P, E>>,
}

/// A payload, or a part of one.
struct Part<P, E> {
    /// The log time of the records whose decoder gives none.
    log: Option<EventTime>,
    payload: Option<P>,
    /// The first record to count.
    counted: Offset,
    dealer: Dealer<E>,
    fates: Fates,
    panicked: Option<Panicked>,
}

/// A shard and its events of this round.
struct Lane<'a, E: Event> {
    shard: &'a mut Shard<E>,
    replay: Option<Arc<Replay>>,
    sweeps: Arc<[Sweep]>,
    events: Vec<Events<E>>,
}

impl<E: Event> Round<E> {
    pub(crate) fn new() -> Self {
        Self { spare: Vec::new() }
    }

    /// Takes the batches through their tasks.
    ///
    /// # Errors
    /// Fails if an input had ended before: its last windows are closed, and more rows would be
    /// late. Fails if an operator or a decoder panics; then the task must not be used any more.
    pub(crate) fn run<P: Send, D: Decode<P, Event = E>>(
        &mut self,
        mut work: Vec<Work<'_, E, P>>,
        plan: &Plan<E>,
        decode: &D,
        fork: &impl ForkJoin,
    ) -> Result<()> {
        if let [(task, batches)] = work.as_mut_slice()
            && batches.len() == 1
            && task.takes_in_place(plan)
            && let Some(batch) = batches.pop()
        {
            return task.take_in_place(plan, decode, batch);
        }
        let mut turns = self.turns(work, decode, fork.workers())?;
        let mut parts: Vec<_> = turns.iter_mut().flat_map(|turn| &mut turn.parts).collect();
        fork.each(&mut parts, |part| part.decode(decode, plan.isolate));
        for Turn { task, parts } in &turns {
            if let Some(panicked) = parts.iter().find_map(|part| part.panicked.as_ref()) {
                return Err(task.stopped_by(panicked));
            }
        }
        let mut lanes = Vec::new();
        for turn in &mut turns {
            turn.add_lanes(plan, &mut lanes)?;
        }
        fork.each(&mut lanes, |lane| lane.pass(plan));
        let mut emptied: Vec<_> = lanes.into_iter().flat_map(|lane| lane.events).collect();
        for Turn { task, parts } in turns {
            for mut part in parts {
                task.fates.join(&mut part.fates);
                for list in part.dealer.lists() {
                    *list = emptied.pop().unwrap_or_default();
                }
                self.spare.push(part.dealer);
            }
            task.join()?;
        }
        Ok(())
    }

    /// Divides payloads if there are fewer of them than the workers need.
    fn turns<'a, P, D: Decode<P, Event = E>>(
        &mut self,
        work: Vec<Work<'a, E, P>>,
        decode: &D,
        workers: usize,
    ) -> Result<Vec<Turn<'a, E, P>>> {
        let batches: usize = work.iter().map(|(_, batches)| batches.len()).sum();
        let each = match workers {
            1 => 1,
            _ => (PARTS_PER_WORKER * workers).div_ceil(batches.max(1)),
        };
        let mut turns = Vec::with_capacity(work.len());
        for (task, batches) in work {
            task.check_open()?;
            let replay = task.replay.as_deref();
            let counted = replay.map_or(Offset(0), Replay::upto);
            let mut parts = Vec::new();
            for batch in batches {
                task.advance(batch.next, batch.mark)?;
                for payload in decode.divide(batch.payload, each) {
                    let dealer = self.spare.pop();
                    parts.push(Part {
                        log: batch.time,
                        payload: Some(payload),
                        counted,
                        dealer: dealer.unwrap_or_else(|| Dealer::new(task.shards.len())),
                        fates: Fates::default(),
                        panicked: None,
                    });
                }
            }
            turns.push(Turn { task, parts });
        }
        Ok(turns)
    }
}

impl<E: Event, P> Turn<'_, E, P> {
    /// Adds the shards of the task, each with its events in the order of the parts.
    fn add_lanes<'s>(&'s mut self, plan: &Plan<E>, to: &mut Vec<Lane<'s, E>>) -> Result<()> {
        let parts = self.parts.iter_mut();
        let mut lists: Vec<_> = parts.flat_map(|part| part.dealer.lists()).collect();
        let sweeps: Arc<[Sweep]> = self.task.admit(plan, &mut lists)?.into();
        let take = |part: &mut Part<P, E>, shard| -> Option<Events<E>> {
            part.dealer.lists().get_mut(shard).map(std::mem::take)
        };
        for (place, shard) in self.task.shards.iter_mut().enumerate() {
            let parts = self.parts.iter_mut();
            to.push(Lane {
                shard,
                replay: self.task.replay.clone(),
                sweeps: Arc::clone(&sweeps),
                events: parts.filter_map(|part| take(part, place)).collect(),
            });
        }
        Ok(())
    }
}

impl<P, E: Event> Part<P, E> {
    fn decode(&mut self, decode: &impl Decode<P, Event = E>, isolate: bool) {
        if let Some(payload) = self.payload.take() {
            let mut intake = Intake {
                dealer: &mut self.dealer,
                fates: &mut self.fates,
                counted: self.counted,
                log: self.log,
            };
            self.panicked = intake.decode(decode, payload, isolate).err();
        }
    }
}

impl<E: Event> Lane<'_, E> {
    fn pass(&mut self, plan: &Plan<E>) {
        let replay = self.replay.as_deref();
        self.shard
            .take(plan, &mut self.events, replay, &self.sweeps);
    }
}
