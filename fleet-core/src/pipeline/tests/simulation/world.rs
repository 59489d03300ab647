//! The world of one seed: logs, a store and sinks, and the processes that crash in it one after the
//! other.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use super::{
    Dice,
    audit::{Audit, Audited, AuditedSource},
    brittle::Brittle,
    compare::{at_least, differ, same},
    disturb::with_disturbances,
    input::{MAX_AHEAD, PARTITIONS, logs, timed, with_log_times},
    queue,
    reference::{
        LATE_TABLES, Truth, dead_letter, last_revisions, pace, published, refused_edge,
        refused_reading, truth,
    },
    run_audit::RunAudit,
    trouble::{is_injected, trouble},
};
use crate::{
    contracts::{MemoryStore, checkpoint::CheckpointStore},
    data::{Error, ErrorKind},
    engine::order::Order,
    pipeline::{
        Ending, EpochLimits, Pipeline, Report, Retry, Snapshots, Ticks,
        tests::model::{BOUND, Reading, graph, seconds},
    },
    rows::Row,
    testing::{
        Faults, FaultySink, FaultySource, FaultyStore, Log, Operation, Recording, Rejecting,
        Script, Scripted,
    },
    window::{Summary, Window},
};

/// The fewest faults of a seed.
pub(super) const FAULTS: u64 = 5;

/// What happened in a run of seeds, by name.
pub(in crate::pipeline::tests) type Coverage = BTreeMap<String, u64>;

/// The world of one seed: everything that outlives a process.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) logs: Vec<Log<Reading>>,
    /// The allowed lateness, in seconds.
    lateness: i64,
    /// Whether sources leave marks.
    marks: bool,
    /// Whether late rows are stored.
    stores_late: bool,
    pub(super) memory: MemoryStore,
    store: FaultyStore<Audited>,
    audit: Audit,
    live: Recording<(u16, u16)>,
    windows: Recording<Window<Summary>>,
    /// The failure of a rival process, which runs without faults.
    rival_failed: Arc<std::sync::Mutex<Option<String>>>,
    /// Allows one rival at a time: a source and a running commit may both call for one.
    one_rival: Arc<tokio::sync::Mutex<()>>,
}

/// The settings of one process.
pub(super) struct Process {
    pub(super) script: Vec<(usize, Script)>,
    pub(super) epoch_rows: u64,
    pub(super) workers: usize,
    pub(super) snapshots: Snapshots,
    /// Whether panics happen and are isolated.
    pub(super) isolates: bool,
    /// Whether a group gives a partition back that another process has claimed.
    pub(super) in_group: bool,
    /// Whether ticks advance the clocks of silent keys.
    pub(super) ticks: bool,
    pub(super) faults: Faults,
}

impl Process {
    /// Returns a process with batches of any size, and every event that a source may report.
    fn random(dice: &mut Dice, faults: Faults) -> Self {
        // Drawn from other dice, so that seeds recorded as regressions still make the same worlds.
        let mut apart = dice.clone().split();
        let script = (0..60).map(|_| {
            let step = match dice.roll(40) {
                0..3 => Script::Idle,
                3 => Script::Stall(dice.pick(&[Duration::from_millis(1), LONG])),
                4 => Script::Fail,
                5 => Script::Revoke(Duration::from_secs(1)),
                6 => Script::Revoke(Duration::ZERO),
                7 | 8 => Script::Lost,
                _ => Script::Rows(1 + dice.roll(30) as usize),
            };
            (dice.roll(PARTITIONS as u64) as usize, step)
        });
        let script: Vec<_> = script.collect();
        let (epoch_rows, workers) = (1 + dice.roll(60), dice.pick(&[1, 1, 2, 3]));
        let snapshots = apart.pick(&[
            Snapshots::EveryCommit,
            Snapshots::Every(LONG),
            Snapshots::Every(Duration::MAX),
        ]);
        let (isolates, in_group) = (apart.once_in(3), apart.once_in(2));
        // A tick has no offset, so a replay could not repeat it.
        let ticks = snapshots == Snapshots::EveryCommit && apart.once_in(2);
        let mut script = with_disturbances(script, &mut apart);
        // Without a group, what is never assigned ends the run.
        script.retain(|(_, step)| in_group || *step != Script::Stray);
        Self {
            script,
            epoch_rows,
            workers,
            snapshots,
            isolates,
            in_group,
            ticks,
            faults,
        }
    }

