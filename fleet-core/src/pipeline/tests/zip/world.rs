//! The world of one seed: logs of any skew, processes that crash, and what the store must hold.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use super::{
    lanes::{Lane, Lanes, Recorded},
    merged::merged,
};
use crate::{
    contracts::{MemoryStore, checkpoint::CheckpointStore, decode::Typed, operator::Cx},
    data::{ErrorKind, EventTime, Offset, Partition, VehicleId},
    engine::{graph::Graph, order::Order},
    event::{Event, Telemetry},
    pipeline::{
        EpochLimits, Pipeline, Retry, Snapshots,
        tests::simulation::{Coverage, Dice, is_injected, trouble},
    },
    rows::Row,
    testing::{FaultySink, FaultySource, FaultyStore, Logged},
    units::Speed,
    zip::{Place, Zip, ZipDecoder},
};

/// What a run of seeds has to draw.
pub(super) const DRAWN: &[&str] = &[
    "records",
    "dead letters",
    "late records",
    "records too far ahead",
    "silent inputs",
    "drained inputs",
    "clocks an hour ahead",
    "unknown ends",
    "partitions taken away",
    "interval snapshots",
    "a death",
];

const SECOND: i64 = 1_000_000;
/// Every seed begins at this time.
const NOON: i64 = 1_700_000_000 * SECOND;
/// Silence that ends an idle input's share in the wait.
const IDLE: Duration = Duration::from_secs(2);
const HOUR: Duration = Duration::from_secs(3600);

pub(super) struct World {
    /// The inputs of each bundle.
    pub(super) bundles: Vec<Vec<Lane>>,
    pub(super) max_ahead: Option<Duration>,
    pub(super) idle: Option<Duration>,
    pub(super) knows_ends: bool,
    pub(super) memory: MemoryStore,
}

/// Multiplies and adds: the order of rows decides the result.
fn fold(state: u64, value: u64) -> u64 {
    state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(value)
}

/// Folds the rows of a key in their order.
struct Fold;

impl crate::Operator for Fold {
    type In = Telemetry;
    type Out = (String, u64, u64);
    type State = u64;

    fn init(&self) -> u64 {
        7
    }
    fn on_row(&self, state: &mut u64, row: &Row<Telemetry>, cx: &mut Cx<'_, Self::Out>) {
        *state = fold(*state, value(&row.value));
        cx.emit((row.value.key().to_owned(), row.offset.0, *state));
    }
}

fn value(event: &Telemetry) -> u64 {
    event.speed().map_or(0, |speed| speed.as_kmh().to_bits())
}

fn bundle_name(bundle: usize) -> Partition {
    Partition::new(format!("all/{bundle}"))
}

impl World {
    fn random(dice: &mut Dice, seen: &mut Coverage) -> Self {
        let mut see = |what: &str| *seen.entry(what.into()).or_default() += 1;
        let inputs = 2 + dice.roll(3) as usize;
        let bundles = 1 + dice.roll(2) as usize;
        let mut silent = None;
        if dice.once_in(3) {
            silent = Some(dice.roll(inputs as u64) as usize);
            see("silent inputs");
        }
        let max_ahead =
            (dice.once_in(2)).then(|| Duration::from_secs(dice.pick(&[1, 60, 600, 1200])));
        let knows_ends = !dice.once_in(3);
        if !knows_ends {
            see("unknown ends");
        }
        let mut number = 0;
        let bundles = (0..bundles).map(|bundle| {
            let lane = |input: usize| {
                let mut length = dice.roll(28) as usize;
                if dice.once_in(10) {
                    length = 0;
                    see("drained inputs");
                }
                let mut skew = dice.roll(600) as i64 * SECOND;
                if dice.once_in(8) {
                    skew += 3600 * SECOND;
                    see("clocks an hour ahead");
                }
                let mut now = NOON + skew;
                let record = |_| {
                    now += dice.roll(5_000) as i64 * 1000;
                    number += 1;
                    let log = if dice.once_in(6) {
                        now - dice.roll(3_000_000) as i64
                    } else if dice.once_in(60) {
                        now + 3600 * SECOND
                    } else {
                        now
                    };
                    record(dice, log, (bundle, number))
                };
                let records: Vec<Recorded> = (0..length).map(record).collect();
                let is_silent = silent == Some(input);
                Lane {
                    partition: Partition::new(format!("input-{input}/{bundle}")),
                    records: Arc::new(records),
                    delay: Duration::ZERO,
                    oldest: 0,
                    silence: if is_silent { HOUR } else { Duration::ZERO },
                    pace: Duration::from_millis(dice.pick(&[0, 1, 500, 30_000])),
                }
            };
            (0..inputs).map(lane).collect()
        });
        let bundles = bundles.collect();
        Self {
            bundles,
            max_ahead,
            idle: silent.map(|_| IDLE),
            knows_ends,
            memory: MemoryStore::default(),
        }
    }

