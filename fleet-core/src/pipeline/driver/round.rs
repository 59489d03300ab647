//! Takes batches from the source through their tasks, and decides when the epoch is full.

use std::collections::BTreeMap;

use super::Driver;
use crate::{
    contracts::{
        Decode, Source,
        checkpoint::CheckpointStore,
        source::{Batch, SourceEvent},
    },
    data::{Error, ErrorKind, Offset, Partition, Result},
    engine::task::{CommitKind, ForkJoin, Task, Work},
    event::Event,
    planted::{Bug, planted},
};

/// The most batches per worker that a round takes, if they are ready. Our choice: a file returns
/// batches of 256 KiB, so each worker gets 1 MiB, and the cost of waking it does not show.
const BATCHES_PER_WORKER: usize = 4;

impl<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore> Driver<Src, D, S> {
    /// Takes a batch through its task. With several workers, more batches that are ready join it.
    pub(super) async fn batch(&mut self, batch: Batch<Src::Payload>) -> Result<()> {
        let batches = if self.workers.workers() == 1 {
            vec![batch]
        } else {
            self.gather(batch).await
        };
        self.take(batches)
    }

    /// Takes batches through their tasks.
    pub(super) fn take(&mut self, batches: Vec<Batch<Src::Payload>>) -> Result<()> {
        let batches = self.owned(batches)?;
        if batches.is_empty() {
            return Ok(());
        }
        let before = self.read_so_far();
        let work = by_task(&mut self.tasks, batches);
        self.round
            .run(work, &self.plan, &self.decode, &self.workers)?;
        let read = self.read_so_far() - before;
        self.epoch.rows += read;
        self.read += read;
        self.progressed = true;
        self.epoch.open();
        self.observer
            .computed(&self.tasks, self.waiting(), self.epoch.opened);
        Ok(())
    }

    /// Adds the batches that are ready now to `first`, for a round of all workers.
    async fn gather(&mut self, first: Batch<Src::Payload>) -> Vec<Batch<Src::Payload>> {
        let most = BATCHES_PER_WORKER * self.workers.workers();
        let mut batches = vec![first];
        while batches.len() < most && self.upcoming.is_none() {
            let ready = tokio::select! {
                biased;
                ready = self.source.next() => ready,
                () = std::future::ready(()) => break,
            };
            match ready {
                Ok(SourceEvent::Batch(batch)) => batches.push(batch),
                // Handled at once: the next epoch must not contain them.
                Ok(SourceEvent::Lost(partitions)) => {
                    self.lose(&partitions);
                    batches.retain(|batch| !partitions.contains(&batch.partition));
                }
                other => self.upcoming = Some(other),
            }
        }
        batches
    }

    /// Returns the batches of partitions that have a task, and counts the others: a source that
    /// returns them breaks its contract, and their records are read again by whoever owns them.
    ///
    /// # Errors
    /// Returns an error for a batch of a partition that was never started: nobody would read its
    /// records again.
    fn owned(&mut self, mut batches: Vec<Batch<Src::Payload>>) -> Result<Vec<Batch<Src::Payload>>> {
        for batch in &batches {
            self.refuse_before_start(&batch.partition)?;
        }
        batches.retain(|batch| {
            let is_owned = self.tasks.contains_key(&batch.partition);
            // A start that failed may have had an effect. It is repeated, and so is this batch.
            let mut starting = self.starting.iter();
            let is_repeated = starting.any(|starting| starting.partition == batch.partition);
            if !is_owned && !is_repeated && !planted(Bug::UnownedBatchSwallowed) {
                self.unowned += 1;
                self.observer.unowned(&batch.partition);
            }
            is_owned
        });
        Ok(batches)
    }

