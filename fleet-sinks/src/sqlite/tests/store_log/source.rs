//! The source of a log: the suites, bounds of pages, idleness, places that cannot be read.

use std::{collections::BTreeMap, time::Duration};

use fleet_core::{
    ErrorKind, Offset, Partition, Source,
    source::{Position, SourceEvent},
    testing::conformance,
};

use super::File;
use crate::{
    store_log::{LogSource, LogSourceOptions},
    testing::{
        readers::{Seen, read, read_all, records, start},
        rides::ride,
    },
};

/// Small pages, so that lanes take turns.
fn pages() -> LogSourceOptions {
    LogSourceOptions {
        page_rows: 3,
        ..LogSourceOptions::until_now()
    }
}

async fn filled(file: &File, rows: i64) {
    let mut log = file.log(3, 10_000);
    let rows: Vec<_> = (0..rows)
        .map(|n| ride(&format!("driver-{}", n % 9), n))
        .collect();
    for some in rows.chunks(7) {
        log.write(some).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn the_source_passes_the_suite() {
    let file = File::new();
    filled(&file, 40).await;
    let store = file.store("drivers");
    // Another reader keeps the rows, which the suite reads from any place.
    drop(store.log_source("rides", "keeps", pages()).unwrap());
    let open = || store.log_source("rides", "suite", pages()).unwrap();
    conformance::replayable(open, records).await;
}

#[tokio::test(start_paused = true)]
async fn pages_are_bounded_in_rows_and_bytes_and_one_row_is_always_there() {
    let file = File::new();
    filled(&file, 40).await;
    let store = file.store("drivers");
    for (page_rows, page_bytes, most) in [(3, 1 << 20, 3), (100, 1, 1), (100, 250, 3), (0, 0, 1)] {
        let options = LogSourceOptions {
            page_rows,
            page_bytes,
            ..LogSourceOptions::until_now()
        };
        let mut source = store.log_source("rides", "pages", options).unwrap();
        start(&mut source, &BTreeMap::new()).await;
        let mut rows = 0;
        let mut largest = 0;
        while rows < 40 {
            let event = source.next().await.unwrap();
            if let SourceEvent::Batch(batch) = event {
                rows += batch.payload.len();
                largest = largest.max(batch.payload.len());
            }
        }
        assert!((1..=most).contains(&largest), "{largest} rows, {options:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_is_idle_once_it_has_caught_up_and_goes_on_when_more_is_there() {
    let file = File::new();
    let mut log = file.log(2, 100);
    let store = file.store("drivers");
    let options = LogSourceOptions::default();
    let mut source = store.log_source("rides", "drivers", options).unwrap();
    start(&mut source, &BTreeMap::new()).await;
    assert!(matches!(source.next().await.unwrap(), SourceEvent::Idle));
    let silent = tokio::time::timeout(Duration::from_secs(1), source.next()).await;
    assert!(silent.is_err(), "it says so once");
    for round in 1..4 {
        log.write(&[ride("a", round)]).await.unwrap();
        let (mut seen, before) = (Seen::new(), tokio::time::Instant::now());
        read(&mut source, &mut seen, 1, true).await;
        assert!(before.elapsed() <= Duration::from_millis(200));
        let lane = seen.keys().next().unwrap().clone();
        assert_eq!(source.end(&lane), Some(Offset(round.unsigned_abs())));
        assert!(matches!(source.next().await.unwrap(), SourceEvent::Idle));
    }
}

#[tokio::test(start_paused = true)]
async fn a_paused_lane_is_no_reason_to_be_idle() {
    let file = File::new();
    filled(&file, 40).await;
    let store = file.store("drivers");
    let options = LogSourceOptions {
        page_rows: 3,
        ..LogSourceOptions::default()
    };
    let mut source = store.log_source("rides", "drivers", options).unwrap();
    start(&mut source, &BTreeMap::new()).await;
    let all: Vec<Partition> = (0..3)
        .map(|lane| Partition::new(format!("log:rides/{lane}")))
        .collect();
    for lane in &all {
        source.pause(lane);
    }
    let silent = tokio::time::timeout(Duration::from_secs(5), source.next()).await;
    assert!(silent.is_err(), "{silent:?}");
    source.resume(&all[1]);
    let mut seen = Seen::new();
    let own = file.number("SELECT next FROM log_heads WHERE lane = 1");
    read(&mut source, &mut seen, usize::try_from(own).unwrap(), false).await;
    assert_eq!(seen.keys().collect::<Vec<_>>(), [&all[1]]);
    source.resume(&all[0]);
    source.resume(&all[2]);
    read(&mut source, &mut seen, 40, false).await;
}

/// Why a lane cannot be started at a position.
async fn started(mut source: LogSource, lane: &Partition, at: &Position) -> fleet_core::Error {
    source.next().await.unwrap();
    source.start(lane, Some(at)).await.unwrap_err()
}

#[tokio::test]
async fn a_place_that_the_log_does_not_have_is_an_error() {
    let file = File::new();
    filled(&file, 40).await;
    let store = file.store("drivers");
    let open = || store.log_source("rides", "drivers", pages()).unwrap();
    let lane = Partition::from("log:rides/1");
    let at = |offset| Position::from(Offset(offset));
    let beyond = started(open(), &lane, &at(999)).await;
    assert_eq!(beyond.kind(), ErrorKind::Source);
    assert!(beyond.to_string().contains("wiped"), "{beyond}");
    let other = started(open(), &"log:rides/3".into(), &at(0)).await;
    assert_eq!(other.kind(), ErrorKind::Config);

    // The reader reads all, is dropped, and the rows it needs again are gone.
    let mut source = open();
    let mut seen = Seen::new();
    start(&mut source, &BTreeMap::new()).await;
    read(&mut source, &mut seen, 40, true).await;
    drop(source);
    assert_eq!(file.number("SELECT count(*) FROM log_rows"), 0);
    let trimmed = started(open(), &lane, &at(1)).await;
    assert_eq!(trimmed.kind(), ErrorKind::Source);
    assert!(trimmed.to_string().contains("were deleted"), "{trimmed}");
    assert!(!trimmed.is_retryable());
}

#[tokio::test]
async fn a_new_reader_begins_with_the_oldest_row_that_is_kept() {
    let file = File::new();
    filled(&file, 40).await;
    let store = file.store("drivers");
    let mut first = store.log_source("rides", "first", pages()).unwrap();
    let mut seen = Seen::new();
    start(&mut first, &BTreeMap::new()).await;
    read(&mut first, &mut seen, 20, true).await;
    let left = file.number("SELECT count(*) FROM log_rows");
    assert!((18..=20).contains(&left), "{left}");
    let mut second = store.log_source("rides", "second", pages()).unwrap();
    let found = read_all(&mut second).await;
    assert_eq!(
        found.values().map(Vec::len).sum::<usize>(),
        usize::try_from(left).unwrap()
    );
}
