//! Runs a pipeline: the only place that waits, measures time, and calls source, sinks and store.
//!
//! ```text
//! turn ─┬─ source: batches      -> round: decode, order, graph
//!       ├─ source: ownership    -> partitions: claim, hand over, forget
//!       ├─ partition is restored -> partitions: start
//!       ├─ epoch is due         -> epoch: seal, and start to commit
//!       └─ epoch is committed   -> epoch: acknowledge
//! ```
//! While one epoch is being committed, the next is computed.

mod epoch;
mod partitions;
mod round;
mod turn;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    future::Future,
    sync::Arc,
    time::Duration,
};

use partitions::Starting;
use tokio::time::{Instant, timeout};
use tracing::Instrument;
use turn::Turn;

use super::{
    EpochLimits, Pipeline,
    background_commit::BackgroundCommit,
    claims::Claims,
    commit::CommitSide,
    observe::Observer,
    report::{Ending, Ledger, Report},
    retry::{Attempts, RetryContext},
    silence::{self, Silences},
    snapshots::Schedule,
    stop::{self, Stop},
    ticks::Ticker,
    workers::Workers,
};
use crate::{
    contracts::{
        Decode, Source,
        checkpoint::CheckpointStore,
        source::{SourceEvent, SourceKind},
    },
    data::{Error, ErrorKind, Partition, Position, Result},
    engine::task::{CommitKind, ForkJoin as _, Plan, Round, Task},
    planted::{Bug, planted},
};

/// What the source returned when it was polled.
type Polled<Src> = Result<SourceEvent<<Src as Source>::Payload>>;

/// The open epoch: everything that is computed and not sealed yet.
#[derive(Default)]
struct Epoch {
    /// When it received its first record; `None` if it is empty.
    opened: Option<Instant>,
    /// The number of records read.
    rows: u64,
    /// Seal it as soon as no commit is running.
    closing: bool,
}

impl Epoch {
    /// Opens the epoch, unless it is open.
    fn open(&mut self) {
        self.opened.get_or_insert_with(Instant::now);
    }
}

struct Driver<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore> {
    source: Src,
    kind: SourceKind,
    decode: D,
    plan: Arc<Plan<D::Event>>,
    workers: Workers,
    round: Round<D::Event>,
    commit: BackgroundCommit<S>,
    limits: EpochLimits,
    schedule: Schedule,
    retry: RetryContext,
    observer: Arc<Observer>,
    stop: Stop,
    stop_within: Duration,
    tasks: BTreeMap<Partition, Task<D::Event>>,
    /// Partitions that are being claimed and restored.
    claims: Claims<S, D::Event>,
    /// Partitions that are restored, but that the source has not started.
    starting: VecDeque<Starting<D::Event>>,
    /// Partitions that another process has claimed, and about which the group has not decided.
    undecided: BTreeSet<Partition>,
    /// Partitions that give no more in this run, but may in the next.
    closed: BTreeSet<Partition>,
    /// Partitions that ended in this run.
    ended: BTreeSet<Partition>,
    ledger: Ledger,
    /// Polled while a round was gathered, or despite a pause, and not handled yet.
    upcoming: Option<Polled<Src>>,
    /// When to poll the source again after an error.
    source_retry: Option<(Instant, Attempts)>,
    /// Whether the source has failed for good.
    source_failed: bool,
    /// Whether no batch is taken, because two epochs are full.
    is_pausing: bool,
    /// Partitions that are paused for it.
    paused: BTreeSet<Partition>,
    /// Partitions that are being handed over.
    leaving: Vec<Partition>,
    /// Partitions that were paused when they left.
    left_paused: BTreeSet<Partition>,
    /// Committed positions that the source does not know of yet.
    acknowledge: VecDeque<(Partition, Position)>,
    epoch: Epoch,
    /// When the epoch that is being committed was sealed.
    sealed: Option<Instant>,
    ticker: Ticker,
    /// When to look for keys that have fallen silent.
    silences: Silences,
    /// Whether this run computed anything.
    progressed: bool,
    /// How many records this run has read.
    read: u64,
    /// How many batches of partitions without a task the source has returned.
    unowned: u64,
}

