//! Processes that come back, or hang, after another has claimed their partition.

use std::time::Duration;

use fleet_core::{
    Partition,
    checkpoint::{CheckpointStore, Committed},
    testing::conformance::sealed,
};

use crate::postgres::{PostgresOptions, PostgresStore};
use crate::testing::postgres::Scratch;

#[tokio::test]
async fn a_zombie_that_holds_the_row_does_not_commit_after_the_owner() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    let mut zombie = PostgresStore::open(&database, "demo").await.unwrap();
    let mut owner = PostgresStore::open(&database, "demo").await.unwrap();
    let partition = Partition::from("p/0");
    let stale = zombie.claim(&partition).await.unwrap();
    let tx = zombie.begin().await.unwrap();
    let claim = owner.claim(&partition).await.unwrap();
    let late = zombie
        .commit(tx, &[sealed(&partition, &stale, 1)])
        .await
        .unwrap();
    assert_eq!(late, Committed::Fenced(vec![partition.clone()]));
    let tx = owner.begin().await.unwrap();
    let committed = owner
        .commit(tx, &[sealed(&partition, &claim, 1)])
        .await
        .unwrap();
    assert_eq!(committed, Committed::Done);
}

#[tokio::test]
async fn a_process_that_hangs_in_a_copy_does_not_keep_its_successor_waiting() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let options = PostgresOptions {
        // A wait that only this would end fails the test.
        lock_timeout: Duration::from_secs(3600),
        idle_in_transaction_timeout: Duration::from_millis(100),
        ..PostgresOptions::default()
    };
    let mut store = PostgresStore::open(&scratch.open_with(options).await, "demo")
        .await
        .unwrap();
    let partition = Partition::from("p/0");
    store.claim(&partition).await.unwrap();
    scratch
        .execute("CREATE TABLE measured (at bigint PRIMARY KEY)")
        .await;
    for (application, goes_on, within) in [("fleet", true, 20), ("psql", false, 1)] {
        let hung = scratch.admin().await;
        let hang = format!(
            "SET application_name = '{application}'; BEGIN; INSERT INTO measured VALUES (1)"
        );
        hung.batch_execute(&hang).await.unwrap();
        let copy: tokio_postgres::CopyInSink<bytes::Bytes> =
            hung.copy_in("COPY measured FROM STDIN").await.unwrap();
        let successor = async {
            let mut store = store.clone();
            loop {
                // Another claim, after the session has hung for long enough.
                store.claim(&partition).await.unwrap();
                let tx = store.begin().await.unwrap();
                let write = "INSERT INTO measured VALUES (1) ON CONFLICT DO NOTHING";
                let wait = "SET LOCAL lock_timeout = '200ms'";
                tx.client().batch_execute(wait).await.unwrap();
                let wrote = tx.run("write to", tx.client().execute(write, &[])).await;
                if wrote.is_ok() {
                    break;
                }
            }
        };
        let went_on = tokio::time::timeout(Duration::from_secs(within), successor).await;
        assert_eq!(went_on.is_ok(), goes_on, "{application}");
        drop(copy);
    }
}
