//! The checkpoint store against a server: the contract, state, fencing and layouts.

use std::collections::BTreeMap;

use fleet_core::{
    ErrorKind, Offset, Partition, State,
    checkpoint::{CheckpointStore, Committed, DeadLetter, MARK_ENTRY, Mark, Saved},
    testing::conformance::{
        checkpoint_store, claims_beside_commits, fencing_by_token, saved, sealed,
    },
};

use crate::postgres::{PostgresOptions, PostgresStore};
use crate::testing::postgres::Scratch;

async fn demo(scratch: &Scratch) -> PostgresStore {
    let database = scratch.open().await;
    PostgresStore::open(&database, "demo").await.unwrap()
}

#[tokio::test]
async fn a_database_is_a_checkpoint_store() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let store = demo(&scratch).await;
    checkpoint_store(|| store.clone()).await;
    fencing_by_token(|| store.clone()).await;
    claims_beside_commits(&store).await;
}

#[tokio::test]
async fn a_transaction_that_was_aborted_holds_no_lock() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut store = demo(&scratch).await;
    scratch
        .execute("CREATE TABLE totals (n bigint); INSERT INTO totals VALUES (1)")
        .await;
    let admin = scratch.admin().await;
    for _ in 0..50 {
        let tx = store.begin().await.unwrap();
        let add = tx.client().execute("UPDATE totals SET n = n + 1", &[]);
        tx.run("add to", add).await.unwrap();
        let held = admin.query("SELECT n FROM totals FOR UPDATE NOWAIT", &[]);
        assert!(held.await.is_err(), "an open transaction holds the row");
        store.abort(tx).await.unwrap();
        let free = admin.query_one("SELECT n FROM totals FOR UPDATE NOWAIT", &[]);
        assert_eq!(free.await.unwrap().get::<_, i64>(0), 1);
    }
}

#[tokio::test]
async fn a_claim_keeps_no_commit_waiting_while_it_reads() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let options = PostgresOptions {
        pool_size: 2,
        ..PostgresOptions::default()
    };
    let mut store = PostgresStore::open(&scratch.open_with(options).await, "demo")
        .await
        .unwrap();
    let [ours, large, other] = ["p/0", "p/1", "p/2"].map(Partition::from);
    let claim = store.claim(&ours).await.unwrap();
    let theirs = store.claim(&large).await.unwrap();
    let mut epoch = sealed(&large, &theirs, 1);
    epoch.saved = (0..50_000)
        .map(|n| saved(1, &format!("car-{n}"), Some(&[7; 60])))
        .collect();
    let tx = store.begin().await.unwrap();
    store.commit(tx, &[epoch]).await.unwrap();
    // Two claims at once, which leave the second connection to commits.
    let (mut one, mut two) = (store.clone(), store.clone());
    let claims = async { tokio::join!(one.claim(&large), two.claim(&other)) };
    let mut claims = std::pin::pin!(claims);
    let mut commits = 0;
    let (found, _) = loop {
        let epoch = [sealed(&ours, &claim, commits + 1)];
        let mut committed = std::pin::pin!(async {
            let tx = store.begin().await.unwrap();
            store.commit(tx, &epoch).await.unwrap()
        });
        tokio::select! {
            biased;
            claimed = &mut claims => {
                assert_eq!(committed.await, Committed::Done);
                break claimed;
            }
            committed = &mut committed => {
                assert_eq!(committed, Committed::Done);
                commits += 1;
            }
        }
    };
    assert_eq!(found.unwrap().state.len(), 50_000);
    assert!(commits > 0, "no commit got through");
}