/// Runs a pipeline until its input ends, `stop` resolves, or an error stops it.
pub(super) async fn run<Src, D, S, G>(
    pipeline: Pipeline<Src, D, S, G>,
    stop: impl Future<Output = ()> + Send,
) -> Result<Report>
where
    Src: Source,
    D: Decode<Src::Payload>,
    S: CheckpointStore,
{
    let mut plan = pipeline.plan;
    plan.clock = Observer::clock();
    let observer = Arc::new(Observer::new(&plan, pipeline.health, pipeline.on_retry));
    let ticks = pipeline.ticks.as_ref();
    let checked = pipeline.wrong.map_or(Ok(()), Err).and_then(|()| {
        let follows = pipeline.source.follows();
        let is_timed = ticks.is_some() || pipeline.release_after.is_some();
        if plan.by_arrival && (is_timed || !plan.keys.is_none()) {
            let message = "ticks, releases and limits on keys need the order of one reader: remove \
                           them from a pipeline over a queue";
            return Err(Error::new(ErrorKind::Config, message));
        }
        if ticks.is_some() || pipeline.release_after.is_some() {
            pipeline.snapshots.check_ticks()?;
        }
        pipeline.snapshots.check_source(pipeline.source.repeats())?;
        ticks.map_or(Ok(()), |ticks| ticks.check(&plan.order, follows))
    });
    let is_live = pipeline.kind == SourceKind::Live;
    let idle = is_live.then(|| silence::default_idle(&plan.order));
    let release_after = pipeline.release_after.or(idle);
    let plan = Arc::new(plan);
    let workers = match checked.and_then(|()| Workers::start(pipeline.workers)) {
        Ok(workers) => workers,
        Err(wrong) => return observer.ended(Err(wrong)),
    };
    let run = |stop: Stop| {
        let retry = RetryContext {
            policy: pipeline.retry,
            observer: Arc::clone(&observer),
            stop: stop.clone(),
        };
        let (store, shards) = (pipeline.store.clone(), workers.workers());
        let claims = Claims::new(store, Arc::clone(&plan), shards, retry.clone());
        let side = CommitSide::new(pipeline.store, pipeline.sinks, retry.clone());
        let driver = Driver {
            source: pipeline.source,
            kind: pipeline.kind,
            decode: pipeline.decode,
            plan,
            workers,
            round: Round::new(),
            commit: BackgroundCommit::new(side),
            limits: pipeline.limits,
            schedule: Schedule::start(pipeline.snapshots),
            retry,
            observer: Arc::clone(&observer),
            stop,
            stop_within: pipeline.stop_within,
            tasks: BTreeMap::new(),
            claims,
            starting: VecDeque::new(),
            undecided: BTreeSet::new(),
            closed: BTreeSet::new(),
            ended: BTreeSet::new(),
            ledger: Ledger::default(),
            upcoming: None,
            source_retry: None,
            source_failed: false,
            is_pausing: false,
            paused: BTreeSet::new(),
            leaving: Vec::new(),
            left_paused: BTreeSet::new(),
            acknowledge: VecDeque::new(),
            epoch: Epoch::default(),
            sealed: None,
            ticker: Ticker::new(pipeline.ticks),
            silences: Silences::new(release_after),
            progressed: false,
            read: 0,
            unowned: 0,
        };
        driver.run()
    };
    let run = stop::run_until(run, stop, pipeline.stop_within, &observer);
    let outcome = run.instrument(observer.span()).await;
    observer.ended(outcome)
}

impl<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore> Driver<Src, D, S> {
    async fn run(mut self) -> Result<Report> {
        let done = self.serve().await;
        if done.is_err() {
            self.salvage().await;
        }
        done
    }

