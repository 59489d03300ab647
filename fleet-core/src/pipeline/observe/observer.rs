//! The observer of a run: turns what the driver does into health, metrics and traces.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};
use tracing::{Span, debug, error, info, info_span, warn};

use super::{
    Health, PartitionHealth, Phase, RestoreProgress, RetriedOperation, Trouble,
    added::{fates, sink_rows},
    metric::{Labels, Metric},
    metrics,
};
use crate::{
    contracts::checkpoint::{Claim, Sealed},
    data::{Error, EventTime, InputOffset, Mark, Offset, Partition, Position, Result},
    engine::{
        graph::Clock,
        task::{Piece, Plan, Task},
    },
    event::Event,
    pipeline::{OnRetry, Report},
};

/// Observes the driver, and updates health, metrics and traces.
pub(in crate::pipeline) struct Observer {
    pipeline: Arc<str>,
    /// The names of the graph's nodes.
    nodes: Vec<Arc<str>>,
    health: watch::Sender<Health>,
    on_retry: Option<OnRetry>,
    /// When the oldest row in the order buffer was last looked up.
    looked: Mutex<Option<Instant>>,
}

/// What the source says of a partition, beside its records.
#[derive(Default)]
pub(in crate::pipeline) struct Input {
    pub(in crate::pipeline) end: Option<Offset>,
    pub(in crate::pipeline) ends: Vec<InputOffset>,
    pub(in crate::pipeline) lag_time: Option<Duration>,
}

