//! The outbox and what waits in it.

use std::{path::Path, time::Duration};

use fleet_core::{
    ContentId, Partition, checkpoint::CheckpointStore, sink::TransactionalSink,
    testing::conformance,
};
use rusqlite::Connection;

use crate::{
    outbox::{Backlog, OutboxRows, Settled},
    sqlite::SqliteStore,
    testing::{
        Sample,
        backlog::{PAGE, assert_settled_in_order, messages},
        stores::{commit, letter},
    },
};

async fn put(store: &mut SqliteStore) -> u64 {
    let tx = store.begin().await.unwrap();
    let new = store.put_in_outbox(&tx, &messages()).unwrap();
    store.commit(tx, &[]).await.unwrap();
    new
}

fn count(path: &Path) -> u64 {
    let db = Connection::open(path).unwrap();
    let count = "SELECT count(*) FROM outbox_messages";
    db.query_row(count, [], |row| row.get::<_, i64>(0))
        .unwrap()
        .unsigned_abs()
}

#[tokio::test]
async fn the_outbox_passes_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.db");
    let open = || {
        let store = SqliteStore::open(&path, "demo").unwrap();
        let outbox = store.outbox(OutboxRows::<Sample>::new("samples").unwrap());
        (store, outbox)
    };
    let rows = conformance::Rows {
        good: &|n| Sample::new(&format!("row {n}")).row(),
        bad: Some(&|| Sample::bad().row()),
        stored: &|| Some(count(&path)),
    };
    drop(open());
    conformance::transactional_sink(open, &rows).await;
}

#[tokio::test]
async fn messages_are_settled_in_order_by_one_owner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.db");
    let mut store = SqliteStore::open(&path, "demo").unwrap();
    assert_eq!(put(&mut store).await, 5);
    let other = SqliteStore::open(&path, "demo").unwrap();
    let mut one = store.outbox_backlog().unwrap();
    assert_settled_in_order(&mut one, &mut other.outbox_backlog().unwrap()).await;
}

#[tokio::test]
async fn a_replay_enters_nothing_twice_while_messages_are_remembered() {
    let mut store = SqliteStore::open_in_memory("demo").unwrap();
    assert_eq!(put(&mut store).await, 5);
    assert_eq!(put(&mut store).await, 0);
    let mut backlog = store.outbox_backlog().unwrap();
    assert!(backlog.own().await.unwrap());
    let relayed = |waiting: Vec<crate::outbox::Waiting>| -> Vec<Settled> {
        let places = waiting.into_iter().map(|one| one.place);
        let refusal = None;
        places
            .map(|place| Settled {
                place,
                refusal: refusal.clone(),
            })
            .collect()
    };
    let all = relayed(backlog.page(&PAGE).await.unwrap());
    backlog.settle(&all).await.unwrap();
    assert_eq!(put(&mut store).await, 0, "relayed ones are remembered");
    let mut backlog = backlog.with_keep(Duration::ZERO);
    backlog.settle(&[]).await.unwrap();
    assert_eq!(put(&mut store).await, 5, "and forgotten in the end");
}

#[tokio::test]
async fn a_row_has_the_id_that_it_is_given() {
    let mut store = SqliteStore::open_in_memory("demo").unwrap();
    let rows = OutboxRows::new("samples").unwrap();
    let mut outbox = store.outbox(rows.with_id(|row: &Sample| ContentId(row.text.len() as u128)));
    let mut tx = store.begin().await.unwrap();
    let rows = ["a", "b", "cc"].map(|text| Sample::new(text).row());
    let keys = ["car-1".into(), "car-2".into(), "car-3".into()];
    outbox.write_keyed(&mut tx, &rows, &keys).await.unwrap();
    store.commit(tx, &[]).await.unwrap();
    let mut backlog = store.outbox_backlog().unwrap();
    let waiting = backlog.page(&PAGE).await.unwrap();
    let ids: Vec<_> = waiting.iter().map(|one| one.message.id.0).collect();
    assert_eq!(ids, [1, 2], "two with the same id are one message");
    assert_eq!(waiting[1].message.key.as_deref(), Some(&b"car-3"[..]));
}

#[tokio::test]
async fn a_message_has_the_value_and_the_key_that_its_row_is_given() {
    let mut store = SqliteStore::open_in_memory("demo").unwrap();
    let write = |row: &Sample, to: &mut Vec<u8>| to.extend_from_slice(row.text.as_bytes());
    let rows = OutboxRows::written_by("samples", write).unwrap();
    let mut outbox = store.outbox(rows.with_key(|row| row.text.to_uppercase()));
    let mut tx = store.begin().await.unwrap();
    let rows = ["a", "b"].map(|text| Sample::new(text).row());
    let keys = ["car-1".into(), "car-1".into()];
    outbox.write_keyed(&mut tx, &rows, &keys).await.unwrap();
    store.commit(tx, &[]).await.unwrap();
    let mut backlog = store.outbox_backlog().unwrap();
    let waiting = backlog.page(&PAGE).await.unwrap();
    let text = |bytes: &Option<Vec<u8>>| String::from_utf8(bytes.clone().unwrap()).unwrap();
    let sent: Vec<_> = waiting
        .iter()
        .map(|one| (text(&one.message.key), text(&one.message.value)))
        .collect();
    assert_eq!(sent, [("A".into(), "a".into()), ("B".into(), "b".into())]);
    assert!(OutboxRows::written_by("no topic", write).is_err());
}

