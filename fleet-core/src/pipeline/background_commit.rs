//! Commits one epoch in a background task while the driver computes the next.

use std::{
    panic::resume_unwind,
    sync::{MutexGuard, PoisonError},
};

use tokio::task::JoinSet;
use tracing::{Instrument, debug_span, instrument::WithSubscriber};

use super::commit::{CommitSide, Lost};
use crate::{
    contracts::checkpoint::{CheckpointStore, Tallies},
    data::{Error, ErrorKind, Partition, Result},
    engine::{committer::CommittedEpoch, task::Piece},
};

/// The commit side: idle, or moved into a background task that commits one epoch.
///
/// Dropping it aborts that task. A restart recomputes whatever was not committed.
pub(super) struct BackgroundCommit<S: CheckpointStore> {
    /// None while a commit runs.
    idle: Option<Box<CommitSide<S>>>,
    /// Holds at most one task.
    running: JoinSet<(Box<CommitSide<S>>, Result<CommittedEpoch>)>,
    lost: Lost,
    /// Partitions that were claimed while a commit ran, with the totals of their sinks.
    assigned: Vec<(Partition, Tallies)>,
}

impl<S: CheckpointStore> BackgroundCommit<S> {
    pub(super) fn new(side: CommitSide<S>) -> Self {
        Self {
            lost: side.lost(),
            idle: Some(Box::new(side)),
            running: JoinSet::new(),
            assigned: Vec::new(),
        }
    }

    /// Returns whether a commit is running.
    pub(super) fn is_running(&self) -> bool {
        self.idle.is_none()
    }

    /// Restores the totals of a partition that was claimed, before its first commit.
    pub(super) fn assign(&mut self, partition: &Partition, tallies: Tallies) {
        self.assigned.push((partition.clone(), tallies));
    }

    /// Starts to commit an epoch. No commit may be running.
    pub(super) fn start(&mut self, epoch: Vec<Piece>) {
        debug_assert!(!self.is_running(), "one epoch at a time");
        if let Some(mut side) = self.idle.take() {
            self.lost_partitions().clear();
            for (partition, tallies) in self.assigned.drain(..) {
                side.assign(&partition, &tallies);
            }
            let commit = async move {
                let committed = side.commit(epoch).await;
                (side, committed)
            };
            let traced = commit.instrument(debug_span!("commit"));
            self.running.spawn(traced.with_current_subscriber());
        }
    }

    /// Waits until the running commit is done; returns at once if there is none. Cancel-safe.
    ///
    /// # Errors
    /// As [`CommitSide::commit`].
    pub(super) async fn wait(&mut self) -> Result<CommittedEpoch> {
        match self.running.join_next().await {
            None => Ok(CommittedEpoch::default()),
            Some(Ok((side, committed))) => {
                self.idle = Some(side);
                committed
            }
            Some(Err(failed)) => match failed.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(ended) => {
                    let message =
                        "the runtime aborted the commit: keep it alive until the run ends";
                    Err(Error::new(ErrorKind::Store, message).because(ended))
                }
            },
        }
    }

    /// Excludes these partitions from the running commit, unless it is too late.
    pub(super) fn exclude(&self, partitions: &[Partition]) {
        if self.is_running() {
            self.lost_partitions().extend_from_slice(partitions);
        }
    }

    fn lost_partitions(&self) -> MutexGuard<'_, Vec<Partition>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
