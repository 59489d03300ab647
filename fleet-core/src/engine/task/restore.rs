//! Restores a task from the claim of its partition.

use std::sync::Arc;

use super::{KeyGate, LastSnapshot, Plan, Shard, Task};
use crate::{
    contracts::checkpoint::{Claim, Fates, Saved},
    data::{Error, ErrorKind, Offset, Partition, Position, Result},
    engine::{entries::SnapshotEntry, graph::describe::earlier_descriptions},
    event::Event,
    rows::shard_of,
};

/// A task that is being restored, a slice of its entries at a time, so that whoever shares the
/// thread is not kept waiting by a million keys.
pub(crate) struct Restoring<E: Event> {
    task: Task<E>,
    entries: std::vec::IntoIter<Saved>,
    /// Whether the state was saved under another description of some node.
    has_changed: bool,
}

impl<E: Event> Restoring<E> {
    /// Returns how many entries are left.
    pub(crate) fn left(&self) -> usize {
        self.entries.as_slice().len()
    }

    /// Returns whether there are entries left.
    pub(crate) fn has_more(&self) -> bool {
        self.left() > 0
    }

    /// Restores up to `most` entries.
    ///
    /// # Errors
    /// Fails if an entry cannot be read.
    pub(crate) fn step(&mut self, most: usize) -> Result<()> {
        let task = &mut self.task;
        for saved in self.entries.by_ref().take(most) {
            task.restore_entry(&saved).ok_or_else(|| {
                let (node, key, version) = (saved.node, &saved.key, saved.version);
                let message = format!(
                    "cannot read the saved state of node {node}, key `{key}`, version {version}: \
                     it is damaged or was written by a newer program"
                );
                Error::new(ErrorKind::Snapshot, message).at(&task.partition, task.next)
            })?;
        }
        Ok(())
    }

    /// Returns the task, after the last entry.
    pub(crate) fn finish(self) -> Task<E> {
        let mut task = self.task;
        if let Some(floor) = task.floor {
            for shard in &mut task.shards {
                shard.restore_floor(floor);
            }
        }
        let shards = &task.shards;
        task.gate.restore_times(|key| {
            let shard = shards.get(shard_of(key, shards.len()))?;
            shard.newest(key)
        });
        if !task.snapshot.is_behind() {
            task.snapshot.set_mark(task.mark.clone());
        }
        task.replay = task.snapshot.replay(task.next).map(Arc::new);
        if self.has_changed {
            task.snapshot.outdate();
            for shard in &mut task.shards {
                shard.resumed(task.replay.is_some());
            }
        }
        task.read_to = task.start().map(|start| start.next).unwrap_or_default();
        (task.joined, task.joined_read) = (task.read_to, task.fates.counts.read);
        task
    }
}

impl<E: Event> Task<E> {
    /// Begins to restore a task, with its keys spread over this many shards.
    ///
    /// # Errors
    /// Fails if the state was saved by a graph with another structure.
    pub(crate) fn restoring(
        plan: &Plan<E>,
        partition: &Partition,
        claim: Claim,
        shards: usize,
    ) -> Result<Restoring<E>> {
        let graph = plan.graph.fingerprint();
        let order = if plan.by_arrival {
            "by arrival".into()
        } else {
            plan.order.structure()
        };
        let fingerprint: Arc<str> = format!("0 {order} {}\n{graph}", plan.reading).into();
        let earlier = claim.fingerprint.as_deref();
        let earlier = earlier.filter(|earlier| **earlier != *fingerprint);
        check_structure(plan, earlier, &fingerprint, partition)?;
        let shards = shards.max(1);
        let mut task = Self {
            partition: partition.clone(),
            token: claim.token,
            seq: claim.seq,
            next: claim.next.unwrap_or_default(),
            mark: None,
            stored_mark: None,
            read_to: Offset::default(),
            joined: Offset::default(),
            joined_read: 0,
            replay: None,
            snapshot: LastSnapshot::at(claim.next),
            ended: claim.ended,
            changed: false,
            shards: (0..shards).map(|_| Shard::new(plan)).collect(),
            fates: Fates::from(claim.counts),
            tallies: claim.tallies,
            fingerprint,
            gate: KeyGate::default(),
            floor: None,
        };
        let has_changed = earlier.is_some();
        if let Some(earlier) = earlier {
            let earlier = earlier_descriptions(&plan.graph.nodes, earlier);
            for shard in &mut task.shards {
                shard.resume(&earlier);
            }
        }
        let entries = claim.state.into_iter();
        Ok(Restoring {
            task,
            entries,
            has_changed,
        })
    }

    /// Restores a task at once.
    ///
    /// # Errors
    /// As [`restoring`](Self::restoring), and if an entry cannot be read.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn restore(
        plan: &Plan<E>,
        partition: &Partition,
        claim: Claim,
        shards: usize,
    ) -> Result<Self> {
        let mut restoring = Self::restoring(plan, partition, claim, shards)?;
        restoring.step(usize::MAX)?;
        Ok(restoring.finish())
    }

    /// Restores one entry of a snapshot. Returns `None` if it cannot be read.
    fn restore_entry(&mut self, saved: &Saved) -> Option<()> {
        let entry = SnapshotEntry::of(saved)?;
        match entry {
            SnapshotEntry::LastSnapshot => self.snapshot = LastSnapshot::restore(saved)?,
            SnapshotEntry::Floor(floor) => self.floor = Some(floor),
            SnapshotEntry::Mark => {
                self.mark = Some(saved.mark()?);
                self.stored_mark.clone_from(&self.mark);
            }
            SnapshotEntry::PartitionTime | SnapshotEntry::TenantKey => {
                self.gate.restore(&entry, saved)?;
            }
            SnapshotEntry::Waiting(key)
            | SnapshotEntry::Seen(key, _)
            | SnapshotEntry::Node(key) => {
                let shard = shard_of(key, self.shards.len());
                self.shards
                    .get_mut(shard)?
                    .restore(&entry, saved, self.ended)?;
            }
        }
        Some(())
    }

    /// Returns the position to read from, which is before [`next`](Self::next) if a replay is
    /// needed, or `None` if nothing was ever committed.
    pub(crate) fn start(&self) -> Option<Position> {
        let snapshot = self.snapshot.position()?;
        if self.replay.is_some() {
            return Some(snapshot.clone());
        }
        Some(self.position())
    }
}

/// Refuses a state that was saved under an earlier structure, unless each node can go on from it.
fn check_structure<E: Event>(
    plan: &Plan<E>,
    earlier: Option<&str>,
    now: &str,
    partition: &Partition,
) -> Result<()> {
    match earlier.and_then(|earlier| plan.graph.difference(earlier, now)) {
        Some(what) => {
            let message = format!(
                "the saved state was made by a graph of another structure ({what}): go back to \
                 that graph, give this pipeline another name, or start afresh"
            );
            Err(Error::new(ErrorKind::Structure, message).at(partition, Offset::default()))
        }
        None => Ok(()),
    }
}