#[tokio::test]
async fn clones_know_how_long_a_log_is_that_another_found() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut first = demo(&scratch).await;
    let partition = Partition::from("p/0");
    let mut claim = first.claim(&partition).await.unwrap();
    let mut logged = Vec::new();
    for seq in 1..=2 {
        // After a restart one clone claims, another commits.
        let mut committing = demo(&scratch).await;
        claim = committing.clone().claim(&partition).await.unwrap();
        let mut epoch = sealed(&partition, &claim, seq);
        epoch.saved = vec![saved(1, "car", Some(&vec![0; 1_500_000]))];
        let tx = committing.begin().await.unwrap();
        committing.commit(tx, &[epoch]).await.unwrap();
        logged.push(
            scratch
                .number("SELECT count(*) FROM fleet_stream.changes")
                .await,
        );
    }
    assert_eq!((logged, claim.seq), (vec![1, 0], 1));
}

#[tokio::test]
async fn a_mark_is_listed_after_its_log_was_compacted() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut store = demo(&scratch).await;
    let partition = Partition::from("p/0");
    let claim = store.claim(&partition).await.unwrap();
    let mark = |round| Mark::new([("in/0", Offset(round))], b"note");
    let mut compacted = 0;
    for seq in 1..=6 {
        let mut epoch = sealed(&partition, &claim, seq);
        let mut bytes = Vec::new();
        mark(seq).encode(&mut bytes);
        epoch.saved = vec![
            saved(1, "car", Some(&vec![0; 900_000])),
            Saved {
                version: Mark::VERSION,
                ..saved(MARK_ENTRY, "", Some(&bytes))
            },
        ];
        let tx = store.begin().await.unwrap();
        store.commit(tx, &[epoch]).await.unwrap();
        let logged = scratch
            .number("SELECT count(*) FROM fleet_stream.changes")
            .await;
        compacted += u64::from(logged == 0);
        let listed = store.partitions().await.unwrap();
        assert_eq!(listed[&partition].mark, Some(mark(seq)), "commit {seq}");
    }
    assert_eq!(compacted, 2);
}

#[tokio::test]
async fn pipelines_share_a_database_and_not_their_positions() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    let mut one = PostgresStore::open(&database, "one").await.unwrap();
    let mut two = PostgresStore::open(&database, "two").await.unwrap();
    let partition = Partition::from("p/0");
    let claim = one.claim(&partition).await.unwrap();
    let mut first = sealed(&partition, &claim, 1);
    first.saved = vec![saved(1, "car-1", Some(b"one"))];
    let tx = one.begin().await.unwrap();
    assert_eq!(one.commit(tx, &[first]).await.unwrap(), Committed::Done);
    assert_eq!(two.progress(&partition).await.unwrap(), None);
    let fresh = two.claim(&partition).await.unwrap();
    assert_eq!((fresh.seq, fresh.state.len()), (0, 0));
}

#[tokio::test]
async fn more_state_than_one_statement_takes_is_committed_whole() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut store = demo(&scratch).await;
    let partition = Partition::from("p/0");
    let claim = store.claim(&partition).await.unwrap();
    let mut epoch = sealed(&partition, &claim, 1);
    let key = |number: u32| format!("car-{number}");
    epoch.saved = (0..25_000)
        .map(|n| saved(1, &key(n), Some(&n.to_le_bytes().repeat(25))))
        .collect();
    // If a key is named twice the last entry applies, even if it deletes the key.
    epoch.saved.push(saved(1, &key(7), Some(b"last")));
    epoch.saved.push(saved(1, &key(8), None));
    let tx = store.begin().await.unwrap();
    store.commit(tx, &[epoch]).await.unwrap();
    let state = store.claim(&partition).await.unwrap().state;
    assert_eq!(state.len(), 24_999);
    let seven = state.iter().find(|saved| saved.key == key(7)).unwrap();
    assert_eq!(seven.bytes.as_deref(), Some(&b"last"[..]));
}

