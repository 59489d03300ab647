//! The snapshot policy: which commits write the state of the keys.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    data::{Error, ErrorKind, Result},
    engine::task::CommitKind,
};

/// How often commits write the state of the keys. Every commit writes positions, results and
/// counts.
///
/// # Cost
/// A snapshot writes the state of every key that changed since the last one. With many keys this is
/// most of what a commit writes: with a hundred thousand vehicles that report every few seconds, it
/// is the state of all of them.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use fleet_core::{
///     EventTime, Graph, MemoryStore, Order, Pipeline, VehicleId,
///     decode::Typed, event::Telemetry, pipeline::Snapshots, testing::Scripted,
/// };
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// # let rows = [Telemetry::new(VehicleId::new("car-1")?, EventTime::MIN)];
/// let (graph, _) = Graph::new();
/// let source = Scripted::of_events("memory", rows);
/// let store = MemoryStore::default();
/// let report = Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, store)
///     .snapshots(Snapshots::Every(Duration::from_secs(60)))
///     .run()
///     .await?;
/// assert_eq!(report.counts.accepted, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Snapshots {
    /// With every commit. A restart resumes at the committed position, without a replay.
    #[default]
    EveryCommit,
    /// With the first commit after this interval, when a partition is handed over, when the
    /// pipeline is stopped, and when its input ends.
    ///
    /// After a crash, a restart replays the input from the last snapshot to rebuild the state. The
    /// replay discards its results, because they are committed already; results are the same as
    /// with [`EveryCommit`](Self::EveryCommit). The replay runs the program as it is after the
    /// restart: a threshold that was changed applies from the last snapshot on.
    Every(Duration),
}

impl Snapshots {
    /// Refuses an interval for a pipeline whose clocks move without a row.
    pub(super) fn check_ticks(self) -> Result<()> {
        self.refuse_interval(
            "ticks, and rows that are released after an idle time, need a snapshot with every \
             commit: they have no offset in the input, so a replay cannot repeat them",
        )
    }

    /// Refuses an interval over a source that does not repeat what it read.
    pub(super) fn check_source(self, repeats: bool) -> Result<()> {
        if repeats {
            return Ok(());
        }
        self.refuse_interval(
            "the source decides by waiting which record is next, such as a zip with an idle time, \
             and needs a snapshot with every commit: a replay could read in another order",
        )
    }

    fn refuse_interval(self, why: &str) -> Result<()> {
        match self {
            Self::EveryCommit => Ok(()),
            Self::Every(_) => Err(Error::new(ErrorKind::Config, why)),
        }
    }
}

/// Decides which commits of a run write the state.
#[derive(Debug)]
pub(super) struct Schedule {
    snapshots: Snapshots,
    last: Instant,
}

impl Schedule {
    pub(super) fn start(snapshots: Snapshots) -> Self {
        Self {
            snapshots,
            last: Instant::now(),
        }
    }

    /// Returns the kind of the commit that is due now.
    pub(super) fn next(&mut self) -> CommitKind {
        match self.snapshots {
            Snapshots::Every(interval) if self.last.elapsed() < interval => {
                CommitKind::PositionOnly
            }
            _ => {
                self.last = Instant::now();
                CommitKind::Snapshot
            }
        }
    }
}
