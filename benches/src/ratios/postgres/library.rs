//! The same job by this library: decode, order, graph, sort, encode, write, commit with the
//! position.

use std::{sync::Arc, time::Duration};

use fleet_core::{
    Graph, Order, Pipeline,
    event::Telemetry,
    pipeline::{EpochLimits, Snapshots},
};
use fleet_sinks::{
    Indexes, PostgresStore,
    postgres::{Database, TableOptions, WriteMode},
};

use super::{
    super::{
        in_memory::{AsTelemetry, InMemory},
        sample::Sample,
    },
    Job, Side,
};

fn options(job: Job) -> TableOptions {
    let mode = match job {
        Job::Append { .. } => WriteMode::AsDeclared,
        Job::Latest => WriteMode::Latest {
            key: &["vehicle_id"],
            time: "time",
        },
    };
    let indexes = match job {
        Job::Append { index: true } => Indexes::ByVehicle,
        _ => Indexes::None,
    };
    TableOptions { mode, indexes }
}

/// Creates the table that every side writes to.
pub(super) async fn make(database: &Database, job: Job) {
    let store = PostgresStore::open(database, "bench").await.unwrap();
    store
        .table_with::<Telemetry>("bench_rows", options(job))
        .await
        .unwrap();
}

pub(super) async fn run(
    database: &Database,
    job: Job,
    side: Side,
    samples: &Arc<Vec<Sample>>,
    batch: usize,
) {
    let store = PostgresStore::open(database, "bench").await.unwrap();
    let (graph, telemetry) = Graph::<Telemetry>::new();
    let source = InMemory::new(samples);
    let order = Order::within(Duration::ZERO);
    let limits = EpochLimits {
        records: batch as u64,
        results: usize::MAX,
        bytes: usize::MAX,
        interval: Duration::MAX,
    };
    // The state of ten thousand vehicles would double the rows of every commit, so it is written at
    // intervals, as is usual with many keys.
    let snapshots = match (job, side) {
        (Job::Latest, _) | (_, Side::StateAtIntervals) => Snapshots::Every(Duration::from_secs(60)),
        (Job::Append { .. }, _) => Snapshots::EveryCommit,
    };
    let report = if side == Side::AtLeastOnce {
        let table = database
            .sink_with::<Telemetry>("bench_rows", options(job))
            .await
            .unwrap();
        let pipeline = Pipeline::at_least_once(source, AsTelemetry, order, graph, store);
        let pipeline = pipeline
            .publish("rows", telemetry, table)
            .epochs(limits)
            .snapshots(snapshots);
        pipeline.run().await.unwrap()
    } else {
        let table = store
            .table_with::<Telemetry>("bench_rows", options(job))
            .await
            .unwrap();
        let pipeline = Pipeline::exactly_once(source, AsTelemetry, order, graph, store);
        let pipeline = pipeline
            .store("rows", telemetry, table)
            .epochs(limits)
            .snapshots(snapshots);
        pipeline.run().await.unwrap()
    };
    assert!(report.balances(), "{report:?}");
}
