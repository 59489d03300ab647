use std::time::Duration;

use tokio::time::timeout;

use super::{super::observe::Stage, Driver};
use crate::{
    contracts::{Decode, Source, checkpoint::CheckpointStore, source::RevokeGuard},
    data::{Partition, Result},
    engine::task::{CommitKind, ForkJoin, Task},
};

impl<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore> Driver<Src, D, S> {
    /// Claims, restores and starts each partition by itself, once no epoch is away: an epoch that holds
    /// an earlier part of it has ended then.
    pub(super) async fn assign(&mut self, partitions: &[Partition]) -> Result<()> {
        self.land().await?;
        for partition in partitions {
            let Some(side) = self.flight.home() else {
                continue;
            };
            let claim = side.claim(partition).await?;
            self.patience.seen.claimed(partition, &claim);
            self.ledger.claimed(partition, &claim);
            let task = Task::restore(&self.plan, partition, claim, self.workers.workers())?;
            let at = task.start();
            let mut tries = self.patience.tries();
            while let Err(fault) = self.source.start(partition, at).await {
                let who = format!("the start of partition {partition}");
                tries.again(Stage::Start, &who, fault).await?;
            }
            self.tasks.insert(partition.clone(), task);
            let end = self.source.end(partition);
            self.patience.seen.assigned(partition, at, end);
        }
        Ok(())
    }

    /// Commits what leaves, as far as there is time for it, and lets it go.
    pub(super) async fn revoke(
        &mut self,
        partitions: &[Partition],
        within: Duration,
        done: RevokeGuard,
    ) -> Result<()> {
        let committed = timeout(within, async {
            self.land().await?;
            // Only what leaves is sealed.
            self.seal(|name| partitions.contains(name), CommitKind::Snapshot)?;
            self.land().await
        });
        if let Ok(committed) = committed.await {
            // What the next owner has claimed already is released as well.
            committed?;
        }
        // Out of time: the next owner computes it again, the fence keeps our commit out, and what stays
        // here has lost nothing.
        self.forget(partitions);
        self.patience.seen.revoked(partitions);
        drop(done);
        Ok(())
    }

    /// Forgets what is gone already.
    pub(super) fn lose(&mut self, partitions: &[Partition]) {
        self.forget(partitions);
        self.patience.seen.lost(partitions);
    }

    fn forget(&mut self, partitions: &[Partition]) {
        self.flight.forget(partitions);
        for partition in partitions {
            self.tasks.remove(partition);
            self.ended.remove(partition);
            self.paused.remove(partition);
        }
        self.acknowledge
            .retain(|(partition, _)| !partitions.contains(partition));
    }
}