    /// Refuses what a source says of a partition that was never started in this run. After an
    /// earlier start it may be late news, and so it may in a group, where another process has it.
    fn refuse_before_start(&mut self, partition: &Partition) -> Result<()> {
        if self.ledger.knows(partition) || self.tasks.contains_key(partition) {
            return Ok(());
        }
        let mut starting = self.starting.iter();
        let starting = starting.find(|starting| starting.partition == *partition);
        if starting.is_some_and(|starting| starting.was_tried) {
            return Ok(());
        }
        let is_assigned = starting.is_some() || self.claims.is_claiming(partition);
        if !is_assigned && self.source.in_group() {
            return Ok(());
        }
        self.source_failed = true;
        let message = if is_assigned {
            "the source did not wait for its start: after `Assigned`, return neither a batch nor \
             an end of the partition until `start` was called with the position to read from, as \
             `fleet_core::source::OnePartition` does"
        } else {
            "the source speaks of a partition that it never assigned: return `Assigned` first, \
             under the same name, and wait for `start`"
        };
        Err(Error::new(ErrorKind::Source, message).at(partition, Offset::default()))
    }

    fn read_so_far(&self) -> u64 {
        self.tasks.values().map(|task| task.counts().read).sum()
    }

    /// Flushes an ended partition.
    pub(super) fn end(&mut self, partition: Partition) -> Result<()> {
        self.refuse_before_start(&partition)?;
        if let Some(task) = self.tasks.get_mut(&partition) {
            self.progressed |= !task.has_ended();
            task.end(&self.plan, &self.workers)?;
            self.epoch.open();
            self.ended.insert(partition);
        }
        Ok(())
    }

    /// Records that a partition gives no more in this run. Its windows stay open for the next.
    pub(super) fn close(&mut self, partition: Partition) -> Result<()> {
        self.refuse_before_start(&partition)?;
        if self.tasks.contains_key(&partition) {
            self.closed.insert(partition);
        }
        Ok(())
    }

    /// Releases the rows of keys that have fallen silent. Their results are committed at once.
    pub(super) fn release_silent(&mut self) -> Result<()> {
        let Some(after) = self.silences.plan() else {
            return Ok(());
        };
        // A row that is held back would be late.
        if self.upcoming.is_some() || !self.paused.is_empty() {
            return Ok(());
        }
        for task in self.tasks.values_mut() {
            task.release_silent(&self.plan, &self.workers, after)?;
        }
        self.close_if_changed();
        self.observer
            .computed(&self.tasks, self.waiting(), self.epoch.opened);
        Ok(())
    }

    /// Closes the epoch, if time has passed without a row and changed anything.
    fn close_if_changed(&mut self) {
        let mut tasks = self.tasks.values();
        if tasks.any(|task| task.has_changed(CommitKind::PositionOnly)) {
            self.progressed = true;
            self.epoch.closing = true;
            self.epoch.open();
        }
    }

    /// Advances the clocks of silent keys, if a tick is due. Its results are committed at once,
    /// together with its time.
    pub(super) fn tick(&mut self) -> Result<()> {
        if self.upcoming.is_some() {
            return Ok(());
        }
        let Some(floor) = self.ticker.floor() else {
            return Ok(());
        };
        for task in self.tasks.values_mut() {
            task.tick(&self.plan, &self.workers, floor)?;
        }
        self.close_if_changed();
        Ok(())
    }

    /// Returns how many results wait for a commit, and how many bytes they take.
    pub(super) fn waiting(&self) -> (usize, usize) {
        let waiting = self.tasks.values().map(Task::waiting);
        waiting.fold((0, 0), |(a, b), (c, d)| (a + c, b + d))
    }

    /// Returns whether the open epoch has reached a limit.
    pub(super) fn is_full(&self) -> bool {
        let (results, bytes) = self.waiting();
        // A hand-over may have sealed everything.
        let is_open = self.epoch.opened.is_some();
        let limits = &self.limits;
        is_open
            && (self.epoch.rows >= limits.records
                || results >= limits.results
                || bytes >= limits.bytes)
    }
}

/// Groups batches by task. Each has one.
fn by_task<E: Event, P>(
    tasks: &mut BTreeMap<Partition, Task<E>>,
    mut batches: Vec<Batch<P>>,
) -> Vec<Work<'_, E, P>> {
    if let [batch] = batches.as_slice() {
        let task = tasks.get_mut(&batch.partition);
        return task.map(|task| (task, batches)).into_iter().collect();
    }
    let mut work = Vec::new();
    for (partition, task) in tasks {
        let own: Vec<_> = batches
            .extract_if(.., |batch| batch.partition == *partition)
            .collect();
        if !own.is_empty() {
            work.push((task, own));
        }
    }
    work
}
