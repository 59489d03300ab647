//! The engine: ordering, rules and windows over decoded events.

use std::{sync::Arc, time::Duration};

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group};
use fleet_core::{
    EventTime, Graph, MemoryStore, Order, Pipeline, VehicleId,
    decode::Typed,
    event::Telemetry,
    sink::Null,
    testing::{Script, Scripted},
    units::Speed,
    window::{SummaryOf, Tumbling},
};
use fleet_rules::{Mode, preset};

const EVENTS: usize = 100_000;
const VEHICLES: usize = 1_000;

fn rows() -> Arc<Vec<Telemetry>> {
    let row = |event: usize| {
        let (vehicle, tick) = (event % VEHICLES, event / VEHICLES);
        let at =
            EventTime::from_micros(1_700_000_000_000_000 + i64::try_from(tick).unwrap() * 500_000);
        let speed = Speed::from_kmh((event * 37 % 9_000) as f64 / 100.0);
        Telemetry::new(VehicleId::new(&format!("car-{vehicle}")).unwrap(), at).with_speed(speed)
    };
    Arc::new((0..EVENTS).map(row).collect())
}

fn bounds(criterion: &mut Criterion) {
    let rows = rows();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Elements(EVENTS as u64));
    for seconds in [0, 5] {
        group.bench_function(
            BenchmarkId::new("rules and windows, bound s", seconds),
            |bencher| {
                let pipeline = || {
                    let (mut graph, telemetry) = Graph::new();
                    let alerts = graph.apply("rules", telemetry, preset::vehicleops(Mode::Edge));
                    let speed =
                        SummaryOf::new(|event: &Telemetry| event.speed().map(Speed::as_kmh));
                    let windows = Tumbling::minutes(1).aggregate(speed);
                    let windows = graph.apply("windows", telemetry, windows);
                    let script = std::iter::repeat_n(Script::Rows(1_024), EVENTS / 1_024);
                    let source = Scripted::new("memory", Arc::clone(&rows), script);
                    let order = Order::within(Duration::from_secs(seconds));
                    let store = MemoryStore::default();
                    Pipeline::exactly_once(source, Typed::default(), order, graph, store)
                        .store("alerts", alerts, Null)
                        .store("windows", windows, Null)
                };
                bencher.iter_batched(
                    pipeline,
                    |pipeline| runtime.block_on(pipeline.run()).unwrap(),
                    BatchSize::LargeInput,
                );
            },
        );
    }
    group.finish();
}

criterion_group! { name = group; config = super::settings::criterion(); targets = bounds }
