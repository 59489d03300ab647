//! What one process has read, and what must hold when its run ends.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

use super::world::World;
use crate::{
    contracts::checkpoint::CheckpointStore,
    data::{Error, ErrorKind, EventTime, Offset, Partition},
    pipeline::{
        Ending, Report,
        tests::model::{Reading, time},
    },
    testing::{Faults, Log, Logged},
};

/// What the source of one process has returned to its driver.
#[derive(Clone, Debug, Default)]
pub(super) struct RunAudit(Arc<Mutex<Run>>);

#[derive(Debug, Default)]
pub(super) struct Run {
    /// The partitions that are started here.
    pub(super) started: BTreeMap<Partition, Started>,
    /// The partitions that were given away and did not come back.
    pub(super) gone: BTreeSet<Partition>,
    /// Batches of partitions that are not started here.
    pub(super) strays: u64,
    /// How many faults had happened when the source returned its last error.
    pub(super) faults_at_error: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Started {
    /// The token under which it was started.
    pub(super) token: u64,
    /// The offset after the last batch.
    pub(super) read: Offset,
}

impl RunAudit {
    pub(super) fn lock(&self) -> MutexGuard<'_, Run> {
        self.0.lock().unwrap()
    }

    /// Returns the latest time for a tick that makes no row late: that of the oldest row that is
    /// unread in any started partition.
    pub(super) fn time_of_tick(&self, logs: &[Log<Reading>]) -> EventTime {
        let run = self.lock();
        let unread = logs.iter().filter_map(|log| {
            let read = run.started.get(&log.partition)?.read.0;
            let unread = log.records.get(read as usize..).unwrap_or_default();
            let seconds = unread.iter().filter_map(|record| match record {
                Logged::Event(reading) => Some(reading.second),
                Logged::Timed { event, .. } => Some(event.second),
                Logged::Malformed { .. } | Logged::Filtered => None,
            });
            seconds.filter(|second| *second >= 0).min()
        });
        // All rows are read: any time after the last one.
        time(unread.min().unwrap_or(1_000_000))
    }

    /// Returns what is wrong with the end of a run.
    pub(super) async fn wrong(
        &self,
        world: &World,
        faults: &Faults,
        in_group: bool,
        outcome: &Result<Report, Error>,
    ) -> Option<String> {
        let run = std::mem::take(&mut *self.lock());
        match outcome {
            // The last one may still be held back when everything else has ended.
            Ok(report) if !(0..=1).contains(&run.strays.wrapping_sub(report.unowned_batches)) => {
                Some(format!(
                    "{} of {} stray batches were counted",
                    report.unowned_batches, run.strays
                ))
            }
            Ok(report) if in_group && report.ending == Ending::Complete && run.gone.is_empty() => {
                let whole = world.has_ended().await;
                (!whole).then(|| "the group was left with a partition that nobody reads".into())
            }
            Err(error) if error.kind() == ErrorKind::Source => {
                let undisturbed = run.faults_at_error == Some(faults.injected());
                if !undisturbed || world.has_calls_in_flight() {
                    return None;
                }
                world.see("an epoch saved after an error of the source");
                not_saved(world, &run).await
            }
            _ => None,
        }
    }
}

/// Returns a partition of which more was read than was committed, though it was ours to the end.
async fn not_saved(world: &World, run: &Run) -> Option<String> {
    for (partition, started) in &run.started {
        let progress = world.memory.clone().progress(partition).await.unwrap()?;
        let committed = progress.next.unwrap_or_default();
        if progress.token == started.token && committed < started.read {
            return Some(format!(
                "{partition}: read to {}, committed to {committed}, then the source failed",
                started.read
            ));
        }
    }
    None
}
