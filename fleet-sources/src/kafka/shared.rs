//! What the thread that polls and the source share: events, partitions and their batches.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use fleet_core::{
    Error, Offset, Partition,
    source::{Batch, RevokeGuard, SourceEvent},
};
use rdkafka::consumer::ConsumerGroupMetadata;
use tokio::sync::Notify;

use super::{error::KafkaError, lag::Uncommitted, records::KafkaRecords};

/// A topic and the number of one of its partitions.
pub(super) type Place = (Arc<str>, i32);

/// The name of a partition in a store: `kafka:TOPIC/NUMBER`.
pub(super) fn name(place: &Place) -> Partition {
    Partition::from(format!("kafka:{}/{}", place.0, place.1).as_str())
}

/// How far the pipeline is with a partition that the group gave us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The store is asked where to begin.
    Claiming,
    /// Its records are read.
    Reading,
    /// It is being handed over.
    Leaving,
}

/// What brokers check of a commit: the member, and since which rebalance.
#[derive(Clone)]
pub(super) struct Fence(Arc<ConsumerGroupMetadata>);

impl Fence {
    pub(super) fn new(metadata: ConsumerGroupMetadata) -> Self {
        Self(Arc::new(metadata))
    }
}

impl fmt::Debug for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fence")
    }
}

/// A partition of ours.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent of each other"
)]
pub(super) struct Part {
    pub(super) name: Partition,
    /// How often partitions were given to us before: a partition that was lost comes again with
    /// another number.
    generation: u64,
    pub(super) phase: Phase,
    /// What brokers check of a commit, as of the last rebalance that left it here.
    fence: Option<Fence>,
    pub(super) paused: bool,
    /// What waits for the pipeline, and its bytes.
    batches: VecDeque<(KafkaRecords, u64)>,
    pub(super) waiting_bytes: usize,
    pub(super) uncommitted: Uncommitted,
    /// The position that the store has and the group was not told.
    untold: Option<u64>,
    /// The offset after the last record that was read here.
    pub(super) next: u64,
    /// Whether nothing followed when it was last asked.
    pub(super) at_end: bool,
    /// The end as the brokers told it last.
    pub(super) end: u64,
    /// How much an open transaction keeps from its readers.
    pub(super) held_back: u64,
    /// How many partitions of the topic are read.
    pub(super) known: i32,
    /// Whether what follows cannot be read.
    pub(super) is_broken: bool,
    /// Whether its broker was there when it was last asked: otherwise nobody knows where it ends.
    pub(super) is_followed: bool,
}

/// A partition that is to begin, as it was given to us.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub(super) place: Place,
    generation: u64,
}

/// A hand-over that waits for the pipeline.
#[derive(Debug)]
pub(super) struct Leaving {
    pub(super) places: Vec<Place>,
    pub(super) released: Arc<AtomicBool>,
    pub(super) deadline: std::time::Instant,
}

/// What both sides change.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) parts: BTreeMap<Place, Part>,
    events: VecDeque<SourceEvent<KafkaRecords>>,
    /// Partitions whose queues the thread has to open.
    pub(super) new: Vec<Place>,
    pub(super) leaving: Vec<Leaving>,
    pub(super) error: Option<Error>,
    /// Whether that was reported already, since the last record.
    told_idle: bool,
    /// How often partitions were given to us.
    generations: u64,
    /// The partition after which the next batch is looked for, so that each has its turn.
    turn: Option<Place>,
}

