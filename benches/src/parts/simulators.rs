//! Simulated fleets: from random numbers to the bytes of each system's format.

use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group};
use fleet_core::{
    Source,
    dialect::{Dialect, FleetFlow, FleetPipeline, FleetStream, Ford, VehicleOps},
    source::SourceEvent,
};
use fleet_sources::{
    FleetFlowModel, FleetStreamModel, FordModel, Model, SelfDrivingModel, Simulator,
    SimulatorOptions, VehicleOpsModel,
};

/// The approximate number of events of each simulation.
const EVENTS: u32 = 20_000;

/// Runs a simulation; returns the number of its bytes and of its lines.
async fn drain<M, D>(mut source: Simulator<M, D>) -> (usize, usize)
where
    M: Model,
    D: Dialect<Event = M::Event>,
{
    let mine = source.partition().clone();
    source.start(&mine, None).await.unwrap();
    let (mut bytes, mut lines) = (0, 0);
    loop {
        match source.next().await.unwrap() {
            SourceEvent::Batch(batch) => {
                bytes += batch.payload.bytes.len();
                lines += memchr::memchr_iter(b'\n', &batch.payload.bytes).count();
            }
            SourceEvent::End(_) => return (bytes, lines),
            _ => {}
        }
    }
}

/// Measures one simulator, whose lines count as `events_of_a_line` events each.
fn simulator<M, D>(
    criterion: &mut Criterion,
    name: &str,
    (model, dialect): (M, D),
    options: SimulatorOptions,
    events_of_a_line: usize,
) where
    M: Model + Clone,
    D: Dialect<Event = M::Event> + Copy,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let source = || Simulator::new(model.clone(), dialect, options).unwrap();
    let (bytes, lines) = runtime.block_on(drain(source()));
    let mut group = criterion.benchmark_group("simulator");
    group.throughput(Throughput::Elements((lines * events_of_a_line) as u64));
    group.bench_function(name, |bencher| {
        bencher.iter_batched(
            source,
            |source| assert_eq!(runtime.block_on(drain(source)), (bytes, lines)),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// Changes options so that the vehicles make this many ticks in all.
fn ticks(options: SimulatorOptions, ticks: u32) -> SimulatorOptions {
    options.duration(options.interval * ticks.div_ceil(options.vehicles))
}

fn systems(criterion: &mut Criterion) {
    let model = VehicleOpsModel::default();
    let options = ticks(SimulatorOptions::default(), EVENTS);
    let system = (model, VehicleOps::default());
    simulator(criterion, "vehicleops", system, options, 1);

    let model = FleetStreamModel::default();
    let options = ticks(model.options(), EVENTS);
    let system = (model, FleetStream::default());
    simulator(criterion, "fleetstream", system, options, 1);

    let model = SelfDrivingModel::default();
    let options = ticks(model.options(), EVENTS);
    let system = (model, FleetPipeline::default());
    simulator(criterion, "self-driving", system, options, 1);

    let model = FordModel::default();
    let options = ticks(model.options(50), EVENTS);
    simulator(criterion, "ford", (model, Ford::default()), options, 1);

    // A line is a trip, and each of its samples counts as an event.
    let model = FleetFlowModel::default().trip(Duration::from_secs(60));
    let samples = model.samples();
    let options = ticks(model.options(), EVENTS / 600);
    let system = (model, FleetFlow::default());
    simulator(criterion, "fleetflow samples", system, options, samples);
}

criterion_group! { name = group; config = super::settings::criterion(); targets = systems }
