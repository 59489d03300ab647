//! Whether a partition that restores many keys holds up the others.
//!
//! One process reads a quiet partition, a record a millisecond, and commits as soon as the store is
//! free. Then it is given a partition with many keys. The figures are the longest gap between
//! commits of the quiet partition, and how long a revoke waits that comes in the middle.

mod source;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use fleet_core::{
    Decode, EventTime, Graph, Order, Pipeline, VehicleId,
    checkpoint::CheckpointStore,
    decode::Typed,
    event::{Alert, Telemetry},
    pipeline::EpochLimits,
    sink::TransactionalSink,
    source::Replayable,
    testing::Scripted,
    units::Speed,
};
use fleet_rules::{Mode, preset};
use fleet_sinks::{
    PostgresStore, SqliteStore,
    postgres::{Database, PostgresOptions},
};
use tokio::time::Instant;

use self::source::{Beside, Seen};

/// The partition with many keys.
const LARGE: &str = "bench/large";

/// Measures SQLite and PostgreSQL, with every key in the state.
pub(crate) fn run(keys: usize) {
    println!("restore: {keys} keys, beside a partition with a record a millisecond");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("bench.db"), "bench").unwrap();
        let table = async || store.table::<Alert>("alerts").unwrap();
        measure("SQLite", keys, &store, table).await;

        let Some(server) = xtask::postgres::for_tests() else {
            return;
        };
        let database = Database::connect(server, PostgresOptions::default());
        let database = database.await.unwrap();
        let store = PostgresStore::open(&database, "restore").await.unwrap();
        let table = async || store.table::<Alert>("restore_alerts").await.unwrap();
        measure("PostgreSQL", keys, &store, table).await;
    });
}

async fn measure<S, T>(name: &str, keys: usize, store: &S, table: impl AsyncFn() -> T)
where
    S: CheckpointStore + 'static,
    T: TransactionalSink<Alert, S> + 'static,
{
    let first = EventTime::from_micros(1_700_000_000_000_000);
    let events = (0..keys).map(|key| {
        let vehicle = VehicleId::new(&format!("car-{key:08}")).unwrap();
        Telemetry::new(vehicle, first).with_speed(Speed::from_kmh(50.0))
    });
    pass(Scripted::of_events(LARGE, events), store, table().await).await;

    let seen = Arc::new(Mutex::new(Seen::default()));
    pass(Beside::new(LARGE, None, &seen), store, table().await).await;
    let restored = seen.lock().unwrap().clone();
    let restore = restored.started.unwrap() - restored.assigned.unwrap();

    let seen = Arc::new(Mutex::new(Seen::default()));
    let revoke = Some(restore / 2);
    pass(Beside::new(LARGE, revoke, &seen), store, table().await).await;
    let revoked = seen.lock().unwrap().clone();
    println!(
        "{name:>10}  restored in {restore:.2?}; longest gap between commits {:.2?}, with nothing \
         to restore {:.2?}; a revoke in the middle waits {} of {:.2?}",
        longest(&restored.commits, restored.assigned, restored.started),
        longest(&restored.commits, None, restored.assigned),
        match (revoked.revoked, revoked.released) {
            (Some(revoked), Some(released)) => format!("{:.2?}", released - revoked),
            _ => "(it came too late)".to_owned(),
        },
        source::WITHIN,
    );
}

/// The longest gap between two commits of which one lies in the span.
fn longest(commits: &[Instant], from: Option<Instant>, to: Option<Instant>) -> Duration {
    let gaps = commits.windows(2).filter_map(|pair| match pair {
        [before, after] => {
            let inside =
                from.is_none_or(|from| *after >= from) && to.is_none_or(|to| *before <= to);
            inside.then(|| *after - *before)
        }
        _ => None,
    });
    gaps.max().unwrap_or_default()
}

async fn pass<Src, S, T>(source: Src, store: &S, table: T)
where
    Src: Replayable + 'static,
    Typed<Telemetry>: Decode<Src::Payload, Event = Telemetry>,
    S: CheckpointStore + 'static,
    T: TransactionalSink<Alert, S> + 'static,
{
    let (mut graph, telemetry) = Graph::<Telemetry>::new();
    let alerts = graph.apply("rules", telemetry, preset::vehicleops(Mode::Edge));
    let order = Order::within(Duration::ZERO);
    let report = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone())
        .store("alerts", alerts, table)
        .epochs(EpochLimits::eager())
        .run()
        .await
        .unwrap();
    assert!(report.balances());
}
