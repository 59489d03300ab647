//! The commit side of the driver: executes the committer's steps against sinks and store.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Bound, retry::RetryContext};
use crate::{
    contracts::checkpoint::{CheckpointStore, Tallies},
    data::{Partition, Result},
    engine::{
        committer::{CommittedEpoch, Committer, Step},
        task::Piece,
    },
    planted::{Bug, planted},
};

/// Partitions that were lost while an epoch is being committed.
pub(super) type Lost = Arc<Mutex<Vec<Partition>>>;

/// Everything a commit needs: the committer, the store and the sinks.
pub(super) struct CommitSide<S: CheckpointStore> {
    committer: Committer,
    store: S,
    sinks: Vec<Box<dyn Bound<S>>>,
    retry: RetryContext,
    lost: Lost,
}

impl<S: CheckpointStore> CommitSide<S> {
    /// The committer identifies sinks by their index in `sinks`.
    pub(super) fn new(store: S, sinks: Vec<Box<dyn Bound<S>>>, retry: RetryContext) -> Self {
        let known = sinks
            .iter()
            .map(|sink| (Arc::clone(sink.name()), sink.kind()));
        Self {
            committer: Committer::new(known.collect()),
            store,
            sinks,
            retry,
            lost: Lost::default(),
        }
    }

    /// Returns the list to which to add partitions that are lost during a commit.
    pub(super) fn lost(&self) -> Lost {
        Arc::clone(&self.lost)
    }

    /// Restores the totals of a partition that was claimed.
    pub(super) fn assign(&mut self, partition: &Partition, tallies: &Tallies) {
        self.committer.assign(partition, tallies);
    }

    /// Commits an epoch: executes the committer's steps until it is finished.
    ///
    /// # Errors
    /// Returns the error of a sink or of the store if it is not retryable or retries are exhausted.
    pub(super) async fn commit(&mut self, epoch: Vec<Piece>) -> Result<CommittedEpoch> {
        self.committer.open(epoch);
        let mut tx = None;
        let mut attempts = self.retry.attempts();
        // The step that failed. Attempts are counted until it succeeds: the steps that lead back to
        // it, such as a new `Begin`, do not reset the count.
        let mut stuck = None;
        loop {
            if self.forget_lost() {
                self.abort(&mut tx).await;
            }
            let step = self.committer.step();
            let Err(error) = self.execute(step, &mut tx).await else {
                if step == Step::Finished {
                    return Ok(self.committer.finish());
                }
                if stuck.is_none_or(|stuck| stuck == step) {
                    stuck = None;
                    attempts = self.retry.attempts();
                }
                continue;
            };
            stuck.get_or_insert(step);
            let keeps_tx = matches!(step, Step::Publish { .. })
                || planted(Bug::RetryInsideTransaction) && matches!(step, Step::Store { .. });
            if !keeps_tx {
                self.abort(&mut tx).await;
            }
            let error = match (error.position(), self.committer.position(step.piece())) {
                (None, Some((partition, next))) => error.at(partition, next),
                _ => error,
            };
            self.committer.failed();
            let who = self.responsible(step);
            attempts.wait(step.into(), &who, error).await?;
        }
    }

    async fn execute(&mut self, step: Step, tx: &mut Option<S::Tx>) -> Result<()> {
        match step {
            Step::Begin => {
                *tx = Some(self.store.begin().await?);
                self.committer.begun();
            }
            Step::Publish { piece, sink } | Step::Store { piece, sink } => {
                let rows = self.committer.rows(piece, sink);
                let (Some(rows), Some(bound)) = (rows, self.sinks.get_mut(sink)) else {
                    return Ok(());
                };
                let dead = bound.write(tx.as_mut(), rows).await?;
                self.committer.written(dead);
            }
            Step::Commit => {
                // The committer asks for a transaction before it asks for the commit.
                let Some(tx) = tx.take() else { return Ok(()) };
                let answer = self.store.commit(tx, self.committer.seals()).await?;
                self.committer.committed(answer);
            }
            Step::Ask { piece } => {
                let Some((partition, _)) = self.committer.position(piece) else {
                    return Ok(());
                };
                let progress = self.store.progress(partition).await?;
                self.committer.answered(progress.as_ref());
            }
            Step::Finished => {}
        }
        Ok(())
    }

    /// Rolls the open transaction back, if there is one. If that fails, so will the next one, and
    /// it is that failure which is retried.
    async fn abort(&mut self, tx: &mut Option<S::Tx>) {
        if let Some(tx) = tx.take() {
            _ = self.store.abort(tx).await;
        }
    }

    /// Drops the partitions that were lost meanwhile. Returns whether the open transaction must be
    /// rolled back because it may hold their rows.
    fn forget_lost(&mut self) -> bool {
        if matches!(self.committer.step(), Step::Ask { .. }) {
            // The commit may have succeeded. If not, they are dropped before it is sent again.
            return false;
        }
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = std::mem::take(&mut *lost);
        !lost.is_empty() && self.committer.forget(&lost)
    }

    /// Names the component that is responsible for the failure of a step.
    fn responsible(&self, step: Step) -> String {
        match step {
            Step::Publish { sink, .. } | Step::Store { sink, .. } => {
                let name = self.sinks.get(sink).map_or("", |sink| sink.name());
                format!("sink `{name}`")
            }
            _ => "the checkpoint store".to_owned(),
        }
    }
}