#[tokio::test]
async fn state_is_what_the_last_commits_made_of_it_wherever_it_lies() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut store = demo(&scratch).await;
    let admin = scratch.admin().await;
    let mut logged = Vec::new();
    let partition = Partition::from("p/0");
    let mut claim = store.claim(&partition).await.unwrap();
    let mut model = BTreeMap::new();
    for commit in 1..=60_u32 {
        let mut epoch = sealed(&partition, &claim, commit.into());
        // Each key changes, disappears and returns at its own rate; some commits change many keys,
        // some none.
        for key in
            (0..2_000_u32).filter(|key| commit % 9 != 0 && (key + commit) % (key % 7 + 1) == 0)
        {
            let (node, name) = (u16::try_from(key % 3).unwrap(), format!("car-{key}"));
            let is_there = !(key * 31 + commit).is_multiple_of(5);
            let bytes = is_there.then(|| commit.to_le_bytes().repeat(1 + key as usize % 60));
            epoch.saved.push(saved(node, &name, bytes.as_deref()));
            match bytes {
                Some(bytes) => model.insert((node, name), bytes),
                None => model.remove(&(node, name)),
            };
        }
        let tx = store.begin().await.unwrap();
        assert_eq!(store.commit(tx, &[epoch]).await.unwrap(), Committed::Done);
        let count = "SELECT count(*) FROM fleet_stream.changes";
        logged.push(admin.query_one(count, &[]).await.unwrap().get::<_, i64>(0));
        claim.seq += 1;
        if commit % 7 == 0 {
            // Another process, or this one after a restart.
            if commit % 2 == 0 {
                store = PostgresStore::open(store.database(), "demo").await.unwrap();
            }
            claim = store.claim(&partition).await.unwrap();
            let found = claim.state.iter().map(|saved| {
                (
                    (saved.node, saved.key.to_string()),
                    saved.bytes.clone().unwrap(),
                )
            });
            assert_eq!(found.collect::<BTreeMap<_, _>>(), model, "after {commit}");
            assert_eq!(claim.state.len(), model.len());
        }
    }
    let folds = logged.windows(2).filter(|two| two[1] < two[0]).count();
    assert!((2..20).contains(&folds), "{logged:?}");
}

#[tokio::test]
async fn a_partition_that_is_twice_in_an_epoch_keeps_its_last_state() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut store = demo(&scratch).await;
    let partition = Partition::from("p/0");
    let mut claim = store.claim(&partition).await.unwrap();
    for round in 0..4 {
        let parts = [1, 2].map(|n| {
            let mut part = sealed(&partition, &claim, 2 * round + n);
            claim.seq += 1;
            part.saved = vec![saved(
                1,
                "car",
                Some(&vec![u8::try_from(n).unwrap(); 1_500_000]),
            )];
            part
        });
        let tx = store.begin().await.unwrap();
        assert_eq!(store.commit(tx, &parts).await.unwrap(), Committed::Done);
        claim = store.claim(&partition).await.unwrap();
        assert_eq!(claim.state.len(), 1);
        assert_eq!(claim.state[0].bytes.as_ref().unwrap()[0], 2);
    }
}

#[tokio::test]
async fn a_damaged_log_is_refused() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut store = demo(&scratch).await;
    let partition = Partition::from("p/0");
    let claim = store.claim(&partition).await.unwrap();
    let mut epoch = sealed(&partition, &claim, 1);
    epoch.saved = vec![saved(1, "car", Some(b"state"))];
    let tx = store.begin().await.unwrap();
    store.commit(tx, &[epoch]).await.unwrap();
    scratch
        .execute("UPDATE fleet_stream.changes SET packed = substr(packed, 1, length(packed) - 1)")
        .await;
    let error = store.claim(&partition).await.unwrap_err();
    assert!(!error.is_retryable());
    assert!(error.to_string().contains("p/0"), "{error}");
    assert!(error.to_string().contains("damaged"), "{error}");
}

