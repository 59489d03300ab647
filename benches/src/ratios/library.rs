//! F1 by this library, which also orders events, drops duplicates, and commits.

use std::{num::NonZeroUsize, path::Path, time::Duration};

use fleet_core::{
    Graph, MemoryStore, Order, Pipeline,
    dialect::VehicleOps,
    event::Telemetry,
    sink::Null,
    units::Speed,
    window::{SummaryOf, Tumbling},
};
use fleet_rules::{Mode, preset};
use fleet_sources::{FileOptions, FileSource};

use super::run::block_on;

/// Returns the number of alerts and of windows, by one worker.
pub(crate) fn run(path: &Path) -> (u64, u64) {
    run_by(NonZeroUsize::MIN, path)
}

/// Does the same with several workers.
pub(crate) fn run_by(workers: NonZeroUsize, path: &Path) -> (u64, u64) {
    let (mut graph, telemetry) = Graph::<Telemetry>::new();
    let alerts = graph.apply("rules", telemetry, preset::vehicleops(Mode::Edge));
    let speed = SummaryOf::new(|event: &Telemetry| event.speed().map(Speed::as_kmh));
    let windows = graph.apply("windows", telemetry, Tumbling::minutes(1).aggregate(speed));
    let source = FileSource::open([path], FileOptions::default()).unwrap();
    let order = Order::within(Duration::from_secs(5));
    let store = MemoryStore::default();
    let pipeline = Pipeline::exactly_once(source, VehicleOps::default(), order, graph, store)
        .store("alerts", alerts, Null)
        .store("windows", windows, Null)
        .workers(workers);
    let report = block_on(pipeline.run());
    (
        report.tally("sink.alerts", "given"),
        report.tally("sink.windows", "given"),
    )
}
