//! Runs a pipeline: the one place that waits, measures time and calls source, sinks and store.

use std::{collections::BTreeMap, future::Future, pin::pin, sync::Arc, time::Duration};

use tokio::{
    task::yield_now,
    time::{Instant, sleep_until, timeout},
};
use tracing::{Instrument, debug_span};

use super::{
    Bound, EpochLimits, Pipeline,
    limits::Retry,
    observe::{Seen, Stage},
    report::{Ending, Ledger, Report},
    ticks::Ticker,
    workers::Workers,
};
use crate::{
    Decode, Error, ErrorKind, Offset, Partition, Result, Source,
    checkpoint::CheckpointStore,
    committer::{Committer, Landed, Step},
    planted::{Bug, planted},
    source::{Batch, RevokeGuard, SourceEvent},
    task::{ForkJoin, Piece, Plan, Round, Task},
};

/// How many batches a round takes for each worker, if so many are ready. Our choice: of the 256 KiB that a
/// file gives at a time, 1 MiB each, next to which waking a worker costs nothing.
const BATCHES_PER_WORKER: usize = 4;

/// What a turn of the loop begins with.
enum Turn<P> {
    Stop,
    Seal,
    Tick,
    Source(SourceEvent<P>),
}

struct Driver<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore> {
    source: Src,
    decode: D,
    plan: Plan<D::Event>,
    workers: Workers,
    round: Round<D::Event>,
    store: S,
    sinks: Vec<Box<dyn Bound<S>>>,
    limits: EpochLimits,
    retry: Retry,
    seen: Arc<Seen>,
    committer: Committer,
    /// What came while a round was gathered, and is not part of it.
    upcoming: Option<Result<SourceEvent<Src::Payload>>>,
    tasks: BTreeMap<Partition, Task<D::Event>>,
    ledger: Ledger,
    ticker: Ticker,
    /// The open epoch: since when, and how many records.
    opened: Option<Instant>,
    rows: u64,
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
    if let Some(wrong) = pipeline.wrong {
        return seen.ended(Err(wrong));
    }
    if let Some(ticks) = &pipeline.ticks
        && let Err(wrong) = ticks.check(&plan.order, pipeline.source.follows())
    {
        return seen.ended(Err(wrong));
    }
    let names = plan.outlets.iter().map(|outlet| Arc::clone(&outlet.name));
    let ways = pipeline.sinks.iter().map(|sink| sink.way());
    let driver = Driver {
        committer: Committer::new(names.zip(ways).collect()),
        source: pipeline.source,
        decode: pipeline.decode,
        plan,
        workers: Workers::start(pipeline.workers)?,
        round: Round::new(),
        store: pipeline.store,
        sinks: pipeline.sinks,
        limits: pipeline.limits,
        retry: pipeline.retry,
        seen: Arc::clone(&seen),
        upcoming: None,
        tasks: BTreeMap::new(),
        ledger: Ledger::default(),
        ticker: Ticker::new(pipeline.ticks),
        opened: None,
        rows: 0,
        anything: false,
        read: 0,
    };
    let outcome = driver.run(stop).instrument(seen.span()).await;
    seen.ended(outcome)
}

impl<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore> Driver<Src, D, S> {
    async fn run(mut self, stop: impl Future<Output = ()> + Send) -> Result<Report> {
        let mut stop = pin!(stop);
        loop {
            let event = match self.turn(&mut stop).await? {
                Turn::Stop => {
                    self.seen.stopping();
                    self.commit_all().await?;
                    return Ok(self.ledger.report(Ending::Stopped, self.read));
                }
                Turn::Seal => {
                    self.commit_all().await?;
                    continue;
                }
                Turn::Tick => {
                    self.tick().await?;
                    continue;
                }
                Turn::Source(event) => event,
            };
            self.ticker.hear(&event);
            match event {
                SourceEvent::Assigned(partitions) => self.assign(&partitions).await?,
                SourceEvent::Batch(batch) => self.batch(batch).await?,
                SourceEvent::Idle => self.tick().await?,
                SourceEvent::End(partition) => {
                    if self.end(&partition).await? {
                        let complete = Ending::Complete;
                        let ending = if self.anything {
                            complete
                        } else {
                            Ending::AlreadyComplete
                        };
                        return Ok(self.ledger.report(ending, self.read));
                    }
                }
                SourceEvent::Revoking {
                    partitions,
                    within,
                    done,
                } => {
                    self.revoke(&partitions, within, done).await?;
                }
                SourceEvent::Lost(partitions) => {
                    if planted(Bug::LostPartitionCommitted) {
                        self.commit(|name| partitions.contains(name)).await?;
                    }
                    self.lose(&partitions);
                }
            }
        }
    }

    /// Forgets partitions: nothing of them is committed any more.
    fn lose(&mut self, partitions: &[Partition]) {
        self.tasks.retain(|name, _| !partitions.contains(name));
        self.seen.lost(partitions);
    }