    /// Returns a process that follows `script`, with no random settings.
    pub(super) fn plain(script: Vec<(usize, Script)>, epoch_rows: u64, faults: Faults) -> Self {
        Self {
            script,
            epoch_rows,
            workers: 1,
            snapshots: Snapshots::EveryCommit,
            isolates: false,
            in_group: false,
            ticks: false,
            faults,
        }
    }
}

/// Longer than the interval of an epoch.
pub(super) const LONG: Duration = Duration::from_millis(600);

impl World {
    pub(super) fn new(logs: Vec<Log<Reading>>, lateness: i64) -> Self {
        Self::with_marks(logs, lateness, false)
    }

    pub(super) fn with_marks(logs: Vec<Log<Reading>>, lateness: i64, marks: bool) -> Self {
        let (memory, audit) = (MemoryStore::default(), Audit::default());
        let audited = Audited::new(memory.clone(), &audit);
        Self {
            logs,
            lateness,
            marks,
            stores_late: false,
            store: FaultyStore::new(audited, &Faults::none()),
            memory,
            audit,
            live: Recording::default(),
            windows: Recording::default(),
            rival_failed: Arc::default(),
            one_rival: Arc::default(),
        }
    }

    /// Stores late rows, alone and among those that are accepted.
    pub(super) fn storing_late(mut self) -> Self {
        self.stores_late = true;
        self
    }

    /// Runs one process until it ends. Returns `None` if it crashed.
    pub(super) async fn run(&self, process: Process) -> Option<Result<Report, Error>> {
        let Process {
            script,
            epoch_rows,
            workers,
            snapshots,
            isolates,
            in_group,
            ticks,
            faults,
        } = process;
        let workers = NonZeroUsize::new(workers).unwrap();
        let (mut graph, streams) = graph();
        let late = graph.late();
        let arrived = (self.stores_late).then(|| graph.merge("arrived", &[streams.readings, late]));
        let mut scripted = Scripted::several(self.logs.clone(), script);
        if self.marks {
            scripted = scripted.with_marks();
        }
        if in_group {
            scripted = scripted.in_group();
        }
        let run_audit = RunAudit::default();
        let source = AuditedSource {
            inner: FaultySource::new(scripted, &faults),
            audit: self.audit.clone(),
            run: run_audit.clone(),
            faults: faults.clone(),
        };
        let order = Order::within(seconds(BOUND))
            .allowing(seconds(self.lateness))
            .at_most_ahead(seconds(MAX_AHEAD));
        let store = self.store.with(&faults);
        let table = |name: &str| FaultySink::new(self.memory.table(name), &faults);
        let readings = Rejecting::new(self.memory.table("readings"), refused_reading);
        let live = Rejecting::new(self.live.clone(), |edge: &_| refused_edge(*edge));
        let windows = FaultySink::new(self.windows.clone(), &faults);
        let decode = Brittle::new(isolates.then(|| self.audit.clone()));
        let pipeline = Pipeline::at_least_once(source, decode, order, graph, store)
            .publish("live", streams.edges, FaultySink::new(live, &faults))
            .publish("windows_live", streams.windows, windows)
            .store(
                "readings",
                streams.readings,
                FaultySink::new(readings, &faults),
            )
            .tally("seen", streams.readings, |reading| pace(reading));
        let limits = EpochLimits {
            records: epoch_rows,
            ..EpochLimits::default()
        };
        let retry = Retry {
            times: 3,
            first: Duration::from_nanos(1),
            longest: Duration::from_nanos(1),
        };
        let pipeline = streams.stored(pipeline, table).epochs(limits).retry(retry);
        let mut pipeline = pipeline.workers(workers).snapshots(snapshots);
        if let Some(arrived) = arrived {
            let streams = [late, arrived].into_iter();
            for (name, stream) in LATE_TABLES.into_iter().zip(streams) {
                let sink = FaultySink::new(self.memory.table(name), &faults);
                pipeline = pipeline.store(name, stream, sink);
            }
        }
        if isolates {
            pipeline = pipeline.isolate_panics();
        }
        if ticks {
            pipeline = pipeline.ticks(self.ticks(&run_audit));
        }
        let health = pipeline.watch();
        let run = Box::pin(pipeline.run());
        let run = async {
            // Time is simulated: this fires only if nothing else would ever happen.
            let day = Duration::from_secs(86_400);
            let run = tokio::time::timeout(day, run).await;
            run.unwrap_or_else(|_| {
                let message = format!("the pipeline waits forever: {:?}", *health.borrow());
                Err(Error::new(ErrorKind::Config, message))
            })
        };
        let outcome = faults.until_crash(run).await;
        if let Some(outcome) = &outcome {
            let wrong = run_audit.wrong(self, &faults, in_group, outcome).await;
            self.audit.report(wrong);
        }
        outcome
    }

