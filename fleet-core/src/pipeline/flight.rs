use std::{
    panic::resume_unwind,
    sync::{MutexGuard, PoisonError},
};

use tokio::task::JoinSet;
use tracing::{Instrument, debug_span, instrument::WithSubscriber};

use super::commit::{CommitSide, Lost};
use crate::{
    contracts::checkpoint::CheckpointStore,
    data::{Error, ErrorKind, Partition, Result},
    engine::{committer::Landed, task::Piece},
};

/// The committing side: at home, or on its way with one epoch in a task of its own.
///
/// Dropping it ends that task: what it had not committed is computed again.
pub(super) struct Flight<S: CheckpointStore> {
    home: Option<Box<CommitSide<S>>>,
    away: JoinSet<(Box<CommitSide<S>>, Result<Landed>)>,
    lost: Lost,
}

impl<S: CheckpointStore> Flight<S> {
    pub(super) fn new(side: CommitSide<S>) -> Self {
        Self {
            lost: side.lost(),
            home: Some(Box::new(side)),
            away: JoinSet::new(),
        }
    }

    /// Whether an epoch is on its way.
    pub(super) fn is_away(&self) -> bool {
        self.home.is_none()
    }

    /// The committing side, unless it is away.
    pub(super) fn home(&mut self) -> Option<&mut CommitSide<S>> {
        self.home.as_deref_mut()
    }

    /// Sends an epoch off; only while none is away.
    pub(super) fn start(&mut self, epoch: Vec<Piece>) {
        debug_assert!(!self.is_away(), "one epoch at a time");
        if let Some(mut side) = self.home.take() {
            self.known_lost().clear();
            let commit = async move {
                let landed = side.commit(epoch).await;
                (side, landed)
            };
            let traced = commit.instrument(debug_span!("commit"));
            self.away.spawn(traced.with_current_subscriber());
        }
    }

    /// Waits for the epoch that is away; with none, for nothing. Cancel-safe.
    ///
    /// # Errors
    /// As [`CommitSide::commit`].
    pub(super) async fn land(&mut self) -> Result<Landed> {
        match self.away.join_next().await {
            None => Ok(Landed::default()),
            Some(Ok((side, landed))) => {
                self.home = Some(side);
                landed
            }
            Some(Err(failed)) => match failed.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(ended) => {
                    let message = "the runtime ended the commit: keep it up until the run is over";
                    Err(Error::new(ErrorKind::Store, message).because(ended))
                }
            },
        }
    }

    /// Keeps an epoch that is away from landing these partitions, if it is not too late.
    pub(super) fn forget(&self, partitions: &[Partition]) {
        if self.is_away() {
            self.known_lost().extend_from_slice(partitions);
        }
    }

    fn known_lost(&self) -> MutexGuard<'_, Vec<Partition>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
