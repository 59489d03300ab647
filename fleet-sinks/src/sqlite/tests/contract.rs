//! The contract of a checkpoint store: atomic commits, fencing and shared files.

use std::time::Duration;

use fleet_core::{
    ErrorKind, Offset, Partition,
    checkpoint::{CheckpointStore, Committed, DeadLetter},
    sink::TransactionalSink,
    testing::conformance::{checkpoint_store, fencing_by_token, saved, sealed},
};

use crate::{
    sqlite::{Durability, SqliteOptions, SqliteStore},
    testing::Sample,
};

#[tokio::test]
async fn a_file_is_a_checkpoint_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.db");
    let open = || SqliteStore::open(&path, "demo").unwrap();
    checkpoint_store(open).await;
    fencing_by_token(open).await;
}

#[tokio::test]
async fn memory_is_a_checkpoint_store() {
    let store = SqliteStore::open_in_memory("demo").unwrap();
    checkpoint_store(|| store.clone()).await;
}

#[tokio::test]
async fn rows_of_a_fenced_or_dropped_transaction_are_not_committed() {
    let mut store = SqliteStore::open_in_memory("demo").unwrap();
    let mut table = store.table::<Sample>("samples").unwrap();
    let partition = Partition::from("p/0");
    let zombie = store.claim(&partition).await.unwrap();
    store.claim(&partition).await.unwrap();
    let rows = [Sample::new("x").row()];
    let mut letter = sealed(&partition, &zombie, 1);
    letter.dead = vec![DeadLetter {
        offset: Offset(1),
        step: "decode".into(),
        reason: "bad".into(),
        raw: b"x".into(),
        length: 1,
        ..DeadLetter::default()
    }];

    let mut tx = store.begin().await.unwrap();
    table.write(&mut tx, &rows).await.unwrap();
    let committed = store.commit(tx, &[letter]).await.unwrap();
    assert_eq!(committed, Committed::Fenced(vec![partition]));
    let mut tx = store.begin().await.unwrap();
    table.write(&mut tx, &rows).await.unwrap();
    drop(tx);
    let summary = store.summary().unwrap();
    assert_eq!((summary.tables["samples"], summary.dead_letters), (0, 0));
}

#[tokio::test]
async fn commits_go_on_while_a_claim_reads_the_state() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(folder.path().join("fleet.db"), "demo").unwrap();
    let [ours, large] = ["p/0", "p/1"].map(Partition::from);
    let claim = store.claim(&ours).await.unwrap();
    let theirs = store.claim(&large).await.unwrap();
    let mut epoch = sealed(&large, &theirs, 1);
    epoch.saved = (0..100_000)
        .map(|n| saved(1, &format!("car-{n}"), Some(&[7; 60])))
        .collect();
    let tx = store.begin().await.unwrap();
    store.commit(tx, &[epoch]).await.unwrap();
    let mut claiming = store.clone();
    let mut claimed = std::pin::pin!(claiming.claim(&large));
    // On this one thread the claim goes on only where the test lets it.
    let waker = std::task::Waker::noop();
    let first = claimed
        .as_mut()
        .poll(&mut std::task::Context::from_waker(waker));
    assert!(first.is_pending(), "the state was read on this thread");
    let tx = store.begin().await.unwrap();
    let epoch = [sealed(&ours, &claim, 1)];
    assert_eq!(store.commit(tx, &epoch).await.unwrap(), Committed::Done);
    let tx = store.begin().await.unwrap();
    let zombie = [sealed(&large, &theirs, 2)];
    let fenced = Committed::Fenced(vec![large.clone()]);
    assert_eq!(store.commit(tx, &zombie).await.unwrap(), fenced);
    assert_eq!(claimed.await.unwrap().state.len(), 100_000);
}

#[tokio::test]
async fn pipelines_share_a_file_and_not_their_positions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.db");
    let mut one = SqliteStore::open(&path, "one").unwrap();
    let mut two = SqliteStore::open(&path, "two").unwrap();
    let partition = Partition::from("p/0");
    let claim = one.claim(&partition).await.unwrap();
    let mut first = sealed(&partition, &claim, 1);
    first.saved = vec![saved(1, "car-1", Some(b"one"))];
    let tx = one.begin().await.unwrap();
    one.commit(tx, &[first]).await.unwrap();
    assert_eq!(two.progress(&partition).await.unwrap(), None);
    let fresh = two.claim(&partition).await.unwrap();
    assert_eq!((fresh.seq, fresh.state.len()), (0, 0));
    assert_eq!(two.summary().unwrap().counts.read, 0);
    assert_eq!(one.summary().unwrap().counts.read, 1);
}

#[tokio::test]
async fn a_second_writer_gets_an_error_that_may_be_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.db");
    let options = SqliteOptions {
        busy_timeout: Duration::from_millis(20),
        durability: Durability::Normal,
        ..SqliteOptions::default()
    };
    let mut one = SqliteStore::open_with(&path, "demo", options.clone()).unwrap();
    let mut two = SqliteStore::open_with(&path, "demo", options).unwrap();
    let tx = one.begin().await.unwrap();
    let error = two.begin().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains("another process"), "{error}");
    // Readers are not blocked by a writer.
    assert!(two.summary().is_ok());
    // A synchronous call does not wait forever for a transaction of the same process.
    assert!(one.summary().unwrap_err().is_retryable());
    drop(tx);
    assert!(two.begin().await.is_ok());
}

#[tokio::test]
async fn a_transaction_that_was_ended_from_within_is_an_error() {
    let mut store = SqliteStore::open_in_memory("demo").unwrap();
    let mut table = store.table::<Sample>("samples").unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.connection().execute_batch("ROLLBACK").unwrap();
    let error = table
        .write(&mut tx, &[Sample::new("x").row()])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("ended from within"), "{error}");
    assert!(store.commit(tx, &[]).await.is_err());
    assert_eq!(store.summary().unwrap().tables["samples"], 0);
}

#[tokio::test]
async fn a_transaction_of_another_store_is_refused() {
    let mut one = SqliteStore::open_in_memory("demo").unwrap();
    let mut two = SqliteStore::open_in_memory("demo").unwrap();
    let mut table = one.table::<Sample>("samples").unwrap();
    let mut tx = two.begin().await.unwrap();
    assert!(table.write(&mut tx, &[]).await.is_err());
    assert!(one.commit(tx, &[]).await.is_err());
}

#[tokio::test]
async fn a_token_does_not_come_again_after_a_wipe() {
    let mut store = SqliteStore::open_in_memory("demo").unwrap();
    let partition = Partition::from("p/0");
    let zombie = store.claim(&partition).await.unwrap();
    store.wipe().unwrap();
    // Tokens begin with the clock in milliseconds, so only this test waits.
    tokio::time::sleep(Duration::from_millis(2)).await;
    let owner = store.claim(&partition).await.unwrap();
    assert!(owner.token > zombie.token);
}