    /// Waits for the source, the epoch's end or the stop. The source's future is cancel-safe by contract.
    async fn turn(
        &mut self,
        stop: &mut (impl Future<Output = ()> + Unpin),
    ) -> Result<Turn<Src::Payload>> {
        let mut delays = self.retry.delays();
        // A source that never waits would otherwise keep timers and signals from being heard.
        yield_now().await;
        loop {
            // No interval at all: the other limits close the epoch.
            let due = self
                .opened
                .and_then(|opened| opened.checked_add(self.limits.interval));
            if due.is_some_and(|due| due <= Instant::now()) {
                return Ok(Turn::Seal);
            }
            let epoch = at(due);
            let tick = self.ticker.due();
            let next = tokio::select! {
                biased;
                () = &mut *stop => return Ok(Turn::Stop),
                () = epoch => return Ok(Turn::Seal),
                next = self.next() => next,
                () = at(tick) => return Ok(Turn::Tick),
            };
            match next {
                Ok(event) => {
                    self.seen.heard();
                    return Ok(Turn::Source(event));
                }
                Err(error) => self.seen.wait(Stage::Read, error, &mut delays).await?,
            }
        }
    }

    /// What the source says next. Cancel-safe as the source is.
    async fn next(&mut self) -> Result<SourceEvent<Src::Payload>> {
        match self.upcoming.take() {
            Some(event) => event,
            None => self.source.next().await,
        }
    }

    /// Claims, restores and starts each partition by itself.
    async fn assign(&mut self, partitions: &[Partition]) -> Result<()> {
        for partition in partitions {
            let mut delays = self.retry.delays();
            let claim = loop {
                match self.store.claim(partition).await {
                    Ok(claim) => break claim,
                    Err(error) => self.seen.wait(Stage::Claim, error, &mut delays).await?,
                }
            };
            let at = claim.next;
            self.seen.claimed(partition, &claim);
            self.ledger.claimed(partition, &claim);
            self.committer.assign(partition, &claim.tallies);
            let task = Task::restore(&self.plan, partition, claim, self.workers.workers())?;
            let mut delays = self.retry.delays();
            while let Err(error) = self.source.start(partition, at).await {
                self.seen.wait(Stage::Start, error, &mut delays).await?;
            }
            self.tasks.insert(partition.clone(), task);
            self.seen
                .assigned(partition, at, self.source.end(partition));
        }
        Ok(())
    }

    async fn batch(&mut self, batch: Batch<Src::Payload>) -> Result<()> {
        let before;
        if self.workers.workers() == 1 {
            before = self.read_so_far();
            let Some(task) = self.tasks.get_mut(&batch.partition) else {
                return Ok(());
            };
            task.batch(&self.plan, &self.decode, batch)?;
        } else {
            let batches = self.gather(batch).await;
            before = self.read_so_far();
            let Self {
                tasks,
                plan,
                decode,
                workers,
                ..
            } = self;
            self.round.run(tasks, plan, decode, batches, workers)?;
        }
        let read = self.read_so_far() - before;
        self.rows += read;
        self.read += read;
        self.anything = true;
        self.opened.get_or_insert_with(Instant::now);
        let waiting = self.tasks.values().map(Task::waiting);
        let (results, bytes) = waiting.fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
        self.seen.computed(&self.tasks, self.read, (results, bytes));
        let EpochLimits {
            rows,
            results: most,
            bytes: heaviest,
            ..
        } = self.limits;
        if self.rows >= rows || results >= most || bytes >= heaviest {
            self.commit_all().await?;
        }
        Ok(())
    }

    /// Adds to a batch those that are ready now, for a round of all workers.
    async fn gather(&mut self, first: Batch<Src::Payload>) -> Vec<Batch<Src::Payload>> {
        let most = BATCHES_PER_WORKER * self.workers.workers();
        let mut batches = vec![first];
        while batches.len() < most && self.upcoming.is_none() {
            let ready = tokio::select! {
                biased;
                ready = self.source.next() => ready,
                () = std::future::ready(()) => break,
            };
            match ready {
                Ok(SourceEvent::Batch(batch)) => batches.push(batch),
                // At once: the next commit must not hold them any more.
                Ok(SourceEvent::Lost(partitions)) => {
                    self.lose(&partitions);
                    batches.retain(|batch| !partitions.contains(&batch.partition));
                }
                other => self.upcoming = Some(other),
            }
        }
        batches
    }

    fn read_so_far(&self) -> u64 {
        self.tasks.values().map(|task| task.counts().read).sum()
    }

    /// Flushes an ended partition; returns whether it was the last.
    async fn end(&mut self, partition: &Partition) -> Result<bool> {
        if let Some(task) = self.tasks.get_mut(partition) {
            self.anything |= !task.has_ended();
            task.end(&self.plan, &self.workers);
            self.opened.get_or_insert_with(Instant::now);
        }
        let all = !self.tasks.is_empty() && self.tasks.values().all(Task::has_ended);
        if all {
            self.commit_all().await?;
        }
        Ok(all)
    }

    /// Moves the clocks of silent keys, if a tick is due, and commits what came of it with its time.
    async fn tick(&mut self) -> Result<()> {
        let Some(floor) = self.ticker.floor() else {
            return Ok(());
        };
        for task in self.tasks.values_mut() {
            task.tick(&self.plan, &self.workers, floor);
        }
        if !self.tasks.values().any(Task::has_changed) {
            return Ok(());
        }
        self.anything = true;
        self.commit_all().await
    }

