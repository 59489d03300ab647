//! A source in memory that follows a script.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{Log, Logged};
use crate::{
    contracts::{
        Source,
        source::{Batch, Replayable, RevokeGuard, SourceEvent},
    },
    data::{Error, ErrorKind, Offset, Partition, Result},
    event::Event,
};

/// One step of a [`Scripted`] source, for one of its partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Returns a batch of this many records, or ends the partition if none is left.
    Rows(usize),
    /// Reports that there is nothing to read.
    Idle,
    /// Waits this long before the next step.
    Stall(Duration),
    /// Fails with a retryable error.
    Fail,
    /// Fails with an error that is not retryable.
    Crash,
    /// Revokes the partition within this time, and assigns it again at once.
    Revoke(Duration),
    /// Loses the partition, and assigns it again at once.
    Lost,
}

/// A replayable source of events in memory that follows a script.
///
/// A step is skipped if its partition is paused, has ended or is not started. After the script,
/// each partition returns its remaining records in one batch and ends.
///
/// # Examples
/// Two partitions, one of which is lost in between:
/// ```
/// use fleet_core::{
///     EventTime, Graph, MemoryStore, Order, Pipeline, VehicleId, decode::Typed, event::Telemetry,
///     testing::{Log, Logged, Script, Scripted},
/// };
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let event = |car| Telemetry::new(VehicleId::new(car).unwrap(), EventTime::MIN);
/// let broken = Logged::Malformed { raw: b"{".into(), reason: "cut short".into() };
/// let logs = [
///     Log::new("p/0", [event("car-1").into(), broken]),
///     Log::new("p/1", [event("car-2")]),
/// ];
/// let script = [(0, Script::Rows(1)), (0, Script::Lost), (1, Script::Rows(1))];
/// let source = Scripted::several(logs, script);
/// let (graph, telemetry) = Graph::new();
/// let store = MemoryStore::default();
/// let order = Order::default();
/// let report = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone())
///     .store("all", telemetry, store.table("all"))
///     .run()
///     .await?;
/// assert_eq!((report.counts.accepted, report.counts.dead_lettered), (2, 1));
/// # Ok::<(), fleet_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Scripted<E> {
    lanes: Vec<Lane<E>>,
    script: VecDeque<(usize, Script)>,
    /// When the current stall ends.
    stalled: Option<tokio::time::Instant>,
}

/// One partition.
#[derive(Debug)]
struct Lane<E> {
    log: Log<E>,
    assigned: bool,
    /// The next record; `None` before the partition is started.
    at: Option<usize>,
    paused: bool,
    ended: bool,
}

impl<E: Event> Scripted<E> {
    /// Returns a source with one partition, which returns all rows in one batch.
    pub fn of_events(partition: &str, rows: impl IntoIterator<Item = E>) -> Self {
        Self::several([Log::new(partition, rows)], [])
    }

    /// Returns a source with one partition that follows a script.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a handle, as callers have it"
    )]
    pub fn new(
        partition: &str,
        rows: Arc<Vec<E>>,
        script: impl IntoIterator<Item = Script>,
    ) -> Self {
        let log = Log::new(partition, rows.iter().cloned());
        Self::several([log], script.into_iter().map(|step| (0, step)))
    }

    /// Returns a source with several partitions. Each step names one by its index in `logs`.
    pub fn several(
        logs: impl IntoIterator<Item = Log<E>>,
        script: impl IntoIterator<Item = (usize, Script)>,
    ) -> Self {
        let lane = |log| Lane {
            log,
            assigned: false,
            at: None,
            paused: false,
            ended: false,
        };
        Self {
            lanes: logs.into_iter().map(lane).collect(),
            script: script.into_iter().collect(),
            stalled: None,
        }
    }

    fn lane(&mut self, partition: &Partition) -> Option<&mut Lane<E>> {
        self.lanes
            .iter_mut()
            .find(|lane| lane.log.partition == *partition)
    }

    /// Executes one step. Returns `None` if the partition cannot.
    fn step(&mut self, lane: usize, step: Script) -> Result<Option<ScriptedEvent<E>>> {
        let error = Error::new(ErrorKind::Source, "failed by script");
        match step {
            Script::Idle => return Ok(Some(SourceEvent::Idle)),
            Script::Fail => return Err(error.retryable()),
            Script::Crash => return Err(error),
            _ => {}
        }
        let lane = self.lanes.get_mut(lane).filter(|lane| lane.at.is_some());
        let Some(lane) = lane else { return Ok(None) };
        Ok(match step {
            Script::Rows(count) => lane.read(count),
            Script::Revoke(within) => Some(SourceEvent::Revoking {
                partitions: lane.leave(),
                within,
                done: RevokeGuard::new(|| {}),
            }),
            Script::Lost => Some(SourceEvent::Lost(lane.leave())),
            _ => None,
        })
    }
}