#[tokio::test]
async fn dead_letters_are_kept_whatever_they_hold() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut store = demo(&scratch).await;
    let partition = Partition::from("p/0");
    let claim = store.claim(&partition).await.unwrap();
    let mut epoch = sealed(&partition, &claim, 1);
    epoch.dead = vec![DeadLetter {
        offset: Offset(u64::MAX),
        step: "de\0code".into(),
        reason: "unexpected \0 at 3".into(),
        raw: vec![0, 255, 10],
        length: 3,
        ..DeadLetter::default()
    }];
    epoch.tallies.insert("alerts.\0".into(), 1);
    let tx = store.begin().await.unwrap();
    assert_eq!(store.commit(tx, &[epoch]).await.unwrap(), Committed::Done);
    let row = scratch
        .admin()
        .await
        .query_one(
            "SELECT stage, reason, raw FROM fleet_stream.dead_letters",
            &[],
        )
        .await
        .unwrap();
    let (stage, reason, raw): (String, String, Vec<u8>) = (row.get(0), row.get(1), row.get(2));
    assert_eq!((&*stage, &*reason), ("de␀code", "unexpected ␀ at 3"));
    assert_eq!(raw, [0, 255, 10]);
}

#[tokio::test]
async fn a_newer_layout_is_left_alone() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    PostgresStore::open(&database, "demo").await.unwrap();
    let newer = "INSERT INTO fleet_stream.layout VALUES (99)";
    scratch.admin().await.batch_execute(newer).await.unwrap();
    let error = PostgresStore::open(&database, "demo").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("version 99"), "{error}");
}

#[tokio::test]
async fn an_older_layout_gains_what_it_lacks_and_keeps_what_it_holds() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    let mut store = PostgresStore::open(&database, "demo").await.unwrap();
    let partition = Partition::from("p/0");
    let token = store.claim(&partition).await.unwrap().token;
    // Layout 1 had no log of changes.
    scratch
        .execute(
            "DROP TABLE fleet_stream.changes; DELETE FROM fleet_stream.layout;
             INSERT INTO fleet_stream.layout VALUES (1);
             INSERT INTO fleet_stream.states VALUES ('demo', 'p/0', 1, 'car', 3, 'old')",
        )
        .await;
    let mut store = PostgresStore::open(&database, "demo").await.unwrap();
    let claim = store.claim(&partition).await.unwrap();
    assert_eq!((claim.token, claim.state.len()), (token + 1, 1));
    let mut epoch = sealed(&partition, &claim, 1);
    epoch.saved = vec![saved(1, "car", Some(b"new"))];
    let tx = store.begin().await.unwrap();
    assert_eq!(store.commit(tx, &[epoch]).await.unwrap(), Committed::Done);
    let state = store.claim(&partition).await.unwrap().state;
    assert_eq!(state, [saved(1, "car", Some(b"new"))]);
}

#[tokio::test]
async fn several_that_open_a_new_database_at_once_all_get_it() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    let open = || async { PostgresStore::open(&database, "demo").await.map(drop) };
    let (a, b, c, d) = tokio::join!(open(), open(), open(), open());
    for opened in [a, b, c, d] {
        opened.unwrap();
    }
}

#[tokio::test]
async fn a_store_needs_no_more_than_one_connection() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let options = PostgresOptions {
        pool_size: 1,
        ..PostgresOptions::default()
    };
    let mut store = PostgresStore::open(&scratch.open_with(options).await, "demo")
        .await
        .unwrap();
    let partition = Partition::from("p/0");
    let claim = store.claim(&partition).await.unwrap();
    for seq in 1..=3 {
        let tx = store.begin().await.unwrap();
        store
            .commit(tx, &[sealed(&partition, &claim, seq)])
            .await
            .unwrap();
        assert_eq!(store.progress(&partition).await.unwrap().unwrap().seq, seq);
    }
    // Fenced, rolled back and failed transactions return it too.
    let tx = store.begin().await.unwrap();
    let fenced = store
        .commit(tx, &[sealed(&partition, &claim, 3)])
        .await
        .unwrap();
    assert_eq!(fenced, Committed::Fenced(vec![partition.clone()]));
    let tx = store.begin().await.unwrap();
    tx.run("fail in", tx.client().batch_execute("SELECT 1/0"))
        .await
        .unwrap_err();
    assert!(
        store
            .commit(tx, &[sealed(&partition, &claim, 4)])
            .await
            .is_err()
    );
    assert_eq!(store.progress(&partition).await.unwrap().unwrap().seq, 3);
}