/// The state, and how each side wakes the other.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Wakes the source.
    pub(super) changed: Notify,
    wanted: Mutex<bool>,
    wake: Condvar,
    pub(super) stops: AtomicBool,
    /// Whether the store tells the group positions, so that the source must not.
    pub(super) store_tells: AtomicBool,
    /// How often the thread has looked at all partitions.
    pub(super) rounds: AtomicU64,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the thread.
    pub(super) fn wake(&self) {
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.wake.notify_one();
    }

    /// Waits until the thread is woken, or for this long.
    pub(super) fn wait(&self, at_most: Duration) {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .wake
            .wait_timeout_while(wanted, at_most, |wanted| !*wanted);
        *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
    }

    pub(super) fn fail(&self, error: Error) {
        self.lock().error.get_or_insert(error);
        self.changed.notify_one();
    }

    /// Takes partitions that the group gave us, and what brokers check of them from now on.
    pub(super) fn assigned(&self, places: Vec<Place>, fence: Option<&Fence>) {
        let mut state = self.lock();
        state.generations += 1;
        let generation = state.generations;
        let mut names = Vec::new();
        for place in places {
            let part = Part::new(name(&place), generation);
            names.push(part.name.clone());
            state.new.push(place.clone());
            state.parts.insert(place, part);
        }
        // Those that stay have another generation of the group, too.
        state.renew(fence);
        state.events.push_back(SourceEvent::Assigned(names));
        drop(state);
        self.changed.notify_one();
    }

    /// Renews what brokers check of the partitions that are here.
    pub(super) fn renew(&self, fence: Option<&Fence>) {
        self.lock().renew(fence);
    }

    /// Begins to hand partitions over. The thread completes it when the pipeline has let them go.
    pub(super) fn leave(self: &Arc<Self>, places: Vec<Place>, within: Duration) {
        let released = Arc::new(AtomicBool::new(false));
        let mut state = self.lock();
        let mut partitions = Vec::new();
        for place in &places {
            if let Some(part) = state.parts.get_mut(place) {
                part.stop(Phase::Leaving);
                partitions.push(part.name.clone());
            }
        }
        let (done, shared) = (Arc::clone(&released), Arc::clone(self));
        let done = RevokeGuard::new(move || {
            done.store(true, Ordering::SeqCst);
            shared.wake();
        });
        state.leaving.push(Leaving {
            places,
            released,
            deadline: now() + within,
        });
        state.events.push_back(SourceEvent::Revoking {
            partitions,
            within,
            done,
        });
        drop(state);
        self.changed.notify_one();
    }

    /// Forgets partitions that another process has already.
    pub(super) fn lost(&self, places: &[Place]) {
        let mut state = self.lock();
        let removed = places.iter().filter_map(|place| state.parts.remove(place));
        let names: Vec<_> = removed.map(|part| part.name).collect();
        state.events.push_back(SourceEvent::Lost(names));
        drop(state);
        self.changed.notify_one();
    }

    /// A partition of ours is not where we were: it is claimed and begun again, as if it were new.
    pub(super) fn begin_again(&self, place: &Place) {
        let mut state = self.lock();
        if let Some(part) = state.parts.get_mut(place)
            && part.phase == Phase::Reading
        {
            part.stop(Phase::Claiming);
            let names = vec![part.name.clone()];
            state.events.push_back(SourceEvent::Lost(names.clone()));
            state.events.push_back(SourceEvent::Assigned(names));
        }
        drop(state);
        self.changed.notify_one();
    }

    /// The next records of a partition cannot be read, which ends the run behind those before.
    pub(super) fn unreadable(&self, place: &Place, why: &'static str) {
        let mut state = self.lock();
        if let Some(part) = state.parts.get_mut(place)
            && part.phase == Phase::Reading
        {
            part.is_broken = true;
            let error = KafkaError::Unreadable {
                partition: part.name.to_string(),
                offset: part.next,
                why,
            };
            state.error.get_or_insert_with(|| error.into());
        }
        drop(state);
        self.changed.notify_one();
    }

    /// A partition of ours that is to begin: nothing more of it is read until then. `None` if it
    /// was lost meanwhile, or goes to another member.
    pub(super) fn claim(&self, partition: &Partition) -> Option<Claimed> {
        let mut state = self.lock();
        let mut parts = state.parts.iter_mut();
        let (place, part) = parts.find(|(_, part)| part.name == *partition)?;
        if part.phase == Phase::Leaving {
            return None;
        }
        part.stop(Phase::Claiming);
        Some(Claimed {
            place: place.clone(),
            generation: part.generation,
        })
    }

    /// The partition, if it is still the one that was claimed.
    pub(super) fn is_claimed(&self, claimed: &Claimed) -> bool {
        !self.stops.load(Ordering::SeqCst) && self.lock().claimed(claimed).is_some()
    }

    /// The pipeline was fenced for a partition: it is claimed again if it is still ours.
    pub(super) fn fenced(&self, partition: &Partition) {
        let mut state = self.lock();
        let ours = state.part(partition).map(|part| {
            let leaves = part.phase == Phase::Leaving;
            part.stop(if leaves {
                Phase::Leaving
            } else {
                Phase::Claiming
            });
            leaves
        });
        let names = vec![partition.clone()];
        match ours {
            Some(false) => state.events.push_back(SourceEvent::Assigned(names)),
            // It is on its way to another member.
            Some(true) => {}
            None => state.events.push_back(SourceEvent::Lost(names)),
        }
        drop(state);
        self.changed.notify_one();
    }
}

#[expect(clippy::disallowed_methods, reason = "a hand-over has a real deadline")]
pub(super) fn now() -> std::time::Instant {
    std::time::Instant::now()
}

impl Part {
    fn new(name: Partition, generation: u64) -> Self {
        Self {
            name,
            generation,
            phase: Phase::Claiming,
            fence: None,
            paused: false,
            batches: VecDeque::new(),
            waiting_bytes: 0,
            uncommitted: Uncommitted::default(),
            untold: None,
            next: 0,
            at_end: false,
            end: 0,
            held_back: 0,
            known: 0,
            is_broken: false,
            is_followed: true,
        }
    }

