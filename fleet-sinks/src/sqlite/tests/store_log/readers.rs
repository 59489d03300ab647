//! Retention behind the slowest reader, and readers that are gone.

use std::collections::BTreeMap;

use fleet_core::{Source, source::SourceEvent};
use rusqlite::Connection;

use super::{File, Log};
use crate::{
    store_log::{LogSource, LogSourceOptions},
    testing::{
        readers::{Seen, read, read_all, start},
        rides::ride,
    },
};

const ROWS: &str = "SELECT count(*) FROM log_rows";

async fn filled(file: &File) -> Log {
    let mut log = file.log(2, 1_000);
    let rows: Vec<_> = (0..30).map(|n| ride(&format!("driver-{n}"), n)).collect();
    log.write(&rows).await.unwrap();
    log
}

async fn reader(file: &File, name: &str) -> LogSource {
    let options = LogSourceOptions::until_now();
    let mut source = file.store(name).log_source("rides", name, options).unwrap();
    start(&mut source, &BTreeMap::new()).await;
    source
}

fn age(file: &File, reader: &str, seconds: i64) {
    let db = Connection::open(file.path()).unwrap();
    let sql = "UPDATE log_readers SET seen_at = seen_at - ?1 WHERE reader = ?2";
    db.execute(sql, (seconds, reader)).unwrap();
}

#[tokio::test]
async fn rows_are_kept_until_every_reader_has_committed_past_them() {
    let file = File::new();
    let log = filled(&file).await;
    let (mut fast, mut slow) = (reader(&file, "fast").await, reader(&file, "slow").await);
    let (mut seen, mut kept) = (Seen::new(), Seen::new());
    read(&mut fast, &mut seen, 30, true).await;
    assert_eq!(file.number(ROWS), 30, "the slow one needs them");
    read(&mut slow, &mut kept, 30, false).await;
    assert_eq!(file.number(ROWS), 30, "read is not committed");
    assert_eq!(seen, kept);
    let summary = log.store.summary().unwrap();
    let logs = &summary.logs["rides"];
    assert_eq!((logs.lanes, logs.written, logs.waiting), (2, 30, 30));
    let behind: Vec<_> = logs
        .readers
        .iter()
        .map(|one| (&*one.name, one.behind))
        .collect();
    assert_eq!(behind, [("slow", 30), ("fast", 0)]);
    for (lane, rows) in &kept {
        let upto = fleet_core::Offset(rows.len() as u64).into();
        slow.committed(lane, &upto).await.unwrap();
    }
    assert_eq!(file.number(ROWS), 0);
    assert_eq!(log.store.summary().unwrap().logs["rides"].waiting, 0);
}

#[tokio::test]
async fn a_pipeline_that_starts_afresh_as_a_reader_of_which_rows_are_gone_is_refused() {
    let file = File::new();
    let _log = filled(&file).await;
    let options = LogSourceOptions::until_now();
    let again = |name| file.store(name).log_source("rides", "drivers", options);
    let mut first = reader(&file, "drivers").await;
    let SourceEvent::Batch(batch) = first.next().await.unwrap() else {
        panic!("there are rows")
    };
    // Read, and not committed: all rows are there.
    let mut source = again("crashed").unwrap();
    assert_eq!(read_all(&mut source).await.values().flatten().count(), 30);

    let upto = batch.next.into();
    first.committed(&batch.partition, &upto).await.unwrap();
    let mut source = again("wiped").unwrap();
    source.next().await.unwrap();
    let error = source.start(&batch.partition, None).await.unwrap_err();
    assert!(
        error.to_string().contains("to begin in the middle"),
        "{error}"
    );
    source.start(&batch.partition, Some(&upto)).await.unwrap();
}

#[tokio::test]
async fn a_reader_that_is_gone_is_named_and_dropped_and_the_log_goes_on() {
    let file = File::new();
    let mut log = filled(&file).await;
    drop(reader(&file, "gone").await);
    let mut other = reader(&file, "other").await;
    let mut seen = Seen::new();
    read(&mut other, &mut seen, 30, true).await;
    let refused = log
        .store
        .drop_reader("rides", "gone")
        .unwrap_err()
        .to_string();
    assert!(refused.contains("may be running"), "{refused}");
    let unknown = log
        .store
        .drop_reader("rides", "nobody")
        .unwrap_err()
        .to_string();
    assert!(unknown.contains("only gone, other"), "{unknown}");

    age(&file, "gone", 400);
    let summary = log.store.summary().unwrap();
    let gone = &summary.logs["rides"].readers[0];
    assert!(gone.is_gone() && gone.name == "gone" && gone.silent.as_secs() >= 400);
    log.store.drop_reader("rides", "gone").unwrap();
    assert_eq!(log.store.summary().unwrap().logs["rides"].waiting, 0);
    // The next commit of another reader deletes what nobody needs.
    log.write(&[ride("driver-1", 99), ride("driver-2", 99)])
        .await
        .unwrap();
    let mut other = reader(&file, "other").await;
    let mut more = Seen::new();
    read(&mut other, &mut more, 32, true).await;
    assert_eq!(file.number(ROWS), 0);
}

#[tokio::test]
async fn a_reader_that_is_dropped_while_it_runs_ends_with_an_error() {
    let file = File::new();
    let log = filled(&file).await;
    let mut source = reader(&file, "drivers").await;
    log.store.drop_active_reader("rides", "drivers").unwrap();
    let SourceEvent::Batch(batch) = source.next().await.unwrap() else {
        panic!("its rows are still there")
    };
    let upto = batch.next.into();
    let error = source.committed(&batch.partition, &upto).await.unwrap_err();
    assert!(error.to_string().contains("was dropped"), "{error}");
    assert!(!error.is_retryable());
    assert_eq!(file.number(ROWS), 30);
}

#[tokio::test]
async fn a_reader_of_which_only_some_lanes_are_left_was_dropped() {
    let file = File::new();
    let log = filled(&file).await;
    let mut source = reader(&file, "drivers").await;
    log.store.drop_active_reader("rides", "drivers").unwrap();
    let SourceEvent::Batch(batch) = source.next().await.unwrap() else {
        panic!("its rows are still there")
    };
    // As if it were dropped while its lanes are started, one after the other.
    source.start(&batch.partition, None).await.unwrap();
    let upto = batch.next.into();
    let error = source.committed(&batch.partition, &upto).await.unwrap_err();
    assert!(error.to_string().contains("was dropped"), "{error}");
    assert_eq!(file.number(ROWS), 30, "nothing is trimmed for it");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_has_nothing_to_read_gives_signs_of_life() {
    let file = File::new();
    let log = file.log(2, 10);
    let store = file.store("drivers");
    let options = LogSourceOptions::default();
    let mut source = store.log_source("rides", "drivers", options).unwrap();
    start(&mut source, &BTreeMap::new()).await;
    let silent = |store: &crate::SqliteStore| {
        store.summary().unwrap().logs["rides"].readers[0]
            .silent
            .as_secs()
    };
    let wait = std::time::Duration::from_secs(31);
    for _ in 0..3 {
        age(&file, "drivers", 400);
        assert!(silent(&log.store) >= 400);
        while let Ok(event) = tokio::time::timeout(wait, source.next()).await {
            assert!(matches!(event.unwrap(), SourceEvent::Idle));
        }
        assert!(silent(&log.store) < 400);
    }
}
