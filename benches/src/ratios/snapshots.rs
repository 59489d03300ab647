//! The cost of writing the state of many keys with every commit, and of isolating panics.

use std::{cell::Cell, sync::Arc, time::Duration};

use fleet_core::{
    EventTime, Graph, Order, Pipeline, VehicleId,
    checkpoint::CheckpointStore,
    decode::Typed,
    event::Telemetry,
    pipeline::{EpochLimits, ExactlyOnce, Snapshots},
    sink::Null,
    testing::{Script, Scripted},
    units::Speed,
    window::{SummaryOf, Tumbling},
};
use fleet_rules::{Mode, preset};
use fleet_sinks::SqliteStore;

use super::side_by_side::medians;

/// The number of vehicles, and of events in a batch: about that of a chunk of a file.
const KEYS: usize = 100_000;
const BATCH: usize = 1_024;

/// Events of every vehicle in turn, so that nearly every event of a commit changes a different key.
fn rows(events: usize, keys: usize) -> Arc<Vec<Telemetry>> {
    let row = |event: usize| {
        let (vehicle, tick) = (event % keys, event / keys);
        let second = 1_700_000_000 + i64::try_from(tick).unwrap();
        let speed = Speed::from_kmh((event * 37 % 9_000) as f64 / 100.0);
        let vehicle = VehicleId::new(&format!("car-{vehicle}")).unwrap();
        Telemetry::new(vehicle, EventTime::from_micros(second * 1_000_000)).with_speed(speed)
    };
    Arc::new((0..events).map(row).collect())
}

type Job<S> = Pipeline<Scripted<Telemetry>, Typed<Telemetry>, S, ExactlyOnce>;

fn job<S: CheckpointStore>(rows: &Arc<Vec<Telemetry>>, store: S) -> Job<S> {
    let (mut graph, telemetry) = Graph::new();
    let alerts = graph.apply("rules", telemetry, preset::vehicleops(Mode::Edge));
    let speed = SummaryOf::new(|event: &Telemetry| event.speed().map(Speed::as_kmh));
    let windows = Tumbling::minutes(1).aggregate(speed);
    let windows = graph.apply("windows", telemetry, windows);
    let script = std::iter::repeat_n(Script::Rows(BATCH), rows.len() / BATCH);
    let source = Scripted::new("memory", Arc::clone(rows), script);
    Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, store)
        .store("alerts", alerts, Null)
        .store("windows", windows, Null)
        // Close epochs by count alone, so that both sides make the same commits at any speed.
        .epochs(EpochLimits {
            interval: Duration::MAX,
            ..EpochLimits::default()
        })
}

fn run<S: CheckpointStore>(job: Job<S>) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let report = runtime.block_on(job.run()).unwrap();
    assert!(report.balances(), "{report:?}");
    report.counts.accepted
}

/// Compares writing the state to SQLite with every commit and only at the end.
pub(crate) fn every(events: usize) {
    let rows = rows(events, KEYS.min(events));
    let folder = tempfile::tempdir().unwrap();
    let files = Cell::new(0);
    let side = |snapshots| {
        files.set(files.get() + 1);
        let file = folder.path().join(format!("{}.db", files.get()));
        let store = SqliteStore::open(file, "bench").unwrap();
        run(job(&rows, store).snapshots(snapshots))
    };
    let both = medians(
        || side(Snapshots::EveryCommit),
        || side(Snapshots::Every(Duration::MAX)),
    );
    print(
        "snapshots",
        ["with every commit", "first and last alone"],
        both,
        events,
    );
}

/// Compares the same job with and without isolation, when nothing panics.
pub(crate) fn isolation(events: usize) {
    let rows = rows(events, 1_000.min(events));
    let plain = || run(job(&rows, fleet_core::MemoryStore::default()));
    let ready = || run(job(&rows, fleet_core::MemoryStore::default()).isolate_panics());
    let both = medians(plain, ready);
    print("panics", ["not isolated", "isolated"], both, events);
}

fn print(name: &str, sides: [&str; 2], took: [Duration; 2], events: usize) {
    println!("{name}: {events} events, median of 5, interleaved");
    for (side, took) in sides.into_iter().zip(took) {
        let rate = events as f64 / took.as_secs_f64() / 1e6;
        println!("  {side:27} {rate:6.2} M events/s");
    }
    let [first, second] = took.map(|took| took.as_secs_f64());
    println!("  {:27} {:6.2}", "ratio", first / second);
}
