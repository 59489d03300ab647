//! Many lanes, any times, and several logs, writers and rows at once.

use std::collections::BTreeMap;

use fleet_core::{
    EventTime, Partition, Source, checkpoint::CheckpointStore, sink::TransactionalSink,
    source::SourceEvent,
};

use super::File;
use crate::{
    sqlite::SqliteStore,
    store_log::{LogOptions, LogRows, LogSource, LogSourceOptions},
    testing::{
        readers::{Seen, read, read_all, start},
        rides::{Ride, by_driver, ride},
    },
};

/// A reader of what is there now.
fn open(file: &File, log: &str, name: &str) -> LogSource {
    let options = LogSourceOptions {
        page_rows: 4,
        ..LogSourceOptions::until_now()
    };
    file.store(name).log_source(log, name, options).unwrap()
}

#[tokio::test]
async fn the_most_lanes_and_any_times_come_back_as_they_were() {
    let file = File::new();
    let mut log = file.log(256, 100_000);
    let row = |number: i64| {
        let mut row = ride(&format!("driver-{number}"), number);
        let is_early = number % 2 == 0;
        let micros = if is_early {
            i64::MIN + number
        } else {
            i64::MAX - number
        };
        row.at = EventTime::from_micros(micros);
        row
    };
    let rows: Vec<_> = (0..2000).map(row).collect();
    log.write(&rows).await.unwrap();
    let seen = read_all(&mut open(&file, "rides", "drivers")).await;
    let mut found: Vec<_> = seen.values().flatten().map(|row| row.at).collect();
    let mut wanted: Vec<_> = rows.iter().map(|row| row.at).collect();
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn two_logs_of_one_file_are_kept_apart() {
    let file = File::new();
    let mut log = file.log(1, 1_000);
    let rows = |count| (0..count).map(|n| ride("driver", n)).collect::<Vec<_>>();
    log.write(&rows(10)).await.unwrap();
    let others = LogRows::new("others")
        .unwrap()
        .with_key(|ride: &Ride| ride.driver.clone())
        .with_options(LogOptions {
            lanes: 1,
            most_waiting: 1_000,
        });
    log.log = log.store.log(others).unwrap();
    log.write(&rows(6)).await.unwrap();
    // A slow reader of the other log.
    drop(open(&file, "others", "slow"));
    let mut source = open(&file, "rides", "drivers");
    start(&mut source, &BTreeMap::new()).await;
    read(&mut source, &mut Seen::new(), 10, true).await;
    let left = |log| {
        file.number(&format!(
            "SELECT count(*) FROM log_rows WHERE log = '{log}'"
        ))
    };
    assert_eq!((left("rides"), left("others")), (0, 6));
}

#[tokio::test]
async fn until_now_ends_where_it_began_though_rows_come() {
    let file = File::new();
    let mut log = file.log(1, 1_000);
    let rows: Vec<_> = (0..20).map(|n| ride("driver", n)).collect();
    log.write(&rows[..10]).await.unwrap();
    let mut source = open(&file, "rides", "drivers");
    start(&mut source, &BTreeMap::new()).await;
    log.write(&rows[10..]).await.unwrap();
    let mut found = Vec::new();
    loop {
        match source.next().await.unwrap() {
            SourceEvent::Batch(batch) => {
                found.extend(batch.payload.iter().map(|row| row.offset.0));
            }
            SourceEvent::Closed(_) => break,
            _ => {}
        }
    }
    assert_eq!(found, (0..10).collect::<Vec<_>>());
}

/// Writes fifty times two rows, and gives up each seventh time.
async fn write(mut store: SqliteStore, name: &'static str) {
    let options = LogOptions {
        lanes: 1,
        most_waiting: 100_000,
    };
    let mut log = store.log(by_driver().with_options(options)).unwrap();
    for number in 0..50 {
        let mut tx = store.begin().await.unwrap();
        let rows = [ride(name, number), ride(name, number + 1000)];
        log.write(&mut tx, &rows).await.unwrap();
        if number % 7 != 3 {
            store.commit(tx, &[]).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_pipelines_that_write_one_log_leave_no_gap_and_keep_their_orders() {
    let file = File::new();
    drop(file.log(1, 100_000));
    let names = ["one", "two"];
    for task in names.map(|name| tokio::spawn(write(file.store(name), name))) {
        task.await.unwrap();
    }
    let seen = read_all(&mut open(&file, "rides", "drivers")).await;
    let rows = &seen[&Partition::new("log:rides/0")];
    let offsets: Vec<_> = rows.iter().map(|row| row.offset.0).collect();
    assert_eq!(offsets, (0..172).collect::<Vec<_>>());
    for name in names {
        let own = rows.iter().filter(|row| row.key == name.as_bytes());
        let times: Vec<_> = own.map(|row| row.at.as_micros() % 1000).collect();
        assert!(times.is_sorted(), "{times:?}");
    }
}
