//! Every source, sink and store of this crate passes its suite, also with the kit wrapped around it.

mod broken;

use std::time::Duration;

use super::{
    Fault, Faults, FaultySink, FaultySource, FaultyStore, Harness, Log, Logged, Operation,
    Recording, Rejecting, Script, Scripted,
    conformance::{Rows, checkpoint_store, operator, replayable, sink, transactional_sink},
};
use crate::{
    contracts::{MemoryStore, Operator, operator::Cx, sink::Null},
    data::{ErrorKind, EventTime, Offset, State, VehicleId, units::Speed},
    engine::{graph::Graph, order::Order},
    event::Telemetry,
    rows::Row,
};

fn row(n: u64) -> Row<u64> {
    Row::detached(EventTime::MIN, Offset(n), n)
}

/// Good rows are small, the bad one is not.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "rows come so")]
fn too_big(n: &u64) -> Option<String> {
    (*n == u64::MAX).then(|| "too big".to_owned())
}

fn bad() -> Row<u64> {
    row(u64::MAX)
}

#[expect(clippy::unnecessary_wraps, reason = "what the suites ask for")]
fn stored(store: &MemoryStore) -> Option<u64> {
    Some(store.rows().get("numbers").map_or(0, Vec::len) as u64)
}

/// Slowness at every operation, so that every future waits and can be dropped there.
fn slow() -> Faults {
    Faults::decided_by(|_| Some(Fault::Slow(Duration::from_millis(1))))
}

#[tokio::test(start_paused = true)]
async fn memory_is_a_store_also_when_it_is_slow() {
    for faults in [Faults::none(), slow()] {
        let store = FaultyStore::new(MemoryStore::default(), &faults);
        checkpoint_store(|| store.clone()).await;
        assert_eq!(faults.happened(Operation::Commit, Fault::Torn), 0);
    }
    let store = MemoryStore::default();
    checkpoint_store(|| store.clone()).await;
}

#[tokio::test(start_paused = true)]
async fn tables_in_memory_are_transactional_sinks_also_when_they_are_slow() {
    for faults in [Faults::none(), slow()] {
        let memory = MemoryStore::default();
        let store = FaultyStore::new(memory.clone(), &faults);
        let table = FaultySink::new(memory.table("numbers"), &faults);
        let table = Rejecting::new(table, too_big);
        let rows = Rows {
            good: &row,
            bad: Some(&bad),
            stored: &|| stored(&memory),
        };
        transactional_sink(|| (store.clone(), table.clone()), &rows).await;
    }
}

#[tokio::test(start_paused = true)]
async fn plain_sinks_keep_the_promises_of_sinks_also_when_they_are_slow() {
    for faults in [Faults::none(), slow()] {
        let seen = Recording::default();
        let open = || Rejecting::new(FaultySink::new(seen.clone(), &faults), too_big);
        let rows = Rows {
            good: &row,
            bad: Some(&bad),
            stored: &|| Some(seen.rows().len() as u64),
        };
        sink(open, &rows).await;
    }
    let nothing = Rows {
        good: &row,
        bad: None,
        stored: &|| None,
    };
    sink(|| Null, &nothing).await;
    transactional_sink(|| (MemoryStore::default(), Null), &nothing).await;
}

#[tokio::test(start_paused = true)]
async fn a_script_is_a_replayable_source_also_when_it_is_slow() {
    let event = |n| {
        let car = VehicleId::new("car-1").unwrap();
        Logged::Event(Telemetry::new(car, EventTime::from_micros(n)))
    };
    let logs: Vec<Log<Telemetry>> = (0..3)
        .map(|p| Log::new(&format!("p/{p}"), (0..20).map(event)))
        .collect();
    let script = (0..30).map(|n| match n % 4 {
        0 => (n % 3, Script::Idle),
        1 => (n % 3, Script::Stall(Duration::from_millis(5))),
        _ => (n % 3, Script::Rows(n % 5)),
    });
    let script: Vec<_> = script.collect();
    for faults in [Faults::none(), slow()] {
        let open = || {
            let scripted = Scripted::several(logs.clone(), script.clone());
            FaultySource::new(scripted, &faults)
        };
        replayable(open, |batch| {
            let records = batch.iter();
            records
                .map(|(at, record)| (*at, format!("{record:?}").into_bytes()))
                .collect()
        })
        .await;
    }
}

/// The speed of a car since its last row, in a state that a snapshot forgets or that depends on batches.
struct Flawed(&'static str);

impl Operator for Flawed {
    type In = Telemetry;
    type Out = u32;
    type State = Count;
    fn init(&self) -> Count {
        Count(0, self.0)
    }
    fn on_row(&self, count: &mut Count, _: &Row<Telemetry>, cx: &mut Cx<'_, u32>) {
        count.0 += 1;
        cx.emit(count.0);
    }
}

/// A number that its snapshot holds, or not.
#[derive(Clone, Debug)]
struct Count(u32, &'static str);

impl State for Count {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        let kept = if self.1 == "forgets" { 0 } else { self.0 };
        kept.encode(to);
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        Some(Self(u32::decode(version, from)?, ""))
    }
}

/// Rows of two cars, two of each second.
fn drive() -> Vec<Telemetry> {
    let rows = (0..60).map(|n| {
        let car = VehicleId::new(&format!("car-{}", n % 2)).unwrap();
        Telemetry::new(car, EventTime::from_micros(n / 4 * 1_000_000))
            .with_speed(Speed::from_kmh(n as f64))
    });
    rows.collect()
}

#[test]
fn an_operator_with_a_whole_state_passes_its_suite() {
    operator(|| Flawed("keeps"), &drive());
}

#[test]
#[should_panic(expected = "restarts: true")]
fn an_operator_whose_snapshot_forgets_is_refused() {
    operator(|| Flawed("forgets"), &drive());
}

#[test]
fn a_harness_goes_on_from_a_snapshot_in_another_process_and_refuses_another_graph() {
    let graph = |name: &str| {
        let (mut graph, telemetry) = Graph::new();
        let counts = graph.apply(name, telemetry, Flawed("keeps"));
        (graph, counts)
    };
    let (first, counts) = graph("counts");
    let mut first = Harness::new(first, Order::within(Duration::ZERO));
    first.watch(counts);
    first.push_batch(drive()).unwrap();
    let state = first.state::<Flawed>("counts", "car-1").unwrap();
    assert_eq!((state.0, first.take(counts).len()), (30, 60));
    assert_eq!(first.counts().accepted, 60);
    let snapshot = first.snapshot();

    let (second, counts) = graph("counts");
    let order = Order::within(Duration::ZERO);
    let mut second = Harness::from_snapshot(second, order, &snapshot).unwrap();
    second.watch(counts);
    let car = VehicleId::new("car-1").unwrap();
    let later = Telemetry::new(car, EventTime::from_micros(60_000_000));
    second.push(later.clone()).unwrap();
    assert_eq!(second.take(counts), [31]);
    second.push(later).unwrap();
    assert_eq!(second.counts().duplicate, 1);
    second.end();
    assert!(second.push(drive().remove(0)).is_err());

    let (other, _) = graph("other");
    let error = Harness::from_snapshot(other, order, &snapshot).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Structure);
}