    async fn revoke(
        &mut self,
        partitions: &[Partition],
        within: Duration,
        done: RevokeGuard,
    ) -> Result<()> {
        // Only what leaves is sealed. Out of time: the next owner computes it again, the fence keeps our
        // commit out, and what stays here has lost nothing.
        let leaving = |name: &Partition| partitions.contains(name);
        if let Ok(committed) = timeout(within, self.commit(leaving)).await {
            // What the next owner has claimed already is released as well.
            committed?;
        }
        self.tasks.retain(|name, _| !partitions.contains(name));
        self.seen.revoked(partitions);
        drop(done);
        Ok(())
    }

    async fn commit_all(&mut self) -> Result<()> {
        let fenced = self.commit(|_| true).await?;
        self.opened = None;
        self.rows = 0;
        let Some((partition, next)) = fenced.first().filter(|_| self.tasks.is_empty()) else {
            return Ok(());
        };
        let message =
            "another process has claimed this partition and goes on with it: stop one of the two";
        Err(Error::new(ErrorKind::Fenced, message).at(partition, *next))
    }

    /// Commits what has changed in the chosen partitions; returns those that are someone else's now, and
    /// where they were.
    async fn commit(
        &mut self,
        chosen: impl Fn(&Partition) -> bool + Send,
    ) -> Result<Vec<(Partition, Offset)>> {
        let chosen = self.tasks.iter_mut().filter(|(name, _)| chosen(name));
        let changed = chosen
            .map(|(_, task)| task)
            .filter(|task| task.has_changed());
        let pieces: Vec<Piece> = changed
            .map(|task| task.seal(&self.plan, &self.workers))
            .collect();
        if pieces.is_empty() {
            return Ok(Vec::new());
        }
        if planted(Bug::AckBeforeCommit) {
            for piece in &pieces {
                let (name, next) = (&piece.sealed.partition, piece.sealed.next);
                self.source.committed(name, next).await?;
            }
        }
        let sealed = self.seen.sealed(&pieces, self.opened);
        self.committer.open(pieces);
        let landed = self.carry_out().instrument(debug_span!("commit")).await?;
        self.seen.landed(sealed);
        for sealed in landed.done {
            let mut delays = self.retry.delays();
            while let Err(error) = self.source.committed(&sealed.partition, sealed.next).await {
                self.seen
                    .wait(Stage::Acknowledge, error, &mut delays)
                    .await?;
            }
            self.seen
                .committed(&sealed, self.source.end(&sealed.partition));
            self.ledger.committed(sealed);
        }
        self.seen.fenced(&landed.fenced);
        let fenced = landed.fenced.into_iter();
        Ok(fenced
            .filter_map(|name| self.tasks.remove(&name).map(|task| (name, task.next())))
            .collect())
    }

    /// Does what the committer says until the epoch is closed.
    async fn carry_out(&mut self) -> Result<Landed> {
        let mut tx = None;
        let mut delays = self.retry.delays();
        loop {
            let step = self.committer.step();
            let error = match self.take(step, &mut tx).await {
                Ok(()) if step == Step::Finished => return Ok(self.committer.finish()),
                Ok(()) => {
                    // Each step has tries of its own.
                    delays = self.retry.delays();
                    continue;
                }
                Err(error) => error,
            };
            let in_tx = !matches!(step, Step::Publish { .. });
            if in_tx
                && !(planted(Bug::RetryInsideTransaction) && matches!(step, Step::Store { .. }))
            {
                // Rolls back whatever is open.
                tx = None;
            }
            let error = match (error.position(), self.committer.place(step.piece())) {
                (None, Some((partition, next))) => error.at(partition, next),
                _ => error,
            };
            self.committer.failed();
            self.seen.wait(step.into(), error, &mut delays).await?;
        }
    }

    async fn take(&mut self, step: Step, tx: &mut Option<S::Tx>) -> Result<()> {
        match step {
            Step::Begin => {
                *tx = Some(self.store.begin().await?);
                self.committer.begun();
            }
            Step::Publish { piece, sink } | Step::Store { piece, sink } => {
                let rows = self.committer.rows(piece, sink);
                let (Some(rows), Some(bound)) = (rows, self.sinks.get_mut(sink)) else {
                    return Ok(());
                };
                let dead = bound.write(tx.as_mut(), rows).await?;
                self.committer.written(dead);
            }
            Step::Commit => {
                // The committer opens a transaction before it asks for the commit.
                let Some(tx) = tx.take() else { return Ok(()) };
                let answer = self.store.commit(tx, self.committer.seals()).await?;
                self.committer.committed(answer);
            }
            Step::Ask { piece } => {
                let Some((partition, _)) = self.committer.place(piece) else {
                    return Ok(());
                };
                let progress = self.store.progress(partition).await?;
                self.committer.answered(progress);
            }
            Step::Finished => {}
        }
        Ok(())
    }
}

/// Waits until then; without a time, for ever.
async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
