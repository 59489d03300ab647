use super::{super::observe::Stage, Driver, Epoch};
use crate::{
    contracts::{Decode, Source, checkpoint::CheckpointStore},
    data::{Error, ErrorKind, Offset, Partition, Result},
    engine::{
        committer::Landed,
        task::{CommitKind, Piece},
    },
    planted::{Bug, planted},
};

impl<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore> Driver<Src, D, S> {
    /// Seals the chosen partitions that have changed, and sends them off; only while no epoch is away.
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
            self.sealed = Some(self.patience.seen.sealed(&epoch, self.epoch.opened));
        }
        let mut left = self.tasks.values();
        if !left.any(|task| task.has_changed(CommitKind::PositionOnly)) {
            self.epoch = Epoch::default();
        }
        if planted(Bug::AckBeforeCommit) {
            let places = epoch.iter().map(|piece| &piece.sealed);
            let places = places.map(|sealed| (sealed.partition.clone(), sealed.next));
            self.acknowledge.extend(places);
        }
        if !epoch.is_empty() {
            self.flight.start(epoch);
        }
        Ok(())
    }

    /// Waits for the epoch that is away, if one is; returns what is someone else's now, and where it was.
    pub(super) async fn land(&mut self) -> Result<Vec<(Partition, Offset)>> {
        let landed = self.flight.land().await?;
        self.landed(landed).await
    }

    /// Takes note of what has landed; returns the partitions that are someone else's now, and where they were.
    pub(super) async fn landed(&mut self, landed: Landed) -> Result<Vec<(Partition, Offset)>> {
        if let Some(sealed) = self.sealed.take() {
            self.patience.seen.landed(sealed);
        }
        for sealed in landed.done {
            let end = self.source.end(&sealed.partition);
            self.patience.seen.committed(&sealed, end);
            if self.tasks.contains_key(&sealed.partition) {
                let place = (sealed.partition.clone(), sealed.next);
                self.acknowledge.push_back(place);
            }
            self.ledger.committed(sealed);
        }
        self.patience.seen.fenced(&landed.fenced);
        let fenced = landed.fenced.into_iter();
        let fenced =
            fenced.filter_map(|name| self.tasks.remove(&name).map(|task| (name, task.next())));
        let fenced = fenced.collect();
        while let Some((partition, upto)) = self.acknowledge.front() {
            let mut tries = self.patience.tries();
            while let Err(fault) = self.source.committed(partition, *upto).await {
                let who = "the source, told of a commit,";
                tries.again(Stage::Acknowledge, who, fault).await?;
            }
            self.acknowledge.pop_front();
        }
        Ok(fenced)
    }

    /// Commits all that was computed, and waits for it.
    pub(super) async fn settle(&mut self) -> Result<()> {
        let mut fenced = self.land().await?;
        self.seal(|_| true, CommitKind::Snapshot)?;
        fenced.extend(self.land().await?);
        self.refuse_if_alone(&fenced)
    }

    /// Without a partition there is nothing left to do for the one who was fenced off.
    pub(super) fn refuse_if_alone(&self, fenced: &[(Partition, Offset)]) -> Result<()> {
        let Some((partition, next)) = fenced.first().filter(|_| self.tasks.is_empty()) else {
            return Ok(());
        };
        let message =
            "another process has claimed this partition and goes on with it: stop one of the two";
        Err(Error::new(ErrorKind::Fenced, message).at(partition, *next))
    }
}
