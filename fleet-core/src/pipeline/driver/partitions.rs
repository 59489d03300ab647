//! Changes of ownership: partitions are claimed and restored, handed over, or lost.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{
    super::{
        claims::{Claimed, Restored},
        observe::{Input, RetriedOperation},
        retry::Attempts,
    },
    Driver, Polled,
};
use crate::{
    contracts::{
        Decode, Source,
        checkpoint::{CheckpointStore, Claim},
        source::{RevokeGuard, SourceEvent, SourceKind},
    },
    data::{Error, ErrorKind, Offset, Partition, Result},
    engine::task::{CommitKind, Task},
    event::Event,
};

/// A restored partition that the source has not started.
pub(super) struct Starting<E: Event> {
    pub(super) partition: Partition,
    claim: Claim,
    task: Task<E>,
    /// When to start it. Later than now after a failure.
    pub(super) due: Instant,
    /// Whether a start has failed. It may have had an effect.
    pub(super) was_tried: bool,
    attempts: Attempts,
}

impl<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore> Driver<Src, D, S> {
    /// Begins to claim and restore each partition, while others are computed and committed. Those
    /// that are on their way or started already go on.
    pub(super) fn assign(&mut self, mut partitions: Vec<Partition>) {
        partitions.retain(|partition| {
            let mut starting = self.starting.iter();
            let is_known = self.tasks.contains_key(partition)
                || self.claims.is_claiming(partition)
                || starting.any(|starting| starting.partition == *partition);
            !is_known
        });
        self.observer.claiming(&partitions);
        for partition in partitions {
            self.undecided.remove(&partition);
            self.claims.add(partition);
        }
    }

    /// Takes a partition that was claimed and restored. It is started next.
    ///
    /// # Errors
    /// Returns the error of its claim, or refuses a partition of a live source that ended in an
    /// earlier run: whatever came next would be late.
    pub(super) fn restored(&mut self, claimed: Claimed<D::Event>) -> Result<()> {
        let Claimed {
            partition,
            restored,
        } = claimed;
        let Restored { claim, task } = restored?;
        if claim.ended && self.kind == SourceKind::Live {
            let message = "this input ended in an earlier run, which closed all its windows, so \
                           nothing can be added: give the partition of the live source another \
                           name, or start afresh";
            let at = claim.next.unwrap_or_default();
            return Err(Error::new(ErrorKind::Grown, message).at(&partition, at));
        }
        self.starting.push_back(Starting {
            partition,
            claim,
            task,
            due: Instant::now(),
            was_tried: false,
            attempts: self.retry.attempts(),
        });
        Ok(())
    }

    /// Starts the partition that is due.
    ///
    /// # Errors
    /// Returns the error of the source if it is not retryable or retries are exhausted.
    pub(super) async fn start(&mut self) -> Result<()> {
        // One that failed before waits without holding up the others.
        let due = (0..)
            .zip(&self.starting)
            .min_by_key(|(_, starting)| starting.due);
        let place = due.map(|(place, _)| place);
        let Some(mut starting) = place.and_then(|place| self.starting.remove(place)) else {
            return Ok(());
        };
        let (partition, at) = (starting.partition.clone(), starting.task.start());
        self.drop_held_batch(&partition);
        if let Err(error) = self.source.start(&partition, at.as_ref()).await {
            let who = RetriedOperation::Start.of(&partition);
            let delay = starting
                .attempts
                .delay(RetriedOperation::Start, &who, error);
            let delay = delay.inspect_err(|_| self.source_failed = true)?;
            starting.due = Instant::now() + delay;
            starting.was_tried = true;
            self.starting.push_back(starting);
            return Ok(());
        }
        if self.left_paused.remove(&partition) {
            self.source.resume(&partition);
        }
        let Starting { claim, task, .. } = starting;
        let mark = task.position().mark;
        self.observer.claimed(&partition, &claim, mark.as_ref());
        self.ledger.claimed(&partition, &claim, mark);
        self.commit.assign(&partition, claim.tallies);
        self.tasks.insert(partition.clone(), task);
        let input = self.input(&partition, at.as_ref().map(|at| at.next));
        self.observer.assigned(&partition, at, input);
        self.observer
            .computed(&self.tasks, self.waiting(), self.epoch.opened);
        Ok(())
    }

    /// Commits the partitions that move to another process, if there is time, and releases them.
    pub(super) async fn revoke(
        &mut self,
        partitions: &[Partition],
        within: Duration,
        done: RevokeGuard,
    ) -> Result<()> {
        // Nothing of a partition that is not restored yet has to be committed.
        self.abandon(partitions);
        self.leaving = partitions.to_vec();
        let committed = timeout(within, async {
            let mut fenced = self.finish_commit().await?;
            // Seal only the partitions that move.
            self.seal(|name| partitions.contains(name), CommitKind::Snapshot)?;
            fenced.extend(self.finish_commit().await?);
            Ok(fenced)
        });
        let committed = committed.await;
        self.leaving.clear();
        let mut fenced = committed.unwrap_or_else(|_| Ok(Vec::new()))?;
        // What the next owner has claimed already is released as well.
        fenced.retain(|(partition, _)| !partitions.contains(partition));
        // If time ran out, the next owner recomputes what is not committed, and the fence refuses
        // our commit. The partitions that stay here lose nothing.
        self.forget(partitions);
        self.observer.revoked(partitions);
        drop(done);
        self.stop_if_fenced_out(&fenced)
    }

    /// Asks the source about a partition, which is committed up to this offset.
    pub(super) fn input(&self, partition: &Partition, committed: Option<Offset>) -> Input {
        Input {
            end: self.source.end(partition),
            ends: self.source.ends(partition),
            lag_time: self.source.lag_time(partition, committed),
        }
    }

    /// Forgets that a partition is paused, until it comes back.
    pub(super) fn leave(&mut self, partition: &Partition) {
        if self.paused.remove(partition) {
            self.left_paused.insert(partition.clone());
        }
    }

    /// Discards everything about partitions that already belong to another process.
    pub(super) fn lose(&mut self, partitions: &[Partition]) {
        self.forget(partitions);
        self.observer.lost(partitions);
    }

    /// Gives up the partitions that are claimed, restored or about to be started.
    fn abandon(&mut self, partitions: &[Partition]) {
        self.claims.give_up(partitions);
        self.starting
            .retain(|starting| !partitions.contains(&starting.partition));
    }

    /// Drops a batch of this partition that is held back: its task is gone, or an earlier start had
    /// an effect although it failed. The source reads it again from where it is started.
    pub(super) fn drop_held_batch(&mut self, partition: &Partition) {
        let is_held = |event: &Polled<Src>| match event {
            Ok(SourceEvent::Batch(batch)) => batch.partition == *partition,
            _ => false,
        };
        self.upcoming = self.upcoming.take().filter(|event| !is_held(event));
    }

    fn forget(&mut self, partitions: &[Partition]) {
        self.abandon(partitions);
        self.commit.exclude(partitions);
        for partition in partitions {
            self.tasks.remove(partition);
            self.undecided.remove(partition);
            self.ended.remove(partition);
            self.closed.remove(partition);
            self.leave(partition);
        }
        self.acknowledge
            .retain(|(partition, _)| !partitions.contains(partition));
    }
}
