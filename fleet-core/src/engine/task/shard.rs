//! One shard of a partition: a processor, its results, and its recovery from panics.

use super::{
    Plan, Replay,
    isolation::{Isolation, Savepoint},
    panics::Panicked,
    piece::{CommitKind, ShardPiece},
    processor::Processor,
    recovery::{Interrupted, recover},
    results::{Emission, Results},
    time_to_live::{Sweep, split_before},
};
use crate::{
    contracts::{
        Decode,
        checkpoint::{Fates, Saved},
    },
    data::EventTime,
    engine::{
        entries::SnapshotEntry,
        graph::{Meter, Node},
        order::Silent,
    },
    event::Event,
    rows::Events,
};

/// A share of the keys of a partition. Shards share nothing.
pub(super) struct Shard<E: Event> {
    processor: Processor<E>,
    results: Results,
    /// Only if panics are isolated.
    isolation: Option<Isolation<E>>,
    /// The panic after which its state must not be used any more.
    panicked: Option<Panicked>,
    /// It goes on from states of an earlier structure, and the replay after them is not over.
    resuming: bool,
}

impl<E: Event> Shard<E> {
    pub(super) fn new(plan: &Plan<E>) -> Self {
        Self {
            processor: Processor::new(plan),
            results: Results::new(plan),
            isolation: plan.isolate.then(Isolation::new),
            panicked: None,
            resuming: false,
        }
    }

    /// Announces states that were saved under these descriptions of the nodes, where they are not
    /// the current ones.
    pub(super) fn resume(&mut self, earlier: &[Option<&str>]) {
        self.processor.resume(earlier);
    }

    /// Ends what [`resume`](Self::resume) began: all states are restored, and a replay may follow.
    pub(super) fn resumed(&mut self, replays: bool) {
        self.resuming = replays;
        self.processor.resumed();
        // A recovery would take the entries of the store for current ones.
        self.rebase();
    }

    /// Ends the replay, before the first event after it.
    pub(super) fn end_replay(&mut self) {
        if std::mem::take(&mut self.resuming) {
            self.processor.end_replay();
            self.rebase();
        }
    }

    /// Restores one entry of its keys. Returns `None` if it cannot be read.
    pub(super) fn restore(
        &mut self,
        entry: &SnapshotEntry<'_>,
        saved: &Saved,
        ended: bool,
    ) -> Option<()> {
        if let Some(isolation) = &mut self.isolation {
            isolation.restore(entry, saved);
        }
        self.processor.restore(entry, saved, ended)
    }

    /// Restores the clocks to the last tick before a restart.
    pub(super) fn restore_floor(&mut self, floor: EventTime) {
        self.processor.restore_floor(floor);
    }

    /// Returns the newest time of a key.
    pub(super) fn newest(&self, key: &str) -> Option<EventTime> {
        self.processor.newest(key)
    }

    /// Returns the nodes, in the order in which they were built.
    pub(super) fn nodes(&self) -> &[(Box<dyn Node>, Meter)] {
        self.processor.nodes()
    }

    /// Decodes a payload in place and takes its rows through the graph. Only for a single shard
    /// without isolation of panics.
    pub(super) fn take_payload<P, D: Decode<P, Event = E>>(
        &mut self,
        plan: &Plan<E>,
        decode: &D,
        timed: (Option<EventTime>, P),
    ) {
        let results = &mut self.results;
        if let Err(panicked) = self.processor.run_payload(plan, decode, timed, results) {
            self.panicked = Some(panicked);
        }
    }

    /// Takes events of its keys through the graph, from lists in input order.
    pub(super) fn take(
        &mut self,
        plan: &Plan<E>,
        lists: &mut [Events<E>],
        replay: Option<&Replay>,
        sweeps: &[Sweep],
    ) {
        // A recovery drops the fates of the step that panicked, but not those of earlier steps.
        let mut fates = Fates::default();
        for sweep in sweeps {
            let mut before = split_before(lists, sweep.at);
            self.take_some(plan, &mut before, replay);
            fates.join(&mut self.results.fates);
            if self.panicked.is_some() {
                return;
            }
            let is_replay = replay.is_some_and(|replay| sweep.at < replay.upto());
            if !is_replay {
                self.end_replay();
            }
            self.sweep(plan, sweep.horizon, Emission::discard_if(is_replay));
            fates.join(&mut self.results.fates);
            if self.panicked.is_some() {
                return;
            }
        }
        self.take_some(plan, lists, replay);
        fates.join(&mut self.results.fates);
        self.results.fates = fates;
    }