    /// Runs one process. `None` if it crashed.
    async fn run(
        &self,
        dice: &mut Dice,
        left: &Arc<AtomicU64>,
        seen: &mut Coverage,
    ) -> Option<crate::Result<crate::pipeline::Report>> {
        let faults = trouble(dice, left);
        let lanes: Vec<_> = self.bundles.iter().flatten().cloned().collect();
        let inputs = self.bundles[0].len();
        let mut source = Lanes::new(&lanes, dice.split());
        source.knows_ends = self.knows_ends;
        let moves = dice.roll(4);
        source.moves = moves;
        *seen.entry("partitions taken away".into()).or_default() += moves;
        let mut zip = Zip::new(source, inputs, |partition| {
            let (input, bundle) = partition.as_str().split_once('/')?;
            let input = input.strip_prefix("input-")?.parse().ok()?;
            let bundle = Partition::new(format!("all/{bundle}"));
            Some(Place { bundle, input })
        });
        if let Some(idle) = self.idle {
            zip = zip.idle(idle);
        }
        if let Some(ahead) = self.max_ahead {
            zip = zip.max_ahead(ahead);
        }
        let watch = zip.watch();
        let (mut graph, events) = Graph::<Telemetry>::new();
        let folded = graph.apply("fold", events, Fold);
        let store = FaultyStore::new(self.memory.clone(), &faults);
        let source = FaultySource::new(zip, &faults);
        let decode = ZipDecoder::new(Typed::default());
        let mut snapshots = Snapshots::EveryCommit;
        if self.idle.is_none() && dice.once_in(2) {
            *seen.entry("interval snapshots".into()).or_default() += 1;
            snapshots = Snapshots::Every(dice.pick(&[Duration::from_secs(1), Duration::MAX]));
        }
        let pipeline =
            Pipeline::exactly_once(source, decode, Order::within(Duration::ZERO), graph, store)
                .store(
                    "folded",
                    folded,
                    FaultySink::new(self.memory.table("folded"), &faults),
                )
                .epochs(EpochLimits {
                    records: 1 + dice.roll(60),
                    ..EpochLimits::default()
                })
                .retry(Retry {
                    times: 3,
                    first: Duration::from_nanos(1),
                    longest: Duration::from_nanos(1),
                })
                .snapshots(snapshots)
                .workers(NonZeroUsize::new(dice.pick(&[1, 1, 1, 2, 3, 8])).unwrap());
        let pipeline = if dice.once_in(4) {
            pipeline.isolate_panics()
        } else {
            pipeline
        };
        let health = pipeline.watch();
        // Time is simulated: this fires only if nothing else would ever happen.
        let run = Box::pin(tokio::time::timeout(HOUR * 24, pipeline.run()));
        let outcome = faults.until_crash(run).await?;
        Some(outcome.unwrap_or_else(|_| {
            let (health, inputs) = (health.borrow(), watch.inputs());
            let message = format!("the pipeline waits for ever: {health:?}, {inputs:?}");
            Err(crate::Error::new(ErrorKind::Config, message))
        }))
    }

    async fn has_ended(&self) -> bool {
        for bundle in 0..self.bundles.len() {
            let progress = self.memory.clone().progress(&bundle_name(bundle)).await;
            if progress.unwrap().is_none_or(|progress| !progress.ended) {
                return false;
            }
        }
        true
    }