    /// Returns ticks that come whenever the source is idle, and that make no row late.
    fn ticks(&self, run: &RunAudit) -> Ticks {
        let (audit, run, logs) = (self.audit.clone(), run.clone(), self.logs.clone());
        let idle = Duration::from_secs(BOUND.unsigned_abs());
        Ticks::new(Duration::from_millis(100), idle).by(move || {
            audit.see("a tick");
            run.time_of_tick(&logs) + idle
        })
    }

    /// Counts an event.
    pub(super) fn see(&self, what: &'static str) {
        self.audit.see(what);
    }

    /// Returns whether a commit or a claim is in flight, whose sender is gone.
    pub(super) fn has_calls_in_flight(&self) -> bool {
        self.store.has_calls_in_flight()
    }

    /// Runs another process that takes over all partitions for a while, without faults, and then
    /// crashes.
    async fn rival(self, mut dice: Dice) {
        let _alone = self.one_rival.lock().await;
        let mut process = Process::random(&mut dice, Faults::none());
        process
            .script
            .retain(|(_, step)| matches!(step, Script::Rows(_)));
        process.script.truncate(dice.roll(8) as usize);
        process.script.push((0, Script::Crash));
        let failed = match self.run(process).await {
            Some(Err(error)) if error.kind() == ErrorKind::Source => None,
            Some(Ok(report)) if report.balances() => None,
            // A claim of the other process was under way, and came after its own.
            Some(Err(error)) if error.kind() == ErrorKind::Fenced => None,
            other => Some(format!("a process without faults: {other:?}")),
        };
        if let Some(failed) = failed {
            self.rival_failed.lock().unwrap().get_or_insert(failed);
        }
    }

    /// Returns whether all partitions have ended.
    pub(super) async fn has_ended(&self) -> bool {
        let mut ended = true;
        for log in &self.logs {
            let progress = self.memory.clone().progress(&log.partition).await;
            ended &= progress.unwrap().is_some_and(|progress| progress.ended);
        }
        ended
    }

    /// Runs again, which must change nothing, and compares everything in the store with the truth.
    pub(super) async fn check(&self, truth: &Truth) -> Result<(), String> {
        let commits = self.audit.commits();
        let process = Process::plain(Vec::new(), 1000, Faults::none());
        let report = match self.run(process).await {
            Some(Ok(report)) => report,
            other => return Err(format!("a second run: {other:?}")),
        };
        if report.ending != Ending::AlreadyComplete || self.audit.commits() != commits {
            return Err("a second run did something".into());
        }
        let wrong = self.audit.wrong();
        if let Some(wrong) = wrong.or(self.rival_failed.lock().unwrap().clone()) {
            return Err(wrong);
        }
        let found = self.found(&report);
        // Which revisions lead to the last one depends on the order in the log, so tables that
        // depend on each revision have no plain reference.
        let revised = |name: &str| self.lateness > 0 && name.starts_with("windows");
        let of_revised = |name: &str| self.lateness > 0 && matches!(name, "both" | "chain");
        for (sink, rows) in truth.published.iter().filter(|(sink, _)| !revised(sink)) {
            at_least(sink, &self.published(sink), rows)?;
        }
        let is_unbound = |name: &str| !self.stores_late && LATE_TABLES.contains(&name);
        let tables = truth.tables.iter();
        for (table, rows) in tables.filter(|(table, _)| !of_revised(table) && !is_unbound(table)) {
            let none = Vec::new();
            let found = found.tables.get(table).unwrap_or(&none);
            if revised(table) {
                same(table, &last_revisions(found)?, &last_revisions(rows)?)?;
            } else {
                same(table, found, rows)?;
            }
        }
        same("dead letters", &found.dead, &truth.dead)?;
        differ("counts", &found.counts, &truth.counts)?;
        differ("keys", &found.keys, &truth.keys)?;
        differ("positions", &found.positions, &truth.positions)?;
        for (name, count) in &truth.tallies {
            let sink = name.split('.').nth(1).unwrap_or_default();
            if revised(sink) || of_revised(sink) || is_unbound(sink) {
                continue;
            }
            let found = found.tallies.get(name).copied().unwrap_or(0);
            differ(name, &found, count)?;
        }
        differ("balance", &report.balances(), &true)
    }