    fn take_some(&mut self, plan: &Plan<E>, lists: &mut [Events<E>], replay: Option<&Replay>) {
        let split = |replay: &Replay| {
            let lists = lists.iter_mut();
            lists.map(|events| replay.take(events)).collect()
        };
        let mut replayed: Vec<_> = replay.map(split).unwrap_or_default();
        if self.resuming {
            // Two steps, so that no recovery takes back what the end of the replay changes.
            self.take_part(plan, &mut replayed, &mut [], replay);
            if self.panicked.is_some() || lists.iter().all(|events| events.is_empty()) {
                return;
            }
            self.end_replay();
            replayed.clear();
        }
        self.take_part(plan, &mut replayed, lists, replay);
    }

    fn take_part(
        &mut self,
        plan: &Plan<E>,
        replayed: &mut [Events<E>],
        lists: &mut [Events<E>],
        replay: Option<&Replay>,
    ) {
        let savepoint = self.savepoint([replayed, lists]);
        if let Err(panicked) = self.try_take(plan, replayed, lists) {
            // The events after the panic are still in their lists.
            lists.iter_mut().for_each(Events::clear);
            self.recover(plan, savepoint, Interrupted::Events(replay), panicked);
        }
    }

    fn try_take(
        &mut self,
        plan: &Plan<E>,
        replayed: &mut [Events<E>],
        lists: &mut [Events<E>],
    ) -> Result<(), Panicked> {
        let (processor, results) = (&mut self.processor, &mut self.results);
        if !replayed.is_empty() {
            processor.run(plan, replayed, results, Emission::Discard, None)?;
        }
        processor.run(plan, lists, results, Emission::Emit, None)
    }

    /// Advances the clocks of keys without a newer row to `floor`. Returns whether any clock moved.
    pub(super) fn tick(&mut self, plan: &Plan<E>, floor: EventTime) -> bool {
        let savepoint = self.savepoint([&[], &[]]);
        let moves = self.processor.raise(floor);
        if moves && let Err(panicked) = self.pass(plan, Emission::Emit) {
            self.recover(plan, savepoint, Interrupted::Tick(floor), panicked);
        } else {
            self.rebase();
        }
        moves
    }

    /// Releases the rows of keys that have been silent for so long. Returns whether there
    /// were any.
    pub(super) fn release_silent(&mut self, plan: &Plan<E>, after: Silent) -> bool {
        if self.processor.held() == 0 {
            return false;
        }
        let silent = self.processor.silent_for(after);
        if silent.is_empty() {
            return false;
        }
        let savepoint = self.savepoint([&[], &[]]);
        let named: Vec<_> = match &savepoint {
            Some(_) => self.processor.named(&silent),
            None => Vec::new(),
        };
        for (id, to) in silent {
            self.processor.advance_key(id, to);
        }
        if let Err(panicked) = self.pass(plan, Emission::Emit) {
            self.recover(plan, savepoint, Interrupted::Release(&named), panicked);
        } else {
            self.rebase();
        }
        true
    }

    /// Returns how many rows wait in the order buffer.
    pub(super) fn held(&self) -> usize {
        self.processor.held()
    }

    /// Returns the time of the oldest row that waits in the order buffer.
    pub(super) fn oldest_held(&self) -> Option<EventTime> {
        self.processor.oldest_held()
    }

    /// Ends the input, which flushes every row, window and timer.
    pub(super) fn end(&mut self, plan: &Plan<E>) {
        let savepoint = self.savepoint([&[], &[]]);
        self.processor.end();
        if let Err(panicked) = self.pass(plan, Emission::Emit) {
            self.recover(plan, savepoint, Interrupted::End, panicked);
        }
    }

