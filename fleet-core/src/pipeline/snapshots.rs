use std::time::Duration;

use tokio::time::Instant;

use crate::{
    data::{Error, ErrorKind, Result},
    engine::task::CommitKind,
};

/// How often the state of the keys is written. Positions, results and counts are written with every commit.
///
/// # Cost
/// A commit writes the state of every key that changed since the last snapshot. With many keys that is most
/// of what it writes: a hundred thousand vehicles that report every few seconds change all of it each time.
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
/// let source = Scripted::of_rows("memory", rows);
/// let report = Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, MemoryStore::default())
///     .snapshots(Snapshots::Every(Duration::from_secs(60)))
///     .run()
///     .await?;
/// assert_eq!(report.counts.accepted, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Snapshots {
    /// A restart goes on at the position, at once.
    #[default]
    EveryCommit,
    /// A restart reads the input again from the last snapshot on, to compute the state; the results of that
    /// are committed and come to nothing. They are the same as with [`EveryCommit`](Self::EveryCommit).
    ///
    /// A snapshot is taken with the first commit after this long, when a partition is given away, and when
    /// the pipeline is stopped or its input ends: only a crash makes a restart read again. What is read
    /// again is read by the program as it is then, so after a crash a changed threshold holds from the last
    /// snapshot on.
    Every(Duration),
}

impl Snapshots {
    /// Refuses intervals for a pipeline with ticks.
    pub(super) fn check_ticks(self) -> Result<()> {
        match self {
            Self::EveryCommit => Ok(()),
            Self::Every(_) => {
                let message = "ticks need a snapshot with every commit: a tick has no place in the input \
                               where it would be read again";
                Err(Error::new(ErrorKind::Config, message))
            }
        }
    }
}

/// Says which commits of a run write the state.
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

    /// What the commit writes that is due now.
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
