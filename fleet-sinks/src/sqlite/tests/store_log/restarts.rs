//! Lanes that are started again, and rows that are deleted under a reader.

use std::{collections::BTreeMap, future::Future as _, task::Poll, time::Duration};

use fleet_core::{
    Offset, Partition, Source,
    source::{Position, SourceEvent},
};
use tokio::time::timeout;

use super::{File, Log};
use crate::{
    store_log::{LogSource, LogSourceOptions},
    testing::{
        readers::{Seen, read, start},
        rides::ride,
    },
};

const ROWS: &str = "SELECT count(*) FROM log_rows";

/// A log of one lane with these rows.
async fn filled(file: &File, numbers: std::ops::Range<i64>) -> Log {
    let mut log = file.log(1, 1_000);
    let rows: Vec<_> = numbers.map(|number| ride("driver", number)).collect();
    log.write(&rows).await.unwrap();
    log
}

fn lane() -> Partition {
    Partition::new("log:rides/0")
}

fn open(file: &File, name: &str, page_rows: usize) -> LogSource {
    let options = LogSourceOptions {
        page_rows,
        ..LogSourceOptions::default()
    };
    file.store(name).log_source("rides", name, options).unwrap()
}

/// A reader that has begun with the first row.
async fn begun(file: &File, name: &str, page_rows: usize) -> LogSource {
    let mut source = open(file, name, page_rows);
    start(&mut source, &BTreeMap::new()).await;
    source
}

/// The next offsets of a source.
async fn page(source: &mut LogSource) -> Vec<u64> {
    let SourceEvent::Batch(batch) = source.next().await.unwrap() else {
        panic!("there are rows")
    };
    batch.payload.iter().map(|row| row.offset.0).collect()
}

/// Lets a reader with this name read and commit so many rows.
async fn commit(file: &File, name: &str, rows: usize) {
    let mut source = begun(file, name, rows).await;
    read(&mut source, &mut Seen::new(), rows, true).await;
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_restarted_still_began_where_it_began() {
    let file = File::new();
    let _log = filled(&file, 0..10).await;
    let mut source = begun(&file, "drivers", 4).await;
    assert_eq!(page(&mut source).await, [0, 1, 2, 3]);
    let upto: Position = Offset(4).into();
    source.committed(&lane(), &upto).await.unwrap();
    let mut again = open(&file, "drivers", 4);
    start(&mut again, &[(lane(), upto)].into()).await;
    let mut wiped = open(&file, "drivers", 4);
    wiped.next().await.unwrap();
    let error = wiped.start(&lane(), None).await.unwrap_err().to_string();
    assert!(error.contains("from 0 to before 4"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn rows_deleted_under_a_running_reader_are_an_error() {
    for (deleted, left) in [(7, 3), (10, 0)] {
        let file = File::new();
        let log = filled(&file, 0..10).await;
        let mut source = begun(&file, "drivers", 4).await;
        assert_eq!(page(&mut source).await, [0, 1, 2, 3]);
        log.store.drop_active_reader("rides", "drivers").unwrap();
        commit(&file, "other", deleted).await;
        assert_eq!(file.number(ROWS), left);
        let found = timeout(Duration::from_secs(3), source.next()).await;
        let error = found.expect("no stall").unwrap_err().to_string();
        assert!(error.contains("were deleted"), "{error}");
    }
}

/// It gives neither a page that it asked for before, nor one that came while it was paused.
#[tokio::test(start_paused = true)]
async fn a_lane_that_is_started_again_forgets_what_it_held() {
    for comes_before in [false, true] {
        let file = File::new();
        let _log = filled(&file, 0..10).await;
        let mut source = begun(&file, "drivers", 4).await;
        let mut first = Box::pin(source.next());
        // One poll asks for the page. On a slow machine it may be there at once.
        let _ = std::future::poll_fn(|cx| Poll::Ready(first.as_mut().poll(cx))).await;
        drop(first);
        if comes_before {
            source.pause(&lane());
            let silent = timeout(Duration::from_millis(300), source.next()).await;
            assert!(silent.is_err(), "{silent:?}");
        }
        let at: Position = Offset(6).into();
        source.start(&lane(), Some(&at)).await.unwrap();
        assert_eq!(page(&mut source).await, [6, 7, 8, 9]);
    }
}

/// Its store was restored from a copy.
#[tokio::test(start_paused = true)]
async fn a_reader_that_goes_back_keeps_the_rows_it_needs_again() {
    let file = File::new();
    let log = filled(&file, 0..10).await;
    let _keeps = open(&file, "keeps", 4);
    commit(&file, "drivers", 10).await;
    let mut again = open(&file, "drivers", 4);
    start(&mut again, &[(lane(), Offset(2).into())].into()).await;
    log.store.drop_active_reader("rides", "keeps").unwrap();
    commit(&file, "other", 10).await;
    assert_eq!(file.number("SELECT min(seq) FROM log_rows"), 2);
}

#[tokio::test(start_paused = true)]
async fn what_a_stop_left_is_deleted_at_the_next_start() {
    let file = File::new();
    let _log = filled(&file, 0..10).await;
    let mut source = begun(&file, "drivers", 100).await;
    read(&mut source, &mut Seen::new(), 10, false).await;
    drop(source);
    let mut again = open(&file, "drivers", 100);
    start(&mut again, &[(lane(), Offset(10).into())].into()).await;
    assert_eq!(file.number(ROWS), 0);
}
