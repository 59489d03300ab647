//! A source in memory that follows a script.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{Log, Logged};
use crate::{
    contracts::{
        Source,
        source::{Batch, Replayable, RevokeGuard, SourceEvent},
    },
    data::{Error, ErrorKind, Mark, Offset, Partition, Position, Result},
    event::Event,
};

/// The partition of [`Script::Stray`].
pub(crate) const STRAY: &str = "memory/stray";

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
    /// As `Revoke`, but only while the partition is claimed and restored, before it is started.
    RevokeEarly(Duration),
    /// As `Lost`, but only while the partition is claimed and restored, before it is started.
    LostEarly,
    /// Returns a batch of a partition that was never assigned, which no source may do.
    Stray,
}

/// A replayable source of events in memory that follows a script.
///
/// A step is skipped if its partition is paused or has ended. Rows wait until their partition is
/// started; a partition may be revoked and lost before. After the script, each partition returns
/// its remaining records in one batch and ends.
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
    in_group: bool,
}

/// One partition.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent of each other"
)]
struct Lane<E> {
    log: Log<E>,
    assigned: bool,
    /// The next record; `None` before the partition is started.
    at: Option<usize>,
    paused: bool,
    ended: bool,
    /// Whether batches have marks.
    marks: bool,
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
            marks: false,
        };
        Self {
            lanes: logs.into_iter().map(lane).collect(),
            script: script.into_iter().collect(),
            stalled: None,
            in_group: false,
        }
    }

    /// Gives each batch a mark, as if the records came from two inputs in turn, and refuses to
    /// start with another mark than belongs to the offset.
    #[must_use]
    pub fn with_marks(mut self) -> Self {
        for lane in &mut self.lanes {
            lane.marks = true;
        }
        self
    }

    /// Belongs to a group: a partition that another process has claimed is assigned again.
    #[must_use]
    pub fn in_group(mut self) -> Self {
        self.in_group = true;
        self
    }

    fn lane(&mut self, partition: &Partition) -> Option<&mut Lane<E>> {
        self.lanes
            .iter_mut()
            .find(|lane| lane.log.partition == *partition)
    }

    /// Returns whether a partition is assigned, but not started.
    fn is_starting(&self, lane: usize) -> bool {
        let lane = self.lanes.get(lane);
        lane.is_some_and(|lane| lane.assigned && lane.at.is_none() && !lane.ended)
    }

    /// Executes one step. Returns `None` if the partition cannot.
    fn step(&mut self, lane: usize, step: Script) -> Result<Option<ScriptedEvent<E>>> {
        let error = Error::new(ErrorKind::Source, "failed by script");
        match step {
            Script::Idle => return Ok(Some(SourceEvent::Idle)),
            Script::Stray => {
                let stray = Batch::new(Partition::new(STRAY), Offset(1), Vec::new());
                return Ok(Some(SourceEvent::Batch(stray)));
            }
            Script::Fail => return Err(error.retryable()),
            Script::Crash => return Err(error),
            _ => {}
        }
        let is_early = matches!(step, Script::RevokeEarly(_) | Script::LostEarly);
        let lane = self.lanes.get_mut(lane);
        let lane = lane.filter(|lane| lane.assigned && lane.at.is_none() == is_early);
        let Some(lane) = lane else { return Ok(None) };
        Ok(match step {
            Script::Rows(count) => lane.read(count),
            Script::Revoke(within) | Script::RevokeEarly(within) => Some(SourceEvent::Revoking {
                partitions: lane.leave(),
                within,
                done: RevokeGuard::new(|| {}),
            }),
            Script::Lost | Script::LostEarly => Some(SourceEvent::Lost(lane.leave())),
            _ => None,
        })
    }
}

type ScriptedEvent<E> = SourceEvent<Vec<(Offset, Logged<E>)>>;

impl<E: Event> Lane<E> {
    /// Returns the mark at an offset: every other record is one of the second input.
    fn mark(&self, next: usize) -> Mark {
        let name = |input: &str| format!("{}/{input}", self.log.partition);
        let next = next as u64;
        let inputs = [
            (name("even"), Offset(next.div_ceil(2))),
            (name("odd"), Offset(next / 2)),
        ];
        Mark::new(inputs, &next.to_le_bytes())
    }

    fn check_mark(&self, at: Option<&Position>) -> Result<()> {
        let Some(at) = at.filter(|at| self.marks && at.next > Offset(0)) else {
            return Ok(());
        };
        let wanted = usize::try_from(at.next.0).map(|next| self.mark(next)).ok();
        if at.mark == wanted {
            return Ok(());
        }
        let found = &at.mark;
        let message = format!("the mark at {} is {found:?} instead of {wanted:?}", at.next);
        Err(Error::new(ErrorKind::Source, message).at(&self.log.partition, at.next))
    }

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
        let payload = offsets.zip(records.iter().cloned()).collect();
        let name = self.log.partition.clone();
        let mut batch = Batch::new(name, Offset(next as u64), payload);
        batch.mark = self.marks.then(|| self.mark(next));
        Some(SourceEvent::Batch(batch))
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
                Some((lane, Script::Rows(count))) if self.is_starting(lane) => {
                    // Its turn comes again when it is started.
                    self.script.push_front((lane, Script::Rows(count)));
                    return std::future::pending().await;
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

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        let Some(lane) = self.lane(partition) else {
            let message = format!("there is no log named {partition}");
            return Err(Error::new(ErrorKind::Source, message));
        };
        lane.check_mark(at)?;
        lane.at = Some(usize::try_from(at.map_or(0, |at| at.next.0)).unwrap_or(usize::MAX));
        (lane.paused, lane.ended) = (false, false);
        Ok(())
    }

    fn in_group(&self) -> bool {
        self.in_group
    }

    fn fenced(&mut self, partition: &Partition) {
        let in_group = self.in_group;
        if let Some(lane) = self.lane(partition) {
            lane.leave();
            (lane.assigned, lane.ended) = (!in_group, !in_group);
        }
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
