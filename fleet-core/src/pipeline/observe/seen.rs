use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};
use tracing::{Span, debug, error, info, info_span, warn};

use super::{
    Health, PartitionHealth, Phase, Stage, Trouble,
    metric::{Labels, Metric},
    metrics,
};
use crate::{
    contracts::checkpoint::{Claim, Counts, Sealed, Tallies},
    data::{Error, Offset, Partition, Result},
    engine::{
        graph::Clock,
        task::{Piece, Plan, Task},
    },
    event::Event,
    pipeline::{OnRetry, Report},
};

/// Hears what the driver does, and tells whoever watches, measures or traces.
pub(in crate::pipeline) struct Seen {
    pipeline: Arc<str>,
    /// The names of the graph's nodes.
    nodes: Vec<Arc<str>>,
    health: watch::Sender<Health>,
    on_retry: Option<OnRetry>,
}

impl Seen {
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
        }
    }

    /// What measures the nodes, if that is recorded anywhere.
    pub(in crate::pipeline) fn clock() -> Option<Clock> {
        fn since_start() -> Duration {
            static START: OnceLock<Instant> = OnceLock::new();
            START.get_or_init(Instant::now).elapsed()
        }
        cfg!(feature = "metrics").then_some(since_start)
    }

    /// The span of the whole run.
    pub(in crate::pipeline) fn span(&self) -> Span {
        info_span!("pipeline", name = %self.pipeline)
    }

    /// A partition was claimed; its state will be restored.
    pub(in crate::pipeline) fn claimed(&self, partition: &Partition, claim: &Claim) {
        let (token, states) = (claim.token, claim.state.len());
        debug!(%partition, token, states, "restored");
        let known = PartitionHealth {
            committed: claim.next,
            computed: claim.next.unwrap_or_default(),
            read: claim.counts.read,
            end: None,
            counts: claim.counts,
            tallies: claim.tallies.clone(),
        };
        self.health.send_modify(|health| {
            health.partitions.insert(partition.clone(), known);
        });
    }

    /// A partition is read from here on.
    pub(in crate::pipeline) fn assigned(
        &self,
        partition: &Partition,
        at: Option<Offset>,
        end: Option<Offset>,
    ) {
        let at = at.unwrap_or_default();
        info!(%partition, %at, "assigned");
        self.health.send_modify(|health| {
            health.phase = Phase::Running;
            let settled = [Stage::Claim, Stage::Start];
            health.troubles.retain(|stage, _| !settled.contains(stage));
            if let Some(known) = health.partitions.get_mut(partition) {
                known.end = end;
            }
        });
        self.count_partitions();
    }

    /// The source answered.
    pub(in crate::pipeline) fn heard(&self) {
        if !self.health.borrow().troubles.is_empty() {
            self.health
                .send_modify(|health| _ = health.troubles.remove(&Stage::Read));
        }
    }

    /// Records were read and computed; this waits for a commit, in rows and bytes.
    pub(in crate::pipeline) fn computed<E: Event>(
        &self,
        tasks: &BTreeMap<Partition, Task<E>>,
        (rows, bytes): (usize, usize),
    ) {
        if self.health.receiver_count() == 0 {
            return;
        }
        self.health.send_modify(|health| {
            (health.waiting_rows, health.waiting_bytes) = (rows, bytes);
            for (name, known) in &mut health.partitions {
                if let Some(task) = tasks.get(name) {
                    (known.computed, known.read) = (task.next(), task.counts().read);
                }
            }
        });
    }

    /// An epoch was sealed; its first record came at `opened`. Returns when that was, for [`landed`](Self::landed).
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
        self.health
            .send_modify(|health| (health.waiting_rows, health.waiting_bytes) = (0, 0));
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

    /// A partition's part of an epoch landed; the input ends here as far as the source knows.
    pub(in crate::pipeline) fn committed(&self, sealed: &Sealed, end: Option<Offset>) {
        let (partition, seq, next) = (&sealed.partition, sealed.seq, sealed.next);
        debug!(%partition, seq, %next, "committed");
        let now = PartitionHealth {
            committed: Some(next),
            computed: next,
            read: sealed.counts.read,
            end,
            counts: sealed.counts,
            tallies: sealed.tallies.clone(),
        };
        self.record(sealed, &now);
        self.health.send_modify(|health| {
            health.commits += 1;
            health.last_commit = Some(Instant::now());
            health.troubles.retain(|stage, _| !stage.is_of_a_commit());
            if let Some(known) = health.partitions.get_mut(partition) {
                // The next epoch is under way already.
                let (computed, read) = (known.computed.max(next), known.read.max(now.read));
                *known = PartitionHealth {
                    computed,
                    read,
                    ..now
                };
            }
        });
    }

    /// All of an epoch landed that was sealed then.
    pub(in crate::pipeline) fn landed(&self, sealed: Instant) {
        let took = sealed.elapsed().as_secs_f64();
        self.sample(&metrics::COMMIT_SECONDS, &[], took);
    }

    /// Other processes own these partitions.
    pub(in crate::pipeline) fn fenced(&self, partitions: &[Partition]) {
        for partition in partitions {
            warn!(%partition, "fenced");
            let labels = [("partition", partition.as_str())];
            self.add(&metrics::FENCED, &labels, 1);
            self.left(partition);
        }
    }

    /// Partitions went elsewhere in good time.
    pub(in crate::pipeline) fn revoked(&self, partitions: &[Partition]) {
        for partition in partitions {
            info!(%partition, "revoked");
            self.left(partition);
        }
    }

    /// Partitions were gone before anything of them could be committed.
    pub(in crate::pipeline) fn lost(&self, partitions: &[Partition]) {
        for partition in partitions {
            warn!(%partition, "lost");
            self.left(partition);
        }
    }

    /// A step failed and is tried again after a pause.
    pub(in crate::pipeline) fn retrying(
        &self,
        stage: Stage,
        who: &str,
        error: &Error,
        pause: Duration,
    ) {
        let (word, pause_s) = (stage.as_word(), pause.as_secs_f64());
        warn!(stage = word, who, pause_s, %error, "retrying");
        self.add(&metrics::RETRIES, &[("stage", word)], 1);
        self.health.send_modify(|health| {
            let before = health.troubles.get(&stage);
            let trouble = Trouble {
                who: who.to_owned(),
                error: error.to_string(),
                times: before.map_or(1, |before| before.times + 1),
                pause,
            };
            health.troubles.insert(stage, trouble);
        });
        if let Some(tell) = &self.on_retry {
            tell(error, pause);
        }
    }

    /// What fails at the moment and is tried again.
    pub(in crate::pipeline) fn troubles(&self) -> BTreeMap<Stage, Trouble> {
        self.health.borrow().troubles.clone()
    }

    /// The pipeline was asked to stop.
    pub(in crate::pipeline) fn stopping(&self) {
        info!("stopping");
        self.health
            .send_modify(|health| health.phase = Phase::Stopping);
    }

    /// The run is over; gives its outcome back.
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
        self.health.send_modify(|health| health.phase = phase);
        outcome
    }

    fn left(&self, partition: &Partition) {
        self.health
            .send_modify(|health| _ = health.partitions.remove(partition));
        self.count_partitions();
    }

    fn count_partitions(&self) {
        let count = self.health.borrow().partitions.len();
        self.set(&metrics::PARTITIONS, &[], count as f64);
    }

    /// Records what a commit adds to the last one.
    fn record(&self, sealed: &Sealed, now: &PartitionHealth) {
        let partition = sealed.partition.as_str();
        let before = self.health.borrow();
        // One that has gone elsewhere since it was sealed counts there.
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

impl Drop for Seen {
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

fn fates(before: Counts, now: Counts) -> [(&'static str, u64); 5] {
    [
        // An accepted record over which a step panics becomes a dead letter.
        ("accepted", now.accepted.saturating_sub(before.accepted)),
        ("filtered", now.filtered - before.filtered),
        ("dead_lettered", now.dead_lettered - before.dead_lettered),
        ("late", now.late - before.late),
        ("duplicate", now.duplicate - before.duplicate),
    ]
}

/// Rows by sink and outcome since the commit before.
fn sink_rows<'a>(
    before: &'a Tallies,
    now: &'a Tallies,
) -> impl Iterator<Item = (&'a str, &'a str, u64)> {
    now.iter().filter_map(|(name, total)| {
        let (sink, outcome) = name.strip_prefix("sink.")?.rsplit_once('.')?;
        let more = total - before.get(name).copied().unwrap_or(0);
        (outcome != "given").then_some((sink, outcome, more))
    })
}