    /// Compares the store with a plain loop over one sorted log.
    fn check(&self, seen: &mut Coverage) -> Result<(), String> {
        let (mut rows, mut dead) = (Vec::new(), Vec::new());
        let mut see = |what: &str, count| *seen.entry(what.into()).or_default() += count;
        for (bundle, lanes) in self.bundles.iter().enumerate() {
            let logs: Vec<_> = lanes.iter().map(|lane| lane.records.as_slice()).collect();
            let (merged, ahead) = merged(&logs, self.max_ahead);
            see("records", merged.len() as u64);
            see("records too far ahead", ahead);
            let mut states: BTreeMap<String, (EventTime, u64)> = BTreeMap::new();
            for (number, (input, offset, record)) in (0u64..).zip(merged) {
                match record {
                    Logged::Event(event) | Logged::Timed { event, .. } => {
                        let key = event.key().to_owned();
                        let state = states.entry(key.clone()).or_insert((EventTime::MIN, 7));
                        if event.at() < state.0 {
                            see("late records", 1);
                            continue;
                        }
                        *state = (event.at(), fold(state.1, value(&event)));
                        rows.push(format!("{} {:?}", event.at(), (key, number, state.1)));
                    }
                    Logged::Malformed { raw, .. } => {
                        see("dead letters", 1);
                        let place = (lanes[input].partition.to_string(), offset);
                        dead.push(format!(
                            "{} {number} {place:?} {raw:?}",
                            bundle_name(bundle)
                        ));
                    }
                    Logged::Filtered => {}
                }
            }
        }
        let found = self.memory.rows();
        let found = found.get("folded").cloned().unwrap_or_default();
        let letter = |(partition, letter): &(Partition, crate::checkpoint::DeadLetter)| {
            let place = letter.place.as_ref();
            let place = place.map(|place| (place.input.to_string(), place.offset));
            let place = place.unwrap_or(("none".into(), Offset(0)));
            format!("{partition} {} {place:?} {:?}", letter.offset, letter.raw)
        };
        let found_dead = self.memory.dead_letters();
        same("rows", found, rows)?;
        same(
            "dead letters",
            found_dead.iter().map(letter).collect(),
            dead,
        )
    }
}

fn same(what: &str, mut found: Vec<String>, mut wanted: Vec<String>) -> Result<(), String> {
    found.sort_unstable();
    wanted.sort_unstable();
    if found == wanted {
        return Ok(());
    }
    let missing = wanted.iter().find(|row| !found.contains(row));
    let extra = found.iter().find(|row| !wanted.contains(row));
    let (count, of) = (found.len(), wanted.len());
    Err(format!(
        "{what}: {count} instead of {of}; missing {missing:?}, not wanted {extra:?}"
    ))
}

fn record(dice: &mut Dice, log: i64, (bundle, number): (usize, u64)) -> Recorded {
    if dice.once_in(20) {
        return Logged::Filtered;
    }
    if dice.once_in(20) {
        return Logged::Malformed {
            raw: format!("broken {number}").into_bytes(),
            reason: "broken".into(),
        };
    }
    let vehicle = VehicleId::new(&format!("car-{bundle}-{}", dice.roll(3))).unwrap();
    let at = EventTime::from_micros(log - dice.roll(2_000_000) as i64);
    let event = Telemetry::new(vehicle, at).with_speed(Speed::from_kmh(number as f64));
    let log = EventTime::from_micros(log);
    Logged::Timed { log, event }
}

/// Runs one seed, and returns what is wrong as an error.
pub(super) async fn holds(seed: u64, seen: &mut Coverage) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let world = World::random(&mut dice, seen);
    let left = Arc::new(AtomicU64::new(dice.roll(12)));
    for _ in 0..50 {
        let how = match world.run(&mut dice, &left, seen).await {
            None => "a death",
            Some(Ok(report)) if report.balances() => "a process that ended",
            Some(Err(error)) if error.kind() == ErrorKind::Fenced => "a process fenced out",
            Some(Err(error)) if is_injected(&error) => "a process that gave up",
            other => return Err(format!("a process ended so: {other:?}")),
        };
        *seen.entry(how.into()).or_default() += 1;
        if world.has_ended().await {
            return world.check(seen);
        }
    }
    Err("fifty processes did not reach the end".into())
}
