//! Two pipelines over one database, which crash at random moments.

use std::collections::BTreeMap;

use fleet_core::checkpoint::CheckpointStore;
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

use crate::{
    postgres::{Database, PostgresOptions, PostgresStore},
    store_log::{LogOptions, LogSourceOptions},
    testing::{
        postgres::Scratch,
        rides::{Ride, below, by_driver, crash_after, is_fenced, plain, rides, sum, write},
    },
};

const OPTIONS: LogOptions = LogOptions {
    lanes: 3,
    most_waiting: 60,
};

async fn store(database: &Database, pipeline: &str) -> PostgresStore {
    PostgresStore::open(database, pipeline).await.unwrap()
}

/// The sums that a database holds.
async fn totals(scratch: &Scratch) -> BTreeMap<String, (i64, i64)> {
    let all = "SELECT driver, revision + 1, metres FROM totals";
    let rows = scratch.admin().await.query(all, &[]).await.unwrap();
    let sums = rows
        .iter()
        .map(|row| (row.get(0), (row.get(1), row.get(2))));
    sums.collect()
}

/// Runs a piece of each pipeline, at the same time, and crashes both.
async fn crash_both(database: &Database, all: &[Ride], random: &mut Pcg64Mcg) {
    let (writer, reader) = (
        store(database, "writer").await,
        store(database, "drivers").await,
    );
    let log = writer.log(by_driver().with_options(OPTIONS)).await.unwrap();
    let fast = LogSourceOptions {
        poll: std::time::Duration::from_millis(1),
        page_rows: 5,
        ..LogSourceOptions::default()
    };
    let source = reader.log_source("rides", "drivers", fast).await.unwrap();
    let table = reader.table("totals").await.unwrap();
    let (first, second) = (below(random, 150), below(random, 150));
    let writes = crash_after(first, write(all, writer.clone(), log, || ()));
    let sums = crash_after(
        second,
        sum(source, reader.clone(), table, std::future::pending()),
    );
    let (wrote, summed) = tokio::join!(writes, sums);
    for outcome in [wrote, summed].into_iter().flatten() {
        assert!(outcome.is_ok() || is_fenced(&outcome), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_by_driver_equal_a_plain_loop_whatever_crashes() {
    for seed in 0..2 {
        let Some(scratch) = Scratch::new().await else {
            return;
        };
        let options = PostgresOptions {
            pool_size: 16,
            ..PostgresOptions::default()
        };
        let database = scratch.open_with(options).await;
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let all = rides(300, seed);
        for _ in 0..20 {
            crash_both(&database, &all, &mut random).await;
        }
        // To the end: the writer first, as the log has room for all now.
        let mut writer = store(&database, "writer").await;
        let more = LogOptions {
            most_waiting: 1_000,
            ..OPTIONS
        };
        loop {
            let log = writer.log(by_driver().with_options(more));
            let wrote = write(&all, writer.clone(), log.await.unwrap(), || ()).await;
            if !is_fenced(&wrote) {
                break;
            }
        }
        let known = writer.partitions().await.unwrap();
        assert!(known.values().all(|progress| progress.ended), "{known:?}");
        let reader = store(&database, "drivers").await;
        let report = loop {
            let options = LogSourceOptions::until_now();
            let source = reader.log_source("rides", "drivers", options);
            let table = reader.table("totals").await.unwrap();
            let source = source.await.unwrap();
            let done = sum(source, reader.clone(), table, std::future::pending()).await;
            if !is_fenced(&done) {
                break done.unwrap();
            }
        };
        assert!(report.balances(), "{report:?}");
        assert_eq!(totals(&scratch).await, plain(&all), "seed {seed}");
        let summary = reader.summary().await.unwrap();
        assert_eq!(summary.counts.accepted, 300, "{summary:?}");
        assert_eq!(summary.logs["rides"].written, 300);
        assert_eq!(scratch.number(super::ROWS).await, 0);
    }
}
