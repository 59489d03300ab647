//! Testing a custom rule in three steps: by hand, with the conformance suite, and in a pipeline
//! that crashes at every commit.
#![expect(clippy::print_stdout, reason = "an example prints its result")]
#![expect(
    clippy::expect_used,
    reason = "an example stops at the first failed check"
)]

use std::{sync::Arc, time::Duration};

use fleet_core::{
    EventTime, Graph, MemoryStore, Operator, Order, Pipeline, Row, Stream, VehicleId,
    decode::Typed,
    event::Telemetry,
    operator::{Cx, Keep},
    pipeline::EpochLimits,
    testing::{
        Fault, Faults, FaultySink, FaultyStore, Harness, Operation, Script, Scripted, conformance,
    },
    units::Speed,
};

/// The operator under test: when a vehicle moves again or falls silent, it emits for how many
/// seconds the vehicle stood still.
struct Standstill;

/// When the vehicle stopped and when it was last seen standing, in seconds since 1970.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Standing(Option<(i64, i64)>);
fleet_core::state_by_serde!(Standing, 1);

/// A vehicle is silent after this long without a row.
const SILENCE: Duration = Duration::from_secs(60);

impl Operator for Standstill {
    type In = Telemetry;
    type Out = i64;
    type State = Standing;

    fn init(&self) -> Standing {
        Standing(None)
    }

    fn on_row(&self, state: &mut Standing, row: &Row<Telemetry>, cx: &mut Cx<'_, i64>) {
        let now = cx.now().as_micros() / 1_000_000;
        let moves = row.value.speed().is_some_and(|speed| speed.as_kmh() > 0.0);
        match state.0 {
            Some((since, _)) if moves => {
                cx.emit(now - since);
                state.0 = None;
            }
            Some((since, _)) => state.0 = Some((since, now)),
            None if moves => {}
            None => state.0 = Some((now, now)),
        }
        cx.forget_timers();
        cx.wake_at(cx.now() + SILENCE);
    }

    fn on_timer(&self, state: &mut Standing, _: EventTime, cx: &mut Cx<'_, i64>) -> Keep {
        if let Some((since, last)) = state.0 {
            cx.emit(last - since);
        }
        Keep::Nothing
    }
}

fn graph() -> (Graph<Telemetry>, Stream<i64>) {
    let (mut graph, telemetry) = Graph::new();
    let stops = graph.apply("stops", telemetry, Standstill);
    (graph, stops)
}

fn at(second: i64) -> EventTime {
    EventTime::from_micros(second * 1_000_000)
}

fn row(car: &str, second: i64, kmh: f64) -> Telemetry {
    let car = VehicleId::new(car).expect("a short name");
    Telemetry::new(car, at(second)).with_speed(Speed::from_kmh(kmh))
}

/// Events of two cars that stop and go.
fn drive() -> Vec<Telemetry> {
    let rows = (0..120).map(|n| {
        let car = if n % 2 == 0 { "car-1" } else { "car-2" };
        let second = n / 2 * 3;
        let stands = (n / 2) % 9 < 3 + n % 2;
        row(car, second, if stands { 0.0 } else { 30.0 })
    });
    rows.collect()
}

/// Drives the graph step by step without a runtime: pushes rows, moves time, inspects results and
/// state.
fn by_hand() -> fleet_core::Result<()> {
    let (graph, stops) = graph();
    let mut harness = Harness::new(graph, Order::within(Duration::ZERO));
    harness.watch(stops);
    harness.push(row("car-1", 0, 0.0))?;
    harness.push(row("car-1", 20, 0.0))?;
    let state = harness.state::<Standstill>("stops", "car-1");
    assert_eq!(state.and_then(|standing| standing.0), Some((0, 20)));
    harness.push(row("car-1", 30, 12.0))?;
    assert_eq!(harness.take(stops), [30]);

    harness.push(row("car-1", 40, 0.0))?;
    harness.push(row("car-1", 45, 0.0))?;
    harness.advance_to(at(106));
    assert_eq!(harness.take(stops), [5], "it fell silent");
    assert!(harness.state::<Standstill>("stops", "car-1").is_none());
    Ok(())
}

/// Runs one process of the pipeline; `None` if it crashed.
async fn process(store: &MemoryStore, faults: &Faults) -> Option<fleet_core::Result<()>> {
    let (graph, stops) = graph();
    let source = Scripted::new("cars", Arc::new(drive()), [Script::Rows(25); 4]);
    let faulty = FaultyStore::new(store.clone(), faults);
    let table = FaultySink::new(store.table("stops"), faults);
    let run = Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, faulty)
        .store("stops", stops, table)
        .epochs(EpochLimits {
            records: 25,
            ..EpochLimits::default()
        })
        .run();
    let report = faults.until_crash(run).await?;
    Some(report.map(|report| assert!(report.balances())))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> fleet_core::Result<()> {
    by_hand()?;

    // The same rows for any batching, any restart and any order of arrival within the bound.
    conformance::operator(|| Standstill, &drive());

    // The expected rows come from a run without faults, which also counts the commits.
    let (expected, calm) = (MemoryStore::default(), Faults::none());
    process(&expected, &calm)
        .await
        .expect("no fault is injected")?;
    let commits = calm.asked(Operation::Commit);

    // One process crashes before or after any of its commits, and a second one resumes.
    for n in 1..=commits {
        for fault in [Fault::CrashBefore, Fault::CrashAfter] {
            let (store, faults) = (
                MemoryStore::default(),
                Faults::at([(Operation::Commit, n, fault)]),
            );
            assert!(process(&store, &faults).await.is_none(), "it crashed");
            process(&store, &Faults::none())
                .await
                .expect("no fault is injected")?;
            assert_eq!(
                store.rows(),
                expected.rows(),
                "{} at commit {n}",
                fault.word()
            );
        }
    }
    let stops = expected.rows().get("stops").map_or(0, Vec::len);
    assert!(stops > 10 && commits > 3);
    println!(
        "testing_a_pipeline: ok ({stops} stops, the same after a crash at each of {commits} commits)"
    );
    Ok(())
}
