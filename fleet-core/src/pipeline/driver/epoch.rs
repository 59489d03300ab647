//! Seals epochs, hands them over to be committed, and acknowledges them to the source.

use super::{super::observe::RetriedOperation, Driver, Epoch};
use crate::{
    contracts::{Decode, Source, checkpoint::CheckpointStore},
    data::{Error, ErrorKind, Offset, Partition, Result},
    engine::{
        committer::CommittedEpoch,
        task::{CommitKind, Piece},
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
        }
        let mut left = self.tasks.values();
        if !left.any(|task| task.has_changed(CommitKind::PositionOnly)) {
            self.epoch = Epoch::default();
        }
        if planted(Bug::AckBeforeCommit) {
            let sealed = epoch.iter().map(|piece| &piece.sealed);
            let positions = sealed.map(|sealed| (sealed.partition.clone(), sealed.next));
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
            let end = self.source.end(&sealed.partition);
            self.observer.committed(&sealed, end);
            if self.tasks.contains_key(&sealed.partition) {
                let position = (sealed.partition.clone(), sealed.next);
                self.acknowledge.push_back(position);
            }
            self.ledger.committed(sealed);
        }
        self.observer.fenced(&committed.fenced);
        let fenced = committed.fenced.into_iter();
        let fenced =
            fenced.filter_map(|name| self.tasks.remove(&name).map(|task| (name, task.next())));
        let fenced = fenced.collect();
        while let Some((partition, upto)) = self.acknowledge.front() {
            let mut attempts = self.retry.attempts();
            while let Err(error) = self.source.committed(partition, *upto).await {
                let who = format!("the acknowledgement of partition {partition}");
                attempts
                    .wait(RetriedOperation::Acknowledge, &who, error)
                    .await?;
            }
            self.acknowledge.pop_front();
        }
        Ok(fenced)
    }

    /// Commits everything that was computed, and waits for it.
    pub(super) async fn settle(&mut self) -> Result<()> {
        let mut fenced = self.finish_commit().await?;
        self.seal(|_| true, CommitKind::Snapshot)?;
        fenced.extend(self.finish_commit().await?);
        self.stop_if_fenced_out(&fenced)
    }

    /// Stops with an error if fencing has left this process without a partition.
    pub(super) fn stop_if_fenced_out(&self, fenced: &[(Partition, Offset)]) -> Result<()> {
        let Some((partition, next)) = fenced.first().filter(|_| self.tasks.is_empty()) else {
            return Ok(());
        };
        let message =
            "another process has claimed this partition and continues it: stop one of the two";
        Err(Error::new(ErrorKind::Fenced, message).at(partition, *next))
    }
}