    /// Commits what can be committed after an error: everything that was read before the source
    /// failed, and only what was sealed after any other error, which may have left a task halfway.
    async fn salvage(&mut self) {
        let saved = timeout(self.stop_within, async {
            if self.source_failed && !planted(Bug::EpochDroppedOnSourceError) {
                self.settle_all_read().await
            } else {
                self.commit.wait().await.map(drop)
            }
        });
        match saved.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.observer.not_salvaged(&error.to_string()),
            Err(_) => self.observer.not_salvaged("the commit took too long"),
        }
    }

    /// Commits everything that was read, also what is held back because two epochs wait.
    async fn settle_all_read(&mut self) -> Result<()> {
        if let Some(Ok(SourceEvent::Batch(batch))) = self.upcoming.take() {
            self.take(vec![batch])?;
        }
        self.settle().await
    }

    async fn serve(&mut self) -> Result<Report> {
        loop {
            match self.turn().await? {
                Turn::Stop => {
                    self.observer.stopping();
                    self.settle_all_read().await?;
                    return Ok(self.report(Ending::Stopped));
                }
                Turn::Seal => {
                    let written = self.schedule.next();
                    self.seal(|_| true, written)?;
                }
                Turn::Committed(committed) => {
                    let fenced = self.record_commit(committed).await?;
                    self.stop_if_fenced_out(&fenced)?;
                }
                Turn::Tick => self.tick()?,
                Turn::Silence => self.release_silent()?,
                Turn::Claimed(claimed) => self.restored(*claimed)?,
                Turn::Start => self.start().await?,
                Turn::Source(event) => self.handle(event).await?,
            }
            if self.is_complete() {
                self.settle().await?;
                if !self.is_complete() && self.source.in_group() {
                    continue;
                }
                let ending = if !self.closed.is_empty() {
                    Ending::Closed
                } else if self.progressed {
                    Ending::Complete
                } else {
                    Ending::AlreadyComplete
                };
                return Ok(self.report(ending));
            }
        }
    }

    fn report(&self, ending: Ending) -> Report {
        let report = self.ledger.report(ending, self.read);
        let tasks = self.tasks.values();
        Report {
            unowned_batches: self.unowned,
            held_rows: tasks.clone().map(Task::held).sum(),
            oldest_held: tasks.filter_map(Task::oldest_held).min(),
            ..report
        }
    }

    async fn handle(&mut self, event: SourceEvent<Src::Payload>) -> Result<()> {
        self.ticker.observe(&event, !self.paused.is_empty());
        match event {
            SourceEvent::Assigned(partitions) => self.assign(partitions),
            SourceEvent::Batch(batch) => self.batch(batch).await?,
            SourceEvent::Idle => self.tick()?,
            SourceEvent::End(partition) => self.end(partition)?,
            SourceEvent::Closed(partition) => self.close(partition)?,
            SourceEvent::Revoking {
                partitions,
                within,
                done,
            } => {
                self.revoke(&partitions, within, done).await?;
            }
            SourceEvent::Lost(partitions) => {
                if planted(Bug::LostPartitionCommitted) {
                    self.finish_commit().await?;
                    self.seal(|name| partitions.contains(name), CommitKind::Snapshot)?;
                    self.finish_commit().await?;
                }
                self.lose(&partitions);
            }
        }
        Ok(())
    }

    /// Returns whether a partition gives no more in this run.
    fn is_over(&self, partition: &Partition) -> bool {
        self.ended.contains(partition) || self.closed.contains(partition)
    }

    /// Returns whether every partition that this process owns has ended.
    fn is_complete(&self) -> bool {
        let mut ours = self.tasks.keys();
        let is_whole = !self.claims.is_busy() && self.starting.is_empty();
        let is_decided = self.undecided.is_empty() && !self.tasks.is_empty();
        is_whole && is_decided && ours.all(|partition| self.is_over(partition))
    }
}
