//! Retention, readers that are gone, and a log that is full.

use std::collections::BTreeMap;

use fleet_core::{ErrorKind, Offset, Source, checkpoint::CheckpointStore, sink::TransactionalSink};

use super::{Log, ROWS, some};
use crate::{
    store_log::{LogSource, LogSourceOptions},
    testing::{
        postgres::Scratch,
        readers::{Seen, read, start},
    },
};

async fn reader(log: &Log, name: &str) -> LogSource {
    let options = LogSourceOptions::until_now();
    let mut source = log.store.log_source("rides", name, options).await.unwrap();
    start(&mut source, &BTreeMap::new()).await;
    source
}

#[tokio::test]
async fn rows_are_kept_until_every_reader_has_committed_past_them() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut log = Log::open(&scratch.open().await, 2, 1_000).await;
    log.write(&some(30)).await.unwrap();
    let (mut fast, mut slow) = (reader(&log, "fast").await, reader(&log, "slow").await);
    let (mut seen, mut kept) = (Seen::new(), Seen::new());
    read(&mut fast, &mut seen, 30, true).await;
    read(&mut slow, &mut kept, 30, false).await;
    assert_eq!(scratch.number(ROWS).await, 30, "the slow one needs them");
    assert_eq!(seen, kept);
    let summary = log.store.summary().await.unwrap();
    let logs = &summary.logs["rides"];
    assert_eq!((logs.lanes, logs.written, logs.waiting), (2, 30, 30));
    let behind: Vec<_> = logs
        .readers
        .iter()
        .map(|one| (&*one.name, one.behind))
        .collect();
    assert_eq!(behind, [("slow", 30), ("fast", 0)]);
    for (lane, rows) in &kept {
        let upto = Offset(rows.len() as u64).into();
        slow.committed(lane, &upto).await.unwrap();
    }
    assert_eq!(scratch.number(ROWS).await, 0);

    // From rows that are gone, or beyond the end, nobody reads.
    let lane = kept.keys().next().unwrap();
    for (offset, why) in [(0, "were deleted"), (999, "wiped")] {
        let options = LogSourceOptions::default();
        let mut again = log
            .store
            .log_source("rides", "fast", options)
            .await
            .unwrap();
        again.next().await.unwrap();
        let error = again
            .start(lane, Some(&Offset(offset).into()))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Source);
        assert!(error.to_string().contains(why), "{error}");
    }
    // Nor a pipeline that has computed nothing: another of this name has.
    let options = LogSourceOptions::default();
    let source = log.store.log_source("rides", "slow", options).await;
    let mut afresh = source.unwrap();
    afresh.next().await.unwrap();
    let error = afresh.start(lane, None).await.unwrap_err();
    let why = "to begin in the middle";
    assert!(error.to_string().contains(why), "{error}");
    log.store.drop_active_reader("rides", "slow").await.unwrap();
    afresh.start(lane, None).await.unwrap();
}

#[tokio::test]
async fn a_reader_that_is_gone_is_named_and_dropped() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut log = Log::open(&scratch.open().await, 2, 1_000).await;
    log.write(&some(30)).await.unwrap();
    let mut gone = reader(&log, "gone").await;
    let mut other = reader(&log, "other").await;
    read(&mut other, &mut Seen::new(), 30, true).await;
    let drop_reader = async |name: &str| log.store.drop_reader("rides", name).await;
    let refused = drop_reader("gone").await.unwrap_err().to_string();
    assert!(refused.contains("may be running"), "{refused}");
    let unknown = drop_reader("nobody").await.unwrap_err().to_string();
    assert!(unknown.contains("only gone, other"), "{unknown}");
    scratch
        .execute(
            "UPDATE fleet_stream.log_readers SET seen_at = seen_at - interval '400 s'
             WHERE reader = 'gone'",
        )
        .await;
    let summary = log.store.summary().await.unwrap();
    let first = &summary.logs["rides"].readers[0];
    assert!(first.is_gone() && first.name == "gone" && first.silent.as_secs() >= 400);
    drop_reader("gone").await.unwrap();
    assert_eq!(log.store.summary().await.unwrap().logs["rides"].waiting, 0);
    // It was running after all.
    let lane = "log:rides/0".into();
    let error = gone.committed(&lane, &Offset(1).into()).await.unwrap_err();
    assert!(error.to_string().contains("was dropped"), "{error}");
    log.store
        .drop_active_reader("rides", "other")
        .await
        .unwrap();
    assert!(
        log.store.summary().await.unwrap().logs["rides"]
            .readers
            .is_empty()
    );
}

#[tokio::test]
async fn a_full_log_pauses_and_leaves_nothing_of_the_transaction() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut log = Log::open(&scratch.open().await, 2, 10).await;
    log.write(&some(9)).await.unwrap();
    // The bound is where the next commit begins; one that began below it lands, in several writes.
    let mut tx = log.store.begin().await.unwrap();
    for _ in 0..3 {
        log.log.write(&mut tx, &some(9)).await.unwrap();
    }
    log.store.commit(tx, &[]).await.unwrap();
    let full = log.write(&some(9)).await.unwrap_err();
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
    let heads = "SELECT sum(next)::bigint FROM fleet_stream.log_heads";
    assert_eq!(
        (scratch.number(ROWS).await, scratch.number(heads).await),
        (36, 36)
    );
    let mut source = reader(&log, "drivers").await;
    let message = log.write(&some(9)).await.unwrap_err().to_string();
    assert!(
        message.contains("the slowest reader is drivers, 36 rows behind"),
        "{message}"
    );
    read(&mut source, &mut Seen::new(), 36, true).await;
    log.write(&some(9)).await.unwrap();
    assert_eq!(
        (scratch.number(ROWS).await, scratch.number(heads).await),
        (9, 45)
    );
}