/// How often the oldest row in the order buffer is looked up, at most: that looks at every key. Our
/// choice: a look at a million keys takes some milliseconds.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Observer {
    pub(in crate::pipeline) fn new<E: Event>(
        plan: &Plan<E>,
        health: watch::Sender<Health>,
        on_retry: Option<OnRetry>,
    ) -> Self {
        for metric in &metrics::METRICS {
            metric.describe();
        }
        Self {
            pipeline: Arc::clone(&plan.name),
            nodes: plan.graph.names().map(Arc::from).collect(),
            health,
            on_retry,
            looked: Mutex::new(None),
        }
    }

    /// Returns the clock that measures the nodes, if metrics are recorded.
    pub(in crate::pipeline) fn clock() -> Option<Clock> {
        fn since_start() -> Duration {
            static START: OnceLock<Instant> = OnceLock::new();
            START.get_or_init(Instant::now).elapsed()
        }
        cfg!(feature = "metrics").then_some(since_start)
    }

    /// Returns the span of the whole run.
    pub(in crate::pipeline) fn span(&self) -> Span {
        info_span!("pipeline", name = %self.pipeline)
    }

    /// Partitions were assigned, and are about to be claimed.
    pub(in crate::pipeline) fn claiming(&self, partitions: &[Partition]) {
        let new = |partition: &Partition| (partition.clone(), RestoreProgress::default());
        self.health.send_modify(|health| {
            health.restoring.extend(partitions.iter().map(new));
            health.rebalances.assigned += partitions.len() as u64;
        });
        self.moved("assigned", partitions);
        self.count_partitions();
    }

    /// The state of a partition is being restored.
    pub(in crate::pipeline) fn restoring(&self, partition: &Partition, restored: usize, of: usize) {
        let of = Some(of);
        self.health.send_if_modified(|health| {
            let known = health.restoring.get_mut(partition);
            // It may have been revoked or lost meanwhile.
            known.is_some_and(|known| {
                *known = RestoreProgress { restored, of };
                true
            })
        });
    }

    /// A partition was claimed, and its state is restored.
    pub(in crate::pipeline) fn claimed(
        &self,
        partition: &Partition,
        claim: &Claim,
        mark: Option<&Mark>,
    ) {
        let token = claim.token;
        debug!(%partition, token, "restored");
        let known = PartitionHealth {
            committed: claim.next,
            mark: mark.cloned(),
            computed: claim.next.unwrap_or_default(),
            read: claim.counts.read,
            end: None,
            lag_time: None,
            ends: Vec::new(),
            counts: claim.counts,
            tallies: claim.tallies.clone(),
        };
        self.health.send_modify(|health| {
            health.restoring.remove(partition);
            health.partitions.insert(partition.clone(), known);
        });
    }

    /// A partition was started at this offset.
    pub(in crate::pipeline) fn assigned(
        &self,
        partition: &Partition,
        at: Option<Position>,
        input: Input,
    ) {
        let at = at.unwrap_or_default().next;
        info!(%partition, %at, "assigned");
        self.health.send_modify(|health| {
            health.phase = Phase::Running;
            health.settle(partition);
            if let Some(known) = health.partitions.get_mut(partition) {
                (known.end, known.ends) = (input.end, input.ends);
                known.lag_time = input.lag_time;
            }
        });
        self.count_partitions();
    }

    /// The source returned an event, so reading works again.
    pub(in crate::pipeline) fn source_answered(&self) {
        if !self.health.borrow().troubles.is_empty() {
            self.health
                .send_modify(|health| _ = health.troubles.remove(&RetriedOperation::Read));
        }
    }

    /// Records were read and computed; these rows and bytes wait for a commit.
    pub(in crate::pipeline) fn computed<E: Event>(
        &self,
        tasks: &BTreeMap<Partition, Task<E>>,
        (rows, bytes): (usize, usize),
        since: Option<Instant>,
    ) {
        if self.health.receiver_count() == 0 {
            return;
        }
        let held = tasks.values().map(Task::held).sum();
        let known = self.health.borrow().oldest_held;
        let oldest = self.oldest_held(tasks, (held, known));
        self.health.send_modify(|health| {
            health.held_rows = held;
            health.oldest_held = oldest;
            (health.waiting_rows, health.waiting_bytes) = (rows, bytes);
            health.waiting_since = since;
            for (name, known) in &mut health.partitions {
                if let Some(task) = tasks.get(name) {
                    (known.computed, known.read) = (task.next(), task.counts().read);
                }
            }
        });
    }

    /// Returns the time of the oldest row in the order buffer; `known` if it is too early to look
    /// at every key again.
    fn oldest_held<E: Event>(
        &self,
        tasks: &BTreeMap<Partition, Task<E>>,
        (held, known): (usize, Option<EventTime>),
    ) -> Option<EventTime> {
        if held == 0 {
            return None;
        }
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_early = looked.is_some_and(|looked| looked.elapsed() < LOOK_EVERY);
        if is_early && known.is_some() {
            return known;
        }
        *looked = Some(Instant::now());
        tasks.values().filter_map(Task::oldest_held).min()
    }

    /// Rows were held and computed when the epoch was sealed.
    pub(in crate::pipeline) fn held<E: Event>(&self, tasks: &BTreeMap<Partition, Task<E>>) {
        let held: usize = tasks.values().map(Task::held).sum();
        self.set(&metrics::HELD_ROWS, &[], held as f64);
    }

    /// An epoch was sealed whose first record arrived at `opened`. Returns the current time, for
    /// [`epoch_committed`](Self::epoch_committed).
    pub(in crate::pipeline) fn sealed(&self, pieces: &[Piece], opened: Option<Instant>) -> Instant {
        let now = Instant::now();
        let after = now.saturating_duration_since(opened.unwrap_or(now));
        let outputs = || pieces.iter().flat_map(|piece| &piece.outputs);
        let rows: usize = outputs().map(|rows| rows.len()).sum();
        let bytes: usize = outputs().map(|rows| rows.bytes()).sum();
        let dead = pieces.iter().flat_map(|piece| &piece.sealed.dead);
        let bytes = bytes + dead.map(|dead| dead.raw.len()).sum::<usize>();
        let (partitions, seconds) = (pieces.len(), after.as_secs_f64());
        debug!(partitions, rows, bytes, seconds, "epoch");
        self.health.send_modify(|health| {
            (health.waiting_rows, health.waiting_bytes) = (0, 0);
            health.waiting_since = None;
        });
        self.set(&metrics::WAITING_ROWS, &[], rows as f64);
        self.set(&metrics::WAITING_BYTES, &[], bytes as f64);
        self.sample(&metrics::EPOCH_SECONDS, &[], seconds);
        for piece in pieces {
            for (node, work) in self.nodes.iter().zip(&piece.work) {
                let labels = [("node", &**node)];
                self.add(&metrics::NODE_ROWS_IN, &labels, work.rows_in);
                self.add(&metrics::NODE_ROWS_OUT, &labels, work.rows_out);
                self.sample(&metrics::NODE_SECONDS, &labels, work.took.as_secs_f64());
            }
        }
        now
    }

    /// A partition's share of an epoch was committed.
    pub(in crate::pipeline) fn committed(&self, sealed: &Sealed, input: Input) {
        let (partition, seq, next) = (&sealed.partition, sealed.seq, sealed.next);
        debug!(%partition, seq, %next, "committed");
        let now = PartitionHealth {
            committed: Some(next),
            mark: sealed.mark.clone(),
            computed: next,
            read: sealed.counts.read,
            end: input.end,
            lag_time: input.lag_time,
            ends: input.ends,
            counts: sealed.counts,
            tallies: sealed.tallies.clone(),
        };
        self.record(sealed, &now);
        self.health.send_modify(|health| {
            health.commits += 1;
            health.last_commit = Some(Instant::now());
            health
                .troubles
                .retain(|operation, _| !operation.is_part_of_commit());
            if let Some(known) = health.partitions.get_mut(partition) {
                // The next epoch has begun already.
                let (computed, read) = (known.computed.max(next), known.read.max(now.read));
                *known = PartitionHealth {
                    computed,
                    read,
                    ..now
                };
            }
        });
    }

    /// The epoch that was sealed at this time is committed.
    pub(in crate::pipeline) fn epoch_committed(&self, sealed: Instant) {
        let took = sealed.elapsed().as_secs_f64();
        self.sample(&metrics::COMMIT_SECONDS, &[], took);
    }

    /// The commit of a partition was refused, because another process owns it.
    pub(in crate::pipeline) fn fenced(&self, partition: &Partition) {
        warn!(%partition, "fenced");
        let labels = [("partition", partition.as_str())];
        self.add(&metrics::FENCED, &labels, 1);
        self.remove_partition(partition);
    }

    /// The source returned a batch of a partition that was not started here.
    pub(in crate::pipeline) fn unowned(&self, partition: &Partition) {
        warn!(%partition, "a batch of a partition that was not started here");
        let labels = [("partition", partition.as_str())];
        self.add(&metrics::UNOWNED_BATCHES, &labels, 1);
        self.health
            .send_modify(|health| health.unowned_batches += 1);
    }

    /// What was computed before an error could not be committed. A restart computes it again.
    pub(in crate::pipeline) fn not_salvaged(&self, why: &str) {
        warn!(pipeline = %self.pipeline, why, "not committed before the run ends");
    }

    /// No batch is read from now on, because two epochs wait.
    pub(in crate::pipeline) fn paused(&self) {
        self.health
            .send_modify(|health| health.paused_since = Some(Instant::now()));
    }

    /// Batches are read again.
    pub(in crate::pipeline) fn resumed(&self) {
        let mut took = Duration::ZERO;
        self.health.send_if_modified(|health| {
            let since = health.paused_since.take();
            took = since.map(|since| since.elapsed()).unwrap_or_default();
            health.paused += took;
            since.is_some()
        });
        if !took.is_zero() {
            self.sample(&metrics::PAUSE_SECONDS, &[], took.as_secs_f64());
        }
    }

    /// Partitions were handed over.
    pub(in crate::pipeline) fn revoked(&self, partitions: &[Partition]) {
        self.health
            .send_modify(|health| health.rebalances.revoked += partitions.len() as u64);
        self.moved("revoked", partitions);
        for partition in partitions {
            info!(%partition, "revoked");
            self.remove_partition(partition);
        }
    }

    /// Partitions were lost before they could be handed over.
    pub(in crate::pipeline) fn lost(&self, partitions: &[Partition]) {
        self.health
            .send_modify(|health| health.rebalances.lost += partitions.len() as u64);
        self.moved("lost", partitions);
        for partition in partitions {
            warn!(%partition, "lost");
            self.remove_partition(partition);
        }
    }

    /// An operation failed and is retried after a delay.
    pub(in crate::pipeline) fn retrying(
        &self,
        operation: RetriedOperation,
        who: &str,
        error: &Error,
        pause: Duration,
    ) {
        let (word, pause_s) = (operation.as_word(), pause.as_secs_f64());
        warn!(stage = word, who, pause_s, %error, "retrying");
        self.add(&metrics::RETRIES, &[("stage", word)], 1);
        self.health.send_modify(|health| {
            let before = health.troubles.get(&operation);
            let trouble = Trouble {
                who: who.to_owned(),
                error: error.to_string(),
                times: before.map_or(1, |before| before.times + 1),
                pause,
            };
            health.troubles.insert(operation, trouble);
        });
        if let Some(on_retry) = &self.on_retry {
            on_retry(error, pause);
        }
    }

    /// Returns the operations that are being retried.
    pub(in crate::pipeline) fn troubles(&self) -> BTreeMap<RetriedOperation, Trouble> {
        self.health.borrow().troubles.clone()
    }

    /// The pipeline was asked to stop.
    pub(in crate::pipeline) fn stopping(&self) {
        info!("stopping");
        self.health
            .send_modify(|health| health.phase = Phase::Stopping);
    }

    /// The run has ended. Returns its outcome unchanged.
    pub(in crate::pipeline) fn ended(&self, outcome: Result<Report>) -> Result<Report> {
        let phase = match &outcome {
            Ok(report) => {
                let (how, read) = (report.ending.as_word(), report.read_now);
                info!(how, read, "ended");
                Phase::Ended(report.ending)
            }
            Err(error) => {
                error!(%error, "failed");
                Phase::Failed(error.to_string())
            }
        };
        self.health.send_modify(|health| {
            health.phase = phase;
            if let Ok(report) = &outcome {
                (health.held_rows, health.oldest_held) = (report.held_rows, report.oldest_held);
            }
        });
        outcome
    }

    fn remove_partition(&self, partition: &Partition) {
        self.health.send_modify(|health| {
            health.partitions.remove(partition);
            health.restoring.remove(partition);
            health.settle(partition);
        });
        self.count_partitions();
    }

    fn moved(&self, change: &str, partitions: &[Partition]) {
        let labels = [("change", change)];
        self.add(&metrics::REBALANCES, &labels, partitions.len() as u64);
    }

    fn count_partitions(&self) {
        let (owned, restoring) = {
            let health = self.health.borrow();
            (health.partitions.len(), health.restoring.len())
        };
        self.set(&metrics::PARTITIONS, &[], owned as f64);
        self.set(&metrics::RESTORING, &[], restoring as f64);
    }

    /// Records in metrics what a commit adds to the last one.
    fn record(&self, sealed: &Sealed, now: &PartitionHealth) {
        let partition = sealed.partition.as_str();
        let before = self.health.borrow();
        // A partition that has moved to another process since the seal is counted there.
        let Some(before) = before.partitions.get(&sealed.partition) else {
            return;
        };
        for (fate, more) in fates(before.counts, now.counts) {
            self.add(&metrics::RECORDS, &[("fate", fate)], more);
        }
        for (sink, outcome, more) in sink_rows(&before.tallies, &now.tallies) {
            let labels = [("sink", sink), ("outcome", outcome)];
            self.add(&metrics::SINK_ROWS, &labels, more);
        }
        for dead in &sealed.dead {
            self.add(&metrics::DEAD_LETTERS, &[("stage", &dead.step)], 1);
        }
        let labels = [("partition", partition)];
        self.add(&metrics::COMMITS, &labels, 1);
        self.set(&metrics::KEYS, &labels, now.keys() as f64);
        if let Some(lag) = now.lag() {
            self.set(&metrics::LAG, &labels, lag as f64);
        }
        if let Some(lag) = now.lag_time {
            self.set(&metrics::LAG_SECONDS, &labels, lag.as_secs_f64());
        }
    }

    fn add(&self, metric: &Metric, labels: Labels<'_>, more: u64) {
        metric.add(&self.pipeline, labels, more);
    }

    fn set(&self, metric: &Metric, labels: Labels<'_>, value: f64) {
        metric.set(&self.pipeline, labels, value);
    }

    fn sample(&self, metric: &Metric, labels: Labels<'_>, value: f64) {
        metric.sample(&self.pipeline, labels, value);
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.health.send_if_modified(|health| {
            let open = !matches!(health.phase, Phase::Ended(_) | Phase::Failed(_));
            if open {
                health.phase = Phase::Dropped;
            }
            open
        });
    }
}