type ScriptedEvent<E> = SourceEvent<Vec<(Offset, Logged<E>)>>;

impl<E: Event> Lane<E> {
    /// Gives the partition up until it is assigned again.
    fn leave(&mut self) -> Vec<Partition> {
        self.assigned = false;
        self.at = None;
        vec![self.log.partition.clone()]
    }

    fn read(&mut self, most: usize) -> Option<ScriptedEvent<E>> {
        let from = self.at.filter(|_| !self.paused && !self.ended)?;
        let left = self.log.records.len().saturating_sub(from);
        if left == 0 {
            self.ended = true;
            return Some(SourceEvent::End(self.log.partition.clone()));
        }
        let next = from + most.min(left);
        self.at = Some(next);
        let records = self.log.records.get(from..next).unwrap_or_default();
        let offsets = (from as u64..).map(Offset);
        Some(SourceEvent::Batch(Batch {
            partition: self.log.partition.clone(),
            next: Offset(next as u64),
            time: None,
            payload: offsets.zip(records.iter().cloned()).collect(),
        }))
    }
}

impl<E: Event> Replayable for Scripted<E> {}

#[async_trait]
impl<E: Event> Source for Scripted<E> {
    type Payload = Vec<(Offset, Logged<E>)>;

    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        let new = self.lanes.iter_mut().filter(|lane| !lane.assigned);
        let new: Vec<_> = new
            .map(|lane| {
                lane.assigned = true;
                lane.log.partition.clone()
            })
            .collect();
        if !new.is_empty() {
            return Ok(SourceEvent::Assigned(new));
        }
        loop {
            if let Some(until) = self.stalled {
                tokio::time::sleep_until(until).await;
                self.stalled = None;
            }
            match self.script.pop_front() {
                Some((_, Script::Stall(pause))) => {
                    self.stalled = tokio::time::Instant::now().checked_add(pause);
                }
                Some((lane, step)) => {
                    if let Some(event) = self.step(lane, step)? {
                        return Ok(event);
                    }
                }
                None => break,
            }
        }
        match self.lanes.iter_mut().find_map(|lane| lane.read(usize::MAX)) {
            Some(event) => Ok(event),
            None => std::future::pending().await,
        }
    }

    async fn start(&mut self, partition: &Partition, at: Option<Offset>) -> Result<()> {
        let Some(lane) = self.lane(partition) else {
            let message = format!("there is no log named {partition}");
            return Err(Error::new(ErrorKind::Source, message));
        };
        lane.at = Some(usize::try_from(at.unwrap_or_default().0).unwrap_or(usize::MAX));
        (lane.paused, lane.ended) = (false, false);
        Ok(())
    }

    fn pause(&mut self, partition: &Partition) {
        if let Some(lane) = self.lane(partition) {
            lane.paused = true;
        }
    }

    fn resume(&mut self, partition: &Partition) {
        if let Some(lane) = self.lane(partition) {
            lane.paused = false;
        }
    }
}
