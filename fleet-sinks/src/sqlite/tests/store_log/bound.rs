//! A log that is full pauses its writer, and nothing of the transaction stays.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use fleet_core::{ErrorKind, checkpoint::CheckpointStore, sink::TransactionalSink};

use super::File;
use crate::{
    store_log::LogSourceOptions,
    testing::{
        readers::{Seen, read, start},
        rides::{ride, rides, write},
    },
};

const ROWS: &str = "SELECT count(*) FROM log_rows";

#[tokio::test]
async fn a_full_log_is_an_error_that_pauses_and_names_what_to_do() {
    let file = File::new();
    let mut log = file.log(2, 10);
    let rows: Vec<_> = (0..9).map(|n| ride(&format!("driver-{n}"), n)).collect();
    log.write(&rows).await.unwrap();
    // The bound is where the next commit begins; one that began below it lands, in several writes.
    let mut tx = log.store.begin().await.unwrap();
    for _ in 0..3 {
        log.log.write(&mut tx, &rows).await.unwrap();
    }
    log.store.commit(tx, &[]).await.unwrap();
    assert_eq!(file.number(ROWS), 36);
    let full = log.write(&rows).await.unwrap_err();
    assert!(
        full.is_pausing() && full.kind() == ErrorKind::Sink,
        "{full}"
    );
    let message = full.to_string();
    for part in [
        "rides",
        "36 rows wait, the bound is 10",
        "no reader is registered",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(file.number(ROWS), 36);
    let heads = "SELECT sum(next) FROM log_heads";
    assert_eq!(file.number(heads), 36, "no number is taken either");

    let options = LogSourceOptions::until_now();
    let mut source = file
        .store("drivers")
        .log_source("rides", "drivers", options)
        .unwrap();
    let message = log.write(&rows).await.unwrap_err().to_string();
    assert!(
        message.contains("the slowest reader is drivers, 36 rows behind"),
        "{message}"
    );
    start(&mut source, &BTreeMap::new()).await;
    read(&mut source, &mut Seen::new(), 36, true).await;
    log.write(&rows).await.unwrap();
    assert_eq!((file.number(ROWS), file.number(heads)), (9, 45));
}

#[tokio::test]
async fn a_pipeline_pauses_while_the_log_is_full_and_loses_nothing() {
    let file = File::new();
    let log = file.log(3, 25);
    let all = rides(400, 7);
    let pauses = Arc::<AtomicUsize>::default();
    let count = {
        let pauses = Arc::clone(&pauses);
        move || _ = pauses.fetch_add(1, Ordering::Relaxed)
    };
    let store = file.store("drivers");
    let options = LogSourceOptions {
        poll: std::time::Duration::from_millis(1),
        page_rows: 8,
        ..LogSourceOptions::default()
    };
    let mut source = store.log_source("rides", "drivers", options).unwrap();
    let mut seen = Seen::new();
    let reads = async {
        // A reader that comes late finds a full log.
        while pauses.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        start(&mut source, &BTreeMap::new()).await;
        read(&mut source, &mut seen, 400, true).await;
    };
    let writes = write(&all, log.store.clone(), log.log, count);
    let (report, ()) = tokio::join!(writes, reads);
    assert!(report.unwrap().balances());
    assert!(pauses.load(Ordering::Relaxed) > 1);
    let bodies: std::collections::BTreeSet<_> = seen
        .values()
        .flatten()
        .map(|row| row.body.clone())
        .collect();
    assert_eq!(bodies.len(), 400, "each ride is there once");
}