    /// Returns what the store holds.
    fn found(&self, report: &Report) -> Truth {
        let tables = self.memory.rows().into_iter();
        let dead = self.memory.dead_letters();
        let mut dead: Vec<_> = dead
            .iter()
            .map(|(partition, dead)| {
                let why = (&*dead.step, dead.reason.as_str());
                dead_letter(partition, dead.offset.0, why, &dead.raw)
            })
            .collect();
        dead.sort_unstable();
        let positions = report.positions.iter();
        Truth {
            tables: tables
                .map(|(name, rows)| (name.to_string(), rows))
                .collect(),
            published: BTreeMap::new(),
            dead,
            counts: report.counts,
            tallies: report.tallies.clone(),
            keys: report.keys,
            positions: positions.map(|(name, at)| (name.clone(), at.0)).collect(),
        }
    }

    /// Returns the number of late rows in their table.
    fn late_rows(&self) -> u64 {
        self.memory.rows().get("late").map_or(0, Vec::len) as u64
    }

    /// Returns the rows that a plain sink has seen.
    fn published(&self, sink: &str) -> Vec<String> {
        fn lines<T: std::fmt::Debug>(rows: Vec<Row<T>>) -> Vec<String> {
            let line = |row: Row<T>| published(row.at, row.offset.0, &row.value);
            rows.into_iter().map(line).collect()
        }
        match sink {
            "live" => lines(self.live.rows()),
            _ => lines(self.windows.rows()),
        }
    }
}

/// Runs one seed, and returns what is wrong as an error. A few worlds in ten thousand end before
/// enough faults have happened; then the seed continues with another world.
pub(super) async fn holds(seed: u64, seen: &mut Coverage) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    if dice.clone().split().once_in(16) {
        queue::holds(dice.clone().split(), seen).await?;
    }
    while run_world(&mut dice, seen).await? < FAULTS {}
    Ok(())
}

/// Runs one world to its end. Returns the number of faults that happened.
async fn run_world(dice: &mut Dice, seen: &mut Coverage) -> Result<u64, String> {
    // Drawn from other dice, so that seeds recorded as regressions still make the same worlds.
    let mut apart = dice.clone().split();
    let marks = apart.once_in(2);
    let lateness = dice.pick(&[0, 0, 8]);
    let mut logs = logs(dice);
    if apart.once_in(2) {
        logs = with_log_times(logs, &mut apart);
    }
    let mut world = World::with_marks(logs, lateness, marks);
    if apart.once_in(2) {
        world = world.storing_late();
    }
    let truth = truth(&world.logs, lateness);
    let left = Arc::new(AtomicU64::new(FAULTS + dice.roll(10)));
    let mut happened = 0;
    for _ in 0..50 {
        let (rival, rivals) = (world.clone(), dice.split());
        let rivals = std::sync::Mutex::new(rivals);
        let faults = trouble(dice, &left);
        let faults = faults.meanwhile(move || {
            let dice = rivals.lock().unwrap().split();
            rival.clone().rival(dice)
        });
        let outcome = world.run(Process::random(dice, faults.clone())).await;
        for ((operation, fault), count) in faults.all_happened() {
            *seen.entry(format!("{operation} {fault}")).or_default() += count;
            happened += count;
        }
        for operation in Operation::ALL {
            let asked = faults.asked(operation);
            *seen.entry(format!("{operation}")).or_default() += asked;
        }
        let how = match outcome {
            None => "a death",
            Some(Ok(report)) if report.balances() => "a process that ended",
            Some(Err(error)) if error.kind() == ErrorKind::Fenced => "a process fenced out",
            Some(Err(error)) if is_injected(&error) => "a process that gave up",
            other => return Err(format!("a process ended so: {other:?}")),
        };
        *seen.entry(how.into()).or_default() += 1;
        if world.has_ended().await {
            break;
        }
    }
    world.check(&truth).await?;
    world.audit.close();
    for (what, count) in world.audit.seen() {
        *seen.entry(what.into()).or_default() += count;
    }
    let may_revise = truth.counts.accepted * u64::from(lateness > 0);
    for (fate, count) in [
        ("late records", truth.counts.late),
        ("duplicate records", truth.counts.duplicate),
        ("filtered records", truth.counts.filtered),
        ("dead letters", truth.dead.len() as u64),
        ("records where rows may revise", may_revise),
        ("records too far ahead", truth.too_far_ahead()),
        ("records with log times", timed(&world.logs)),
        ("late rows in a table", world.late_rows()),
    ] {
        *seen.entry(fate.into()).or_default() += count;
    }
    *seen.entry("records".into()).or_default() += truth.counts.read;
    if (truth.counts.read as usize) < super::input::RECORDS {
        return Err(format!("only {} records", truth.counts.read));
    }
    Ok(happened)
}
