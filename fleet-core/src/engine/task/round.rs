use std::{collections::BTreeMap, sync::Arc};

use super::{
    ForkJoin, Intake, Panicked, Plan, Replay, Sweep, Task,
    shard::{Shard, Timed},
};
use crate::{
    contracts::{Decode, checkpoint::Fates, source::Batch},
    data::{EventTime, Offset, Partition, Result},
    event::Event,
    rows::Dealer,
};

/// How many parts a round has at least for each worker, where payloads can be divided. Our choice: one that
/// comes late to the first of them still finds its share of work.
const PARTS_PER_WORKER: usize = 4;

/// Takes several batches at once through their tasks, by several workers.
///
/// ```text
/// decode   each part of a payload by itself,       part 1      part 2      part 3
///          into one list of events per shard       a b         a b         a b
/// pass     each shard its lists, in that order     a: 1 2 3    b: 1 2 3
/// join     in the order of parts and shards        counts, dead letters
/// ```
/// What a shard sees does not depend on who decodes when, so the results do not either.
pub(crate) struct Round<E> {
    /// With emptied lists: their memory serves the next round.
    spare: Vec<Dealer<E>>,
}

/// A payload or a part of it.
struct Part<P, E> {
    partition: Partition,
    /// When the log took it.
    time: Option<EventTime>,
    payload: Option<P>,
    /// The first record that counts.
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
    events: Vec<Timed<E>>,
}

impl<E: Event> Round<E> {
    pub(crate) fn new() -> Self {
        Self { spare: Vec::new() }
    }

    /// Takes the batches through their tasks; those of no task are left out.
    ///
    /// # Errors
    /// As [`Task::batch`].
    pub(crate) fn run<P: Send, D: Decode<P, Event = E>>(
        &mut self,
        tasks: &mut BTreeMap<Partition, Task<E>>,
        plan: &Plan<E>,
        decode: &D,
        batches: Vec<Batch<P>>,
        fork: &impl ForkJoin,
    ) -> Result<()> {
        let mut parts = self.parts(tasks, decode, batches, fork.workers())?;
        fork.each(&mut parts, |part| part.decode(decode, plan.isolate));
        for part in &parts {
            if let (Some(panicked), Some(task)) = (&part.panicked, tasks.get(&part.partition)) {
                return Err(task.stopped_by(panicked));
            }
        }
        let mut lanes = lanes(tasks, &mut parts, plan)?;
        fork.each(&mut lanes, |lane| lane.pass(plan));
        let lists = lanes.into_iter().flat_map(|lane| lane.events);
        let mut emptied: Vec<_> = lists.map(|(_, events)| events).collect();
        for mut part in parts {
            for list in part.dealer.lists() {
                *list = emptied.pop().unwrap_or_default();
            }
            self.spare.push(part.dealer);
            if let Some(task) = tasks.get_mut(&part.partition) {
                task.fates.join(&mut part.fates);
                task.join()?;
            }
        }
        Ok(())
    }

    /// Divides payloads where there are few of them; the parts of one partition stand
    /// together, in their order.
    fn parts<P, D: Decode<P, Event = E>>(
        &mut self,
        tasks: &mut BTreeMap<Partition, Task<E>>,
        decode: &D,
        mut batches: Vec<Batch<P>>,
        workers: usize,
    ) -> Result<Vec<Part<P, E>>> {
        batches.sort_by(|a, b| a.partition.cmp(&b.partition));
        let each = (PARTS_PER_WORKER * workers).div_ceil(batches.len().max(1));
        let mut parts = Vec::new();
        for Batch {
            partition,
            next,
            time,
            payload,
        } in batches
        {
            let Some(task) = tasks.get_mut(&partition) else {
                continue;
            };
            task.check_open()?;
            let counted = task
                .replay
                .as_ref()
                .map_or(Offset(0), |replay| replay.upto());
            task.advance(next);
            for payload in decode.divide(payload, each) {
                let dealer = self.spare.pop();
                parts.push(Part {
                    partition: partition.clone(),
                    time,
                    payload: Some(payload),
                    counted,
                    dealer: dealer.unwrap_or_else(|| Dealer::new(task.shards.len())),
                    fates: Fates::default(),
                    panicked: None,
                });
            }
        }
        Ok(parts)
    }
}

impl<P, E: Event> Part<P, E> {
    fn decode(&mut self, decode: &impl Decode<P, Event = E>, isolate: bool) {
        if let Some(payload) = self.payload.take() {
            let mut intake = Intake {
                dealer: &mut self.dealer,
                fates: &mut self.fates,
                counted: self.counted,
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

/// The shards of the tasks that have parts, each with its events in the order of the parts.
fn lanes<'a, P, E: Event>(
    tasks: &'a mut BTreeMap<Partition, Task<E>>,
    parts: &mut [Part<P, E>],
    plan: &Plan<E>,
) -> Result<Vec<Lane<'a, E>>> {
    let mut lanes = Vec::new();
    // Both are sorted by partition.
    let mut parts = parts
        .chunk_by_mut(|a, b| a.partition == b.partition)
        .peekable();
    for (partition, task) in tasks {
        let own = |parts: &&mut [Part<P, E>]| parts.iter().all(|part| part.partition == *partition);
        let Some(own) = parts.next_if(own) else {
            continue;
        };
        let lists = own.iter_mut().flat_map(|part| {
            let time = part.time;
            let lists = part.dealer.lists().iter_mut();
            lists.map(move |events| (time, events))
        });
        let sweeps: Arc<[Sweep]> = task.admit(plan, &mut lists.collect::<Vec<_>>())?.into();
        for (place, shard) in task.shards.iter_mut().enumerate() {
            let lists = own.iter_mut().filter_map(|part| {
                let events = part.dealer.lists().get_mut(place)?;
                Some((part.time, std::mem::take(events)))
            });
            lanes.push(Lane {
                shard,
                replay: task.replay.clone(),
                sweeps: Arc::clone(&sweeps),
                events: lists.collect(),
            });
        }
    }
    Ok(lanes)
}
