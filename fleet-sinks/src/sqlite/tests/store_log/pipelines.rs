//! Two pipelines over one file, which crash at random moments.

use std::collections::BTreeMap;

use fleet_core::checkpoint::CheckpointStore;
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use rusqlite::Connection;

use super::File;
use crate::{
    store_log::{LogOptions, LogSourceOptions},
    testing::rides::{below, by_driver, crash_after, is_fenced, plain, rides, sum, write},
};

fn options() -> LogOptions {
    LogOptions {
        lanes: 3,
        most_waiting: 60,
    }
}

/// The sums that a file holds.
fn totals(file: &File) -> BTreeMap<String, (i64, i64)> {
    let db = Connection::open(file.path()).unwrap();
    let mut rows = db
        .prepare("SELECT driver, revision + 1, metres FROM totals")
        .unwrap();
    rows.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap()
}

/// Runs a piece of each pipeline, at the same time, and crashes both.
async fn crash_both(file: &File, all: &[crate::testing::rides::Ride], random: &mut Pcg64Mcg) {
    let writer = file.store("writer");
    let reader = file.store("drivers");
    let log = writer.log(by_driver().with_options(options())).unwrap();
    let fast = LogSourceOptions {
        poll: std::time::Duration::from_millis(1),
        page_rows: 5,
        ..LogSourceOptions::default()
    };
    let source = reader.log_source("rides", "drivers", fast).unwrap();
    let table = reader.table("totals").unwrap();
    let (first, second) = (below(random, 120), below(random, 120));
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sums_by_driver_equal_a_plain_loop_whatever_crashes() {
    for seed in 0..6 {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let file = File::new();
        let all = rides(300, seed);
        drop(file.log(3, 60));
        for _ in 0..25 {
            crash_both(&file, &all, &mut random).await;
        }
        // To the end: the writer first, as the log has room for all now.
        let mut writer = file.store("writer");
        let more = LogOptions {
            most_waiting: 1_000,
            ..options()
        };
        loop {
            let log = writer.log(by_driver().with_options(more)).unwrap();
            let wrote = write(&all, writer.clone(), log, || ()).await;
            if !is_fenced(&wrote) {
                break;
            }
        }
        let known = writer.partitions().await.unwrap();
        assert!(known.values().all(|progress| progress.ended), "{known:?}");
        let reader = file.store("drivers");
        let report = loop {
            let options = LogSourceOptions::until_now();
            let source = reader.log_source("rides", "drivers", options).unwrap();
            let table = reader.table("totals").unwrap();
            let done = sum(source, reader.clone(), table, std::future::pending()).await;
            if !is_fenced(&done) {
                break done.unwrap();
            }
        };
        assert!(report.balances(), "{report:?}");
        assert_eq!(totals(&file), plain(&all), "seed {seed}");
        let summary = reader.summary().unwrap();
        assert_eq!(summary.counts.accepted, 300, "{summary:?}");
        assert_eq!(summary.logs["rides"].written, 300);
        assert_eq!(file.number("SELECT count(*) FROM log_rows"), 0);
    }
}
