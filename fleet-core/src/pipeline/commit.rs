use std::sync::{Arc, Mutex, PoisonError};

use super::{Bound, observe::Stage, retry::Patience};
use crate::{
    contracts::checkpoint::{CheckpointStore, Claim},
    data::{Partition, Result},
    engine::{
        committer::{Committer, Landed, Step},
        task::Piece,
    },
    planted::{Bug, planted},
};

/// Partitions that were lost while an epoch is on its way.
pub(super) type Lost = Arc<Mutex<Vec<Partition>>>;

/// All that a commit needs: the committer, the store and the sinks.
pub(super) struct CommitSide<S: CheckpointStore> {
    committer: Committer,
    store: S,
    sinks: Vec<Box<dyn Bound<S>>>,
    patience: Patience,
    lost: Lost,
}

impl<S: CheckpointStore> CommitSide<S> {
    /// Sinks in the order in which the committer knows them.
    pub(super) fn new(store: S, sinks: Vec<Box<dyn Bound<S>>>, patience: Patience) -> Self {
        let known = sinks
            .iter()
            .map(|sink| (Arc::clone(sink.name()), sink.way()));
        Self {
            committer: Committer::new(known.collect()),
            store,
            sinks,
            patience,
            lost: Lost::default(),
        }
    }

    /// Where to tell it of partitions that are lost while it commits.
    pub(super) fn lost(&self) -> Lost {
        Arc::clone(&self.lost)
    }

    /// Takes a partition over.
    ///
    /// # Errors
    /// The store's, when retrying does not help.
    pub(super) async fn claim(&mut self, partition: &Partition) -> Result<Claim> {
        let mut tries = self.patience.tries();
        let claim = loop {
            match self.store.claim(partition).await {
                Ok(claim) => break claim,
                Err(fault) => {
                    let who = format!("the claim of partition {partition}");
                    tries.again(Stage::Claim, &who, fault).await?;
                }
            }
        };
        self.committer.assign(partition, &claim.tallies);
        Ok(claim)
    }

    /// Commits an epoch: does what the committer says until it is closed.
    ///
    /// # Errors
    /// That of a sink or of the store, when retrying does not help.
    pub(super) async fn commit(&mut self, epoch: Vec<Piece>) -> Result<Landed> {
        self.committer.open(epoch);
        let mut tx = None;
        let mut tries = self.patience.tries();
        // The step that failed: until it succeeds, those that lead to it again have no new tries.
        let mut stuck = None;
        loop {
            if self.forget_lost() {
                tx = None;
            }
            let step = self.committer.step();
            let Err(fault) = self.take(step, &mut tx).await else {
                if step == Step::Finished {
                    return Ok(self.committer.finish());
                }
                if stuck.is_none_or(|stuck| stuck == step) {
                    stuck = None;
                    tries = self.patience.tries();
                }
                continue;
            };
            stuck.get_or_insert(step);
            let stays = matches!(step, Step::Publish { .. })
                || planted(Bug::RetryInsideTransaction) && matches!(step, Step::Store { .. });
            if !stays {
                // Rolls back whatever is open.
                tx = None;
            }
            let fault = match (fault.position(), self.committer.place(step.piece())) {
                (None, Some((partition, next))) => fault.at(partition, next),
                _ => fault,
            };
            self.committer.failed();
            tries.again(step.into(), &self.who(step), fault).await?;
        }
    }

    async fn take(&mut self, step: Step, tx: &mut Option<S::Tx>) -> Result<()> {
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
                // The committer opens a transaction before it asks for the commit.
                let Some(tx) = tx.take() else { return Ok(()) };
                let answer = self.store.commit(tx, self.committer.seals()).await?;
                self.committer.committed(answer);
            }
            Step::Ask { piece } => {
                let Some((partition, _)) = self.committer.place(piece) else {
                    return Ok(());
                };
                let progress = self.store.progress(partition).await?;
                self.committer.answered(progress);
            }
            Step::Finished => {}
        }
        Ok(())
    }

    /// Leaves out what is lost by now; `true` when the open transaction holds rows of it.
    fn forget_lost(&mut self) -> bool {
        if matches!(self.committer.step(), Step::Ask { .. }) {
            // It may have landed already. If it has not, it is left out before it is sent again.
            return false;
        }
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = std::mem::take(&mut *lost);
        !lost.is_empty() && self.committer.forget(&lost)
    }

    /// Who fails when a step does.
    fn who(&self, step: Step) -> String {
        match step {
            Step::Publish { sink, .. } | Step::Store { sink, .. } => {
                let name = self.sinks.get(sink).map_or("", |sink| sink.name());
                format!("sink `{name}`")
            }
            _ => "the checkpoint store".to_owned(),
        }
    }
}