#[tokio::test]
async fn the_lease_of_a_relay_that_is_gone_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.db");
    let open = || {
        let store = SqliteStore::open(&path, "demo").unwrap();
        store.outbox_backlog().unwrap()
    };
    let (mut gone, mut next) = (open(), open());
    assert!(gone.own().await.unwrap());
    assert!(!next.own().await.unwrap());
    let db = Connection::open(&path).unwrap();
    let (past, future) = ("unixepoch() - 1", "unixepoch() + 1000");
    // Also after the clock was set back.
    for until in [past, future] {
        let set = format!("UPDATE relay_leases SET until = {until}");
        db.execute(&set, []).unwrap();
        assert!(next.own().await.unwrap());
        assert!(!gone.settle(&[]).await.unwrap());
        std::mem::swap(&mut gone, &mut next);
    }
    // Dead letters have an owner of their own.
    let letters = SqliteStore::open(&path, "demo").unwrap();
    let mut letters = letters.dead_letter_backlog("dead").unwrap();
    assert!(letters.own().await.unwrap());
}

#[tokio::test]
async fn dead_letters_wait_in_the_order_of_their_commits() {
    let mut store = SqliteStore::open_in_memory("demo").unwrap();
    for (partition, offset) in [("p/1", 9), ("p/0", 3), ("p/1", 10)] {
        commit(&mut store, partition, |sealed| {
            sealed.dead = vec![letter(offset, "decode", "bad", b"x")];
        })
        .await;
    }
    let mut backlog = store.dead_letter_backlog("dead").unwrap();
    assert!(backlog.own().await.unwrap());
    let waiting = backlog.page(&PAGE).await.unwrap();
    let stored = store.dead_letters(9).unwrap();
    let ids: Vec<_> = waiting.iter().map(|one| one.message.id).collect();
    assert_eq!(ids, [stored[1].id, stored[0].id, stored[2].id]);
    let first = Settled {
        place: waiting[0].place,
        refusal: None,
    };
    assert!(backlog.settle(&[first]).await.unwrap());
    assert_eq!(backlog.page(&PAGE).await.unwrap(), waiting[1..]);
    let size = backlog.measure().await.unwrap();
    assert_eq!((size.waiting, size.oldest), (2, None));
    assert_eq!(store.dead_letters(9).unwrap().len(), 3, "they are kept");
    assert!(store.dead_letter_backlog("no topic").is_err());
}

#[tokio::test]
async fn a_wipe_empties_the_outbox() {
    let mut store = SqliteStore::open_in_memory("demo").unwrap();
    put(&mut store).await;
    let mut backlog = store.outbox_backlog().unwrap();
    assert!(backlog.own().await.unwrap());
    store.wipe().unwrap();
    assert_eq!(backlog.measure().await.unwrap().waiting, 0);
    assert!(!backlog.settle(&[]).await.unwrap(), "the lease is gone too");
}

#[tokio::test]
async fn a_store_of_layout_2_gets_an_outbox_and_its_dead_letters_wait() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.db");
    let mut store = SqliteStore::open(&path, "demo").unwrap();
    commit(&mut store, "p/0", |sealed| {
        sealed.dead = vec![letter(1, "decode", "bad", b"x")];
    })
    .await;
    drop(store);
    let db = Connection::open(&path).unwrap();
    db.execute_batch(
        "DROP INDEX dead_letters_waiting; DROP INDEX dead_letters_unrelayable;
         ALTER TABLE dead_letters DROP COLUMN relayed_at;
         ALTER TABLE dead_letters DROP COLUMN relay_refused;
         DROP TABLE outbox_messages; DROP TABLE relay_leases;
         DROP TABLE log_heads; DROP TABLE log_rows; DROP TABLE log_readers;
         DELETE FROM run_columns WHERE table_name <> 'positions';
         PRAGMA user_version = 2",
    )
    .unwrap();
    drop(db);
    let mut store = SqliteStore::open(&path, "demo").unwrap();
    assert_eq!(put(&mut store).await, 5);
    let letters = store.dead_letter_backlog("dead").unwrap().measure().await;
    assert_eq!(letters.unwrap().waiting, 1);
    let claim = store.claim(&Partition::from("p/0")).await.unwrap();
    assert_eq!(claim.seq, 1);
    let db = Connection::open(&path).unwrap();
    let listed: i64 = db
        .query_row("SELECT count(*) FROM run_columns", [], |row| row.get(0))
        .unwrap();
    let expected = crate::sqlite::WALL_CLOCK_COLUMNS.len();
    assert_eq!(usize::try_from(listed).unwrap(), expected);
}