    /// Drops what waits, and reads no further.
    fn stop(&mut self, phase: Phase) {
        self.phase = phase;
        self.batches.clear();
        self.waiting_bytes = 0;
        self.uncommitted.clear();
        self.at_end = false;
    }

    /// Begins to read at an offset, while the partition ends at `end`.
    pub(super) fn begin(&mut self, at: u64, end: u64) {
        self.stop(Phase::Reading);
        self.is_broken = false;
        self.next = at;
        self.end = self.end.max(end);
        // The client says so only once for each end, and it may have stood there before.
        self.at_end = at >= end;
    }

    /// Notes where the brokers say that the partition ends, and up to where it can be read.
    pub(super) fn ends_at(&mut self, end: u64, stable: u64) {
        self.end = self.end.max(end);
        let records = end.saturating_sub(stable);
        if records > 0 && self.held_back == 0 {
            tracing::warn!(partition = %self.name, records, "an open transaction holds readers back");
        }
        self.held_back = records;
    }

    /// Notes that the store has everything before an offset.
    pub(super) fn committed(&mut self, upto: u64) {
        self.uncommitted.committed(upto);
        self.untold = Some(upto);
    }

    /// What brokers check of a commit, and the number of the assignment.
    pub(super) fn fence(&self) -> Option<(Arc<ConsumerGroupMetadata>, u64)> {
        Some((Arc::clone(&self.fence.as_ref()?.0), self.generation))
    }

    /// Takes the position that the group is to be told.
    pub(super) fn take_untold(&mut self) -> Option<u64> {
        self.untold.take()
    }

    /// Adds what was read.
    pub(super) fn push(&mut self, records: KafkaRecords, bytes: usize) {
        self.waiting_bytes += bytes;
        self.uncommitted.read(&records, self.next);
        self.batches.push_back((records, self.next));
    }
}

impl State {
    fn renew(&mut self, fence: Option<&Fence>) {
        for part in self.parts.values_mut() {
            part.fence = fence.cloned();
        }
    }

    pub(super) fn part(&mut self, partition: &Partition) -> Option<&mut Part> {
        self.parts.values_mut().find(|part| part.name == *partition)
    }

    /// The partition, if it is still the one that was claimed.
    pub(super) fn claimed(&mut self, claimed: &Claimed) -> Option<&mut Part> {
        let part = self.parts.get_mut(&claimed.place)?;
        let is_ours = part.phase == Phase::Claiming && part.generation == claimed.generation;
        is_ours.then_some(part)
    }

    /// Notes that records came.
    pub(super) fn is_busy(&mut self) {
        self.told_idle = false;
    }

    /// Takes the error, behind events and behind what was read before it. What follows does not
    /// matter: others may be busy for ever.
    pub(super) fn take_error(&mut self) -> Option<Error> {
        let is_read = |part: &Part| !part.is_broken || part.batches.is_empty();
        let is_due = self.events.is_empty() && self.parts.values().all(is_read);
        self.error.take_if(|_| is_due)
    }

    /// Takes the next event or batch, if there is one.
    pub(super) fn take(&mut self) -> Option<SourceEvent<KafkaRecords>> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        if let Some(batch) = self.take_batch() {
            return Some(SourceEvent::Batch(batch));
        }
        let mut reading = self
            .parts
            .values()
            .filter(|part| part.phase == Phase::Reading);
        let quiet = |part: &Part| part.at_end && part.batches.is_empty();
        let all = reading.clone().next().is_some() && reading.all(quiet);
        if all && !std::mem::replace(&mut self.told_idle, true) {
            return Some(SourceEvent::Idle);
        }
        None
    }

    fn take_batch(&mut self) -> Option<Batch<KafkaRecords>> {
        let ready = |(_, part): &(&Place, &mut Part)| {
            part.phase == Phase::Reading && !part.paused && !part.batches.is_empty()
        };
        let after = self.turn.take();
        let behind = |place: &Place| after.as_ref().is_some_and(|turn| place <= turn);
        let mut found = self.parts.iter_mut().filter(ready);
        let mut first = None;
        let chosen = loop {
            match found.next() {
                Some((place, part)) if !behind(place) => break Some((place, part)),
                Some(other) => _ = first.get_or_insert(other),
                None => break first,
            }
        };
        let (place, part) = chosen?;
        self.turn = Some(place.clone());
        let (records, next) = part.batches.pop_front()?;
        part.waiting_bytes = part.waiting_bytes.saturating_sub(records.weight());
        Some(Batch::new(part.name.clone(), Offset(next), records))
    }
}
