//! Runs a pipeline: the one place that waits, measures time and calls source, sinks and store.
//!
//! ```text
//! turn ─┬─ source: batches   -> round: decode, order, graph
//!       ├─ source: ownership -> partitions: claim and restore, hand over, forget
//!       ├─ epoch is due      -> epoch: seal, and send it off to be committed
//!       └─ epoch has landed  -> epoch: acknowledge
//! ```
//! While one epoch is being committed the next is computed.

mod epoch;
mod partitions;
mod round;
mod turn;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    future::Future,
    sync::Arc,
};

use tokio::time::Instant;
use tracing::Instrument;
use turn::Turn;

use super::{
    EpochLimits, Pipeline,
    commit::CommitSide,
    flight::Flight,
    observe::Seen,
    report::{Ending, Ledger, Report},
    retry::{Patience, Tries},
    snapshots::Schedule,
    stop::{self, Stop},
    ticks::Ticker,
    workers::Workers,
};
use crate::{
    contracts::{Decode, Source, checkpoint::CheckpointStore, source::SourceEvent},
    data::{Offset, Partition, Result},
    engine::task::{CommitKind, Plan, Round, Task},
    planted::{Bug, planted},
};

/// What the source said that is not handled yet.
type Said<Src> = Result<SourceEvent<<Src as Source>::Payload>>;

/// What is computed and not sealed yet.
#[derive(Default)]
struct Epoch {
    /// When something was computed first.
    opened: Option<Instant>,
    /// Records read.
    rows: u64,
    /// It is to be sent off as soon as none is away.
    closing: bool,
}

impl Epoch {
    /// Something was computed.
    fn open(&mut self) {
        self.opened.get_or_insert_with(Instant::now);
    }
}

struct Driver<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore> {
    source: Src,
    decode: D,
    plan: Plan<D::Event>,
    workers: Workers,
    round: Round<D::Event>,
    flight: Flight<S>,
    limits: EpochLimits,
    schedule: Schedule,
    patience: Patience,
    stop: Stop,
    tasks: BTreeMap<Partition, Task<D::Event>>,
    /// Partitions that ended in this run.
    ended: BTreeSet<Partition>,
    ledger: Ledger,
    /// What came while a round was gathered, or in spite of a pause.
    upcoming: Option<Said<Src>>,
    /// When to ask a source again that has failed.
    source_rests: Option<(Instant, Tries)>,
    /// Partitions that are to give no more for now.
    paused: BTreeSet<Partition>,
    /// What the source is still to be told.
    acknowledge: VecDeque<(Partition, Offset)>,
    epoch: Epoch,
    /// When the epoch that is away was sealed.
    sealed: Option<Instant>,
    ticker: Ticker,
    /// Whether anything happened in this run, and how many records were read.
    anything: bool,
    read: u64,
}

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
    plan.clock = Seen::clock();
    let seen = Arc::new(Seen::new(&plan, pipeline.health, pipeline.on_retry));
    let ticks = pipeline.ticks.as_ref();
    let checked = pipeline.wrong.map_or(Ok(()), Err).and_then(|()| {
        let follows = pipeline.source.follows();
        ticks.map_or(Ok(()), |ticks| {
            ticks.check(&plan.order, follows)?;
            pipeline.snapshots.check_ticks()
        })
    });
    let workers = match checked.and_then(|()| Workers::start(pipeline.workers)) {
        Ok(workers) => workers,
        Err(wrong) => return seen.ended(Err(wrong)),
    };
    let run = |stop: Stop| {
        let patience = Patience {
            retry: pipeline.retry,
            seen: Arc::clone(&seen),
            stop: stop.clone(),
        };
        let side = CommitSide::new(pipeline.store, pipeline.sinks, patience.clone());
        let driver = Driver {
            source: pipeline.source,
            decode: pipeline.decode,
            plan,
            workers,
            round: Round::new(),
            flight: Flight::new(side),
            limits: pipeline.limits,
            schedule: Schedule::start(pipeline.snapshots),
            patience,
            stop,
            tasks: BTreeMap::new(),
            ended: BTreeSet::new(),
            ledger: Ledger::default(),
            upcoming: None,
            source_rests: None,
            paused: BTreeSet::new(),
            acknowledge: VecDeque::new(),
            epoch: Epoch::default(),
            sealed: None,
            ticker: Ticker::new(pipeline.ticks),
            anything: false,
            read: 0,
        };
        driver.run()
    };
    let run = stop::run_until(run, stop, pipeline.stop_within, &seen);
    let outcome = run.instrument(seen.span()).await;
    seen.ended(outcome)
}

impl<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore> Driver<Src, D, S> {
    async fn run(mut self) -> Result<Report> {
        let done = self.serve().await;
        if done.is_err() {
            // What was sealed before the fault is still committed, if it can be.
            let _ = self.flight.land().await;
        }
        done
    }

    async fn serve(&mut self) -> Result<Report> {
        loop {
            match self.turn().await? {
                Turn::Stop => {
                    self.patience.seen.stopping();
                    self.settle().await?;
                    return Ok(self.ledger.report(Ending::Stopped, self.read));
                }
                Turn::Seal => {
                    let written = self.schedule.next();
                    self.seal(|_| true, written)?;
                }
                Turn::Landed(landed) => {
                    let fenced = self.landed(landed).await?;
                    self.refuse_if_alone(&fenced)?;
                }
                Turn::Tick => self.tick()?,
                Turn::Source(event) => self.hear(event).await?,
            }
            if self.is_complete() {
                self.settle().await?;
                let ending = if self.anything {
                    Ending::Complete
                } else {
                    Ending::AlreadyComplete
                };
                return Ok(self.ledger.report(ending, self.read));
            }
        }
    }

    async fn hear(&mut self, event: SourceEvent<Src::Payload>) -> Result<()> {
        self.ticker.hear(&event, !self.paused.is_empty());
        match event {
            SourceEvent::Assigned(partitions) => self.assign(&partitions).await?,
            SourceEvent::Batch(batch) => self.batch(batch).await?,
            SourceEvent::Idle => self.tick()?,
            SourceEvent::End(partition) => self.end(partition)?,
            SourceEvent::Revoking {
                partitions,
                within,
                done,
            } => {
                self.revoke(&partitions, within, done).await?;
            }
            SourceEvent::Lost(partitions) => {
                if planted(Bug::LostPartitionCommitted) {
                    self.land().await?;
                    self.seal(|name| partitions.contains(name), CommitKind::Snapshot)?;
                    self.land().await?;
                }
                self.lose(&partitions);
            }
        }
        Ok(())
    }

    /// Whether every partition that is ours has ended.
    fn is_complete(&self) -> bool {
        let mut ours = self.tasks.keys();
        !self.tasks.is_empty() && ours.all(|partition| self.ended.contains(partition))
    }
}
