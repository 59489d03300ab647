//! Changes of ownership: partitions are claimed and restored, handed over, or lost.

use std::time::Duration;

use tokio::time::timeout;

use super::{super::observe::RetriedOperation, Driver};
use crate::{
    contracts::{Decode, Source, checkpoint::CheckpointStore, source::RevokeGuard},
    data::{Partition, Result},
    engine::task::{CommitKind, ForkJoin, Task},
};

impl<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore> Driver<Src, D, S> {
    /// Claims, restores and starts each partition, after the running commit: it may hold earlier
    /// results of the same partition.
    pub(super) async fn assign(&mut self, partitions: &[Partition]) -> Result<()> {
        self.finish_commit().await?;
        for partition in partitions {
            let Some(side) = self.commit.idle() else {
                continue;
            };
            let claim = side.claim(partition).await?;
            self.observer.claimed(partition, &claim);
            self.ledger.claimed(partition, &claim);
            let task = Task::restore(&self.plan, partition, claim, self.workers.workers())?;
            let at = task.start();
            let mut attempts = self.retry.attempts();
            while let Err(error) = self.source.start(partition, at).await {
                let who = format!("the start of partition {partition}");
                attempts.wait(RetriedOperation::Start, &who, error).await?;
            }
            self.tasks.insert(partition.clone(), task);
            let end = self.source.end(partition);
            self.observer.assigned(partition, at, end);
        }
        Ok(())
    }

    /// Commits the partitions that move to another process, if there is time, and releases them.
    pub(super) async fn revoke(
        &mut self,
        partitions: &[Partition],
        within: Duration,
        done: RevokeGuard,
    ) -> Result<()> {
        let committed = timeout(within, async {
            self.finish_commit().await?;
            // Seal only the partitions that move.
            self.seal(|name| partitions.contains(name), CommitKind::Snapshot)?;
            self.finish_commit().await
        });
        if let Ok(committed) = committed.await {
            // Partitions that the next owner has already claimed are released as well.
            committed?;
        }
        // If time ran out, the next owner recomputes what is not committed, and the fence refuses
        // our commit. The partitions that stay here lose nothing.
        self.forget(partitions);
        self.observer.revoked(partitions);
        drop(done);
        Ok(())
    }

    /// Discards everything about partitions that already belong to another process.
    pub(super) fn lose(&mut self, partitions: &[Partition]) {
        self.forget(partitions);
        self.observer.lost(partitions);
    }

    fn forget(&mut self, partitions: &[Partition]) {
        self.commit.exclude(partitions);
        for partition in partitions {
            self.tasks.remove(partition);
            self.ended.remove(partition);
            self.paused.remove(partition);
        }
        self.acknowledge
            .retain(|(partition, _)| !partitions.contains(partition));
    }
}
