//! Seals epochs, hands them over to be committed, and acknowledges them to the source.

use super::{super::observe::RetriedOperation, Driver, Epoch};
use crate::{
    contracts::{Decode, Source, checkpoint::CheckpointStore},
    data::{Error, ErrorKind, Offset, Partition, Position, Result},
    engine::{
        committer::CommittedEpoch,
        task::{CommitKind, Piece, Task},
    },
    planted::{Bug, planted},
};

impl<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore> Driver<Src, D, S> {
    /// Seals the chosen partitions that have changed, and starts to commit them. No commit may be
    /// running.
    ///
    /// # Errors
    /// As [`Task::seal`](crate::engine::task::Task::seal).
    pub(super) fn seal(
        &mut self,
        chosen: impl Fn(&Partition) -> bool,
        written: CommitKind,
    ) -> Result<()> {
        let chosen = self.tasks.iter_mut().filter(|(name, _)| chosen(name));
        let changed = chosen
            .map(|(_, task)| task)
            .filter(|task| task.has_changed(written));
        let epoch: Vec<Piece> = changed
            .map(|task| task.seal(&self.plan, &self.workers, written))
            .collect::<Result<_>>()?;
        if !epoch.is_empty() {
            self.sealed = Some(self.observer.sealed(&epoch, self.epoch.opened));
            self.observer.held(&self.tasks);
        }
        let mut left = self.tasks.values();
        if !left.any(|task| task.has_changed(CommitKind::PositionOnly)) {
            self.epoch = Epoch::default();
        }
        if planted(Bug::AckBeforeCommit) {
            let sealed = epoch.iter().map(|piece| &piece.sealed);
            let positions = sealed.map(|sealed| (sealed.partition.clone(), sealed.next.into()));
            self.acknowledge.extend(positions);
        }
        if !epoch.is_empty() {
            self.commit.start(epoch);
        }
        Ok(())
    }

    /// Waits for the running commit, if any, and records it. Returns as
    /// [`record_commit`](Self::record_commit).
    pub(super) async fn finish_commit(&mut self) -> Result<Vec<(Partition, Offset)>> {
        let committed = self.commit.wait().await?;
        self.record_commit(committed).await
    }

    /// Records a finished commit and acknowledges it to the source. Returns the partitions that
    /// another process has claimed, and their positions here.
    pub(super) async fn record_commit(
        &mut self,
        committed: CommittedEpoch,
    ) -> Result<Vec<(Partition, Offset)>> {
        if let Some(sealed) = self.sealed.take() {
            self.observer.epoch_committed(sealed);
        }
        for sealed in committed.done {
            let name = &sealed.partition;
            let input = self.input(name, Some(sealed.next));
            let owner = self.tasks.get(name).map(Task::token);
            // A later claim of this process has found this commit already.
            if owner.is_none_or(|owner| owner == sealed.token) {
                self.observer.committed(&sealed, input);
            }
            if owner == Some(sealed.token) {
                self.claims.was_committed(name);
                let (next, mark) = (sealed.next, sealed.mark.clone());
                let position = (name.clone(), Position { next, mark });
                self.acknowledge.push_back(position);
            }
            self.ledger.committed(sealed);
        }
        let fenced = self.drop_fenced(committed.fenced);
        // A source that has failed is not told: the next run does.
        while let Some((partition, upto)) = self.acknowledge.front()
            && !self.source_failed
        {
            let mut attempts = self.retry.attempts();
            while let Err(error) = self.source.committed(partition, upto).await {
                let who = format!("the acknowledgement of partition {partition}");
                let waited = attempts.wait(RetriedOperation::Acknowledge, &who, error);
                waited.await.inspect_err(|_| self.source_failed = true)?;
            }
            self.acknowledge.pop_front();
        }
        Ok(fenced)
    }

    /// Returns whether this process owns a partition under this token.
    fn owns(&self, partition: &Partition, token: u64) -> bool {
        let task = self.tasks.get(partition);
        task.is_some_and(|task| task.token() == token)
    }

    /// Drops the tasks of partitions that another process has claimed, and tells the source. What
    /// was refused under an earlier claim of this process does not concern the task of today.
    fn drop_fenced(&mut self, fenced: Vec<(Partition, u64)>) -> Vec<(Partition, Offset)> {
        let mut dropped = Vec::new();
        for (partition, token) in fenced {
            if !self.owns(&partition, token) {
                continue;
            }
            if let Some(task) = self.tasks.remove(&partition) {
                dropped.push((partition.clone(), task.next()));
            }
            self.drop_held_batch(&partition);
            self.observer.fenced(&partition);
            self.claims.was_fenced(&partition);
            self.ended.remove(&partition);
            self.closed.remove(&partition);
            self.leave(&partition);
            if !planted(Bug::AckBeforeCommit) {
                self.acknowledge.retain(|(name, _)| *name != partition);
            }
            if self.leaving.contains(&partition) {
                // The source has given it up itself.
                continue;
            }
            if !planted(Bug::FencedOwnerNotAsked) {
                self.source.fenced(&partition);
            }
            if self.source.in_group() {
                self.undecided.insert(partition);
            }
        }
        dropped
    }

    /// Commits everything that was computed, and waits for it.
    pub(super) async fn settle(&mut self) -> Result<()> {
        let mut fenced = self.finish_commit().await?;
        self.seal(|_| true, CommitKind::Snapshot)?;
        fenced.extend(self.finish_commit().await?);
        self.stop_if_fenced_out(&fenced)
    }

    fn is_fenced_out(&self) -> bool {
        let is_idle = self.tasks.is_empty() && self.starting.is_empty() && !self.claims.is_busy();
        is_idle && !self.source.in_group()
    }

    /// Stops with an error if fencing has left this process without a partition, and no group
    /// will give it another one.
    pub(super) fn stop_if_fenced_out(&self, fenced: &[(Partition, Offset)]) -> Result<()> {
        let Some((partition, next)) = fenced.first().filter(|_| self.is_fenced_out()) else {
            return Ok(());
        };
        let message =
            "another process has claimed this partition and continues it: stop one of the two";
        Err(Error::new(ErrorKind::Fenced, message).at(partition, *next))
    }
}
