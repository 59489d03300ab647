//! The outbox and what waits in it.

use std::time::Duration;

use fleet_core::{checkpoint::CheckpointStore, sink::TransactionalSink, testing::conformance};

use crate::{
    outbox::{Backlog, OutboxRows, Settled, Waiting},
    postgres::{PostgresBacklog, PostgresOptions, PostgresStore},
    testing::{
        Sample,
        backlog::{PAGE, assert_settled_in_order, messages},
        postgres::{Scratch, wait},
        stores::{commit, letter},
    },
};

const COUNT: &str = "SELECT count(*) FROM fleet_stream.outbox";

async fn store(scratch: &Scratch) -> PostgresStore {
    PostgresStore::open(&scratch.open().await, "demo")
        .await
        .unwrap()
}

async fn put(store: &mut PostgresStore) -> u64 {
    let tx = store.begin().await.unwrap();
    let new = store.put_in_outbox(&tx, &messages()).await.unwrap();
    store.commit(tx, &[]).await.unwrap();
    new
}

fn relayed(waiting: &[Waiting]) -> Vec<Settled> {
    let settled = waiting.iter().map(|one| Settled {
        place: one.place,
        refusal: None,
    });
    settled.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_passes_the_suite() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    let open = || {
        let store = wait(PostgresStore::open(&database, "demo")).unwrap();
        let outbox = store.outbox(OutboxRows::<Sample>::new("samples").unwrap());
        (store, outbox)
    };
    let rows = conformance::Rows {
        good: &|n| Sample::new(&format!("row {n}")).row(),
        bad: Some(&|| Sample::bad().row()),
        stored: &|| Some(wait(scratch.number(COUNT)).unsigned_abs()),
    };
    drop(open());
    conformance::transactional_sink(open, &rows).await;
}

#[tokio::test]
async fn messages_are_settled_in_order_by_one_owner() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut first = store(&scratch).await;
    assert_eq!(put(&mut first).await, 5);
    let mut one = first.outbox_backlog();
    let mut other = store(&scratch).await.outbox_backlog();
    assert_settled_in_order(&mut one, &mut other).await;
}

#[tokio::test]
async fn a_replay_enters_nothing_twice_while_messages_are_remembered() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut store = store(&scratch).await;
    assert_eq!(put(&mut store).await, 5);
    assert_eq!(put(&mut store).await, 0);
    let mut backlog = store.outbox_backlog();
    assert!(backlog.own().await.unwrap());
    let all = relayed(&backlog.page(&PAGE).await.unwrap());
    assert!(backlog.settle(&all).await.unwrap());
    assert_eq!(put(&mut store).await, 0, "relayed ones are remembered");
    let mut backlog = backlog.with_keep(Duration::ZERO);
    assert!(backlog.settle(&[]).await.unwrap());
    assert_eq!(put(&mut store).await, 5, "and forgotten in the end");
    assert!(backlog.with_keep(Duration::MAX).settle(&[]).await.unwrap());
}

/// Waits until the server has noticed that an owner is gone.
async fn owned(backlog: &mut PostgresBacklog) {
    while !backlog.own().await.unwrap() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_owner_that_is_gone_or_cut_off_has_a_successor() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut first = store(&scratch).await;
    put(&mut first).await;
    let mut gone = first.outbox_backlog();
    let mut next = store(&scratch).await.outbox_backlog();
    assert!(gone.own().await.unwrap());
    assert!(!next.own().await.unwrap());
    drop(gone);
    owned(&mut next).await;

    let mut third = first.outbox_backlog();
    let page = next.page(&PAGE).await.unwrap();
    scratch
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks
             WHERE locktype = 'advisory' AND granted AND database =
                (SELECT oid FROM pg_database WHERE datname = current_database())",
        )
        .await;
    owned(&mut third).await;
    assert!(next.settle(&relayed(&page)).await.is_err());
    assert!(!next.settle(&relayed(&page)).await.unwrap());
    assert!(next.page(&PAGE).await.unwrap().is_empty());
    assert!(!next.own().await.unwrap());
    assert_eq!(third.measure().await.unwrap().waiting, 5);
    // The other contents have an owner of their own.
    assert!(
        first
            .dead_letter_backlog("dead")
            .unwrap()
            .own()
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_pool_of_one_connection_is_enough_to_commit_and_too_little_to_relay_too() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let options = PostgresOptions {
        pool_size: 1,
        pool_timeout: Duration::from_millis(200),
        ..PostgresOptions::default()
    };
    let mut store = PostgresStore::open(&scratch.open_with(options).await, "demo")
        .await
        .unwrap();
    put(&mut store).await;
    let error = store.outbox_backlog().own().await.unwrap_err();
    assert!(
        error.is_retryable() && error.to_string().contains("pool_size"),
        "{error}"
    );
}

#[tokio::test]
async fn dead_letters_wait_in_the_order_of_their_commits() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut store = store(&scratch).await;
    for (partition, offset) in [("p/1", 9), ("p/0", 3), ("p/1", 10)] {
        commit(&mut store, partition, |sealed| {
            let twice = [
                letter(offset, "decode", "bad", b"x"),
                letter(offset, "rows", "bad", b"y"),
            ];
            sealed.dead = twice.into();
        })
        .await;
    }
    let mut backlog = store.dead_letter_backlog("dead").unwrap();
    assert!(backlog.own().await.unwrap());
    let waiting = backlog.page(&PAGE).await.unwrap();
    let stored = store.dead_letters(9).await.unwrap();
    let ids: Vec<_> = waiting.iter().map(|one| one.message.id).collect();
    let expected = [2, 3, 0, 1, 4, 5].map(|place: usize| stored[place].id);
    assert_eq!(ids, expected);
    assert!(backlog.settle(&relayed(&waiting[..1])).await.unwrap());
    assert_eq!(backlog.page(&PAGE).await.unwrap(), waiting[1..]);
    let size = backlog.measure().await.unwrap();
    assert!(size.waiting == 5 && size.oldest.is_some(), "{size:?}");
    assert_eq!(
        store.dead_letters(9).await.unwrap().len(),
        6,
        "they are kept"
    );
}

#[tokio::test]
async fn a_wipe_empties_the_outbox() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut store = store(&scratch).await;
    put(&mut store).await;
    store.wipe_all().await.unwrap();
    assert_eq!(scratch.number(COUNT).await, 0);
}

#[tokio::test]
async fn a_transaction_of_another_database_is_refused() {
    let (Some(one), Some(two)) = (Scratch::new().await, Scratch::new().await) else {
        return;
    };
    let mut other = store(&two).await;
    let mut outbox = store(&one)
        .await
        .outbox(OutboxRows::<Sample>::new("samples").unwrap());
    let mut tx = other.begin().await.unwrap();
    let error = outbox.write(&mut tx, &[Sample::new("a").row()]).await;
    assert!(error.is_err());
}