    /// Ends the keys that have been silent since `horizon`, as the end of the input would, and
    /// forgets them.
    fn sweep(&mut self, plan: &Plan<E>, horizon: EventTime, emission: Emission) {
        let silent = self.processor.silent_since(horizon);
        if silent.is_empty() {
            return;
        }
        let savepoint = self.savepoint([&[], &[]]);
        for id in silent {
            self.processor.end_key(id);
        }
        if let Err(panicked) = self.pass(plan, emission) {
            let interrupted = Interrupted::Sweep(horizon, emission);
            self.recover(plan, savepoint, interrupted, panicked);
            if self.panicked.is_some() {
                return;
            }
        }
        let silent = self.processor.silent_since(horizon);
        let forgotten = self.processor.forget(silent);
        if emission == Emission::Emit {
            self.results.forgotten += forgotten;
        }
        self.rebase();
    }

    fn pass(&mut self, plan: &Plan<E>, emission: Emission) -> Result<(), Panicked> {
        self.processor.pass(plan, &mut self.results, emission, None)
    }

    /// Returns a savepoint before the events that it takes next, if panics are isolated.
    fn savepoint(&mut self, next: [&[Events<E>]; 2]) -> Option<Savepoint> {
        let isolation = self.isolation.as_mut()?;
        Some(isolation.savepoint(&self.results, next))
    }

    /// Rolls back to the savepoint, if there is one, and repeats what a panic interrupted.
    fn recover(
        &mut self,
        plan: &Plan<E>,
        savepoint: Option<Savepoint>,
        interrupted: Interrupted<'_>,
        panicked: Panicked,
    ) {
        let (processor, results) = (&mut self.processor, &mut self.results);
        processor.abandon_pass();
        // The task has taken all earlier fates, after the last turn.
        results.fates = Fates::default();
        let recovered = match (&mut self.isolation, savepoint) {
            (Some(isolation), Some(savepoint)) => {
                savepoint.reset(results);
                let taken = isolation.take_after(&savepoint);
                recover(plan, processor, results, isolation, taken, interrupted)
            }
            _ => Err(panicked),
        };
        self.panicked = recovered.err();
        if self.panicked.is_none() {
            self.processor.free_unused_places();
            // The next panic has less to repeat.
            self.rebase();
        }
    }

    /// Makes the current state the base of the next recovery, if panics are isolated.
    fn rebase(&mut self) {
        let Some(isolation) = &mut self.isolation else {
            return;
        };
        match self.processor.save_changed() {
            Ok(changed) => isolation.rebase(&changed),
            Err(panicked) => self.panicked = Some(panicked),
        }
    }

    /// Returns the number of rows that wait for a commit, and their bytes.
    pub(super) fn waiting(&self) -> (usize, usize) {
        self.results.waiting()
    }

    /// Moves the fates since the last call into those of the task.
    pub(super) fn give_fates(&mut self, to: &mut Fates) {
        to.join(&mut self.results.fates);
        to.counts.accepted -= std::mem::take(&mut self.results.retracted);
    }

    /// Takes the panic after which its state must not be used any more.
    pub(super) fn take_panic(&mut self) -> Option<Panicked> {
        self.panicked.take()
    }

    /// Hands over everything since the last seal. The piece is invalid if the shard
    /// [panicked](Self::take_panic).
    pub(super) fn seal(&mut self, plan: &Plan<E>, kind: CommitKind) -> ShardPiece {
        self.rebase();
        let saved = match (kind, &mut self.isolation) {
            (CommitKind::PositionOnly, _) => Vec::new(),
            (CommitKind::Snapshot, Some(isolation)) => isolation.take_unsaved(),
            (CommitKind::Snapshot, None) => {
                self.processor.save_changed().unwrap_or_else(|panicked| {
                    self.panicked = Some(panicked);
                    Vec::new()
                })
            }
        };
        ShardPiece {
            saved,
            outputs: self.results.take_outputs(plan),
            tallies: std::mem::take(&mut self.results.tallies),
            keys: self.processor.key_count(),
            forgotten: std::mem::take(&mut self.results.forgotten),
            work: self.processor.take_work(),
        }
    }
}
