//! What a store reports about a pipeline: summary, dead letters and wiping.

use fleet_core::{Partition, checkpoint::DeadLetter};

use crate::testing::postgres::Scratch;
use crate::{
    StoreSummary,
    postgres::PostgresStore,
    testing::stores::{assert_rejected_rows, commit, letter, rejected_rows},
};

/// A store that has two result tables, one of which somebody else made.
async fn with_tables(scratch: &Scratch, store: &PostgresStore) {
    let tables = r#"
        CREATE TABLE "odd name" AS SELECT generate_series(1, 3) AS n;
        CREATE TABLE theirs AS SELECT 1 AS n;
        INSERT INTO fleet_stream.result_tables VALUES
            ('demo', '"odd name"', true), ('other', '"odd name"', false),
            ('demo', 'theirs', false), ('demo', 'dropped', true)"#;
    scratch.admin().await.batch_execute(tables).await.unwrap();
    assert_eq!(store.pipeline(), "demo");
}

#[tokio::test]
async fn a_summary_adds_up_partitions() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut store = PostgresStore::open(&scratch.open().await, "demo")
        .await
        .unwrap();
    commit(&mut store, "p/0", |sealed| sealed.ended = true).await;
    assert!(store.summary().await.unwrap().ended);
    commit(&mut store, "p/1", |sealed| {
        sealed.dead = (0..30)
            .map(|n| letter(n, "decode", &format!("reason {}", n % 12), b"x"))
            .chain([letter(99, "alerts", "reason 0", b"{}")])
            .collect();
    })
    .await;
    with_tables(&scratch, &store).await;
    let summary = store.summary().await.unwrap();
    assert_eq!((summary.partitions, summary.ended), (2, false));
    assert_eq!(summary.counts.read, 2);
    assert_eq!(summary.tallies["sink.alerts.given"], 2);
    let tables: Vec<_> = summary.tables.into_iter().collect();
    assert_eq!(
        tables,
        [("\"odd name\"".to_owned(), 3), ("theirs".to_owned(), 1)]
    );
    assert_eq!((summary.dead_letters, summary.refused.len()), (31, 10));
    assert_eq!(summary.refused[0].count, 3);
    assert!(summary.refused.is_sorted_by(|a, b| a.count >= b.count));
}

#[tokio::test]
async fn dead_letters_are_listed_and_exported() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut store = PostgresStore::open(&scratch.open().await, "demo")
        .await
        .unwrap();
    commit(&mut store, "p/0", |sealed| {
        sealed.dead = vec![
            letter(30, "decode", "bad", b"second"),
            letter(10, "decode", "bad", b"first\n"),
            letter(20, "alerts", "NaN", b"{}"),
            DeadLetter {
                length: 2 << 20,
                ..letter(40, "decode", "long", b"beginning")
            },
        ];
    })
    .await;
    let letters = store.dead_letters(2).await.unwrap();
    let offsets: Vec<_> = letters
        .iter()
        .map(|stored| stored.letter.offset.0)
        .collect();
    assert_eq!(offsets, [10, 20]);
    assert_eq!(letters[1].letter, letter(20, "alerts", "NaN", b"{}"));

    let mut lines = Vec::new();
    let exported = store.export_dead_letters(&mut lines).await.unwrap();
    assert_eq!((exported.written, exported.cut), (2, 1));
    assert_eq!(lines, b"first\nsecond\n");
}

#[tokio::test]
async fn dead_letters_keep_what_is_known_of_them_and_rejected_rows_are_exported() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut store = PostgresStore::open(&scratch.open().await, "demo")
        .await
        .unwrap();
    commit(&mut store, "p/0", |sealed| {
        sealed.dead = rejected_rows();
        sealed.dead.push(letter(1, "decode", "bad", b"x"));
    })
    .await;
    let stored = store.dead_letters(9).await.unwrap();
    let letters: Vec<_> = stored.iter().map(|stored| stored.letter.clone()).collect();
    let mut expected = vec![letter(1, "decode", "bad", b"x")];
    expected.extend(rejected_rows());
    assert_eq!(letters, expected);
    for stored in &stored {
        assert_eq!(stored.id, stored.letter.id("demo", &Partition::from("p/0")));
    }
    let mut lines = Vec::new();
    let exported = store.export_rejected_rows("alerts", &mut lines);
    assert_rejected_rows(exported.await.unwrap(), &lines);
}

#[tokio::test]
async fn a_wipe_forgets_all_but_leaves_tables_of_others_alone() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut store = PostgresStore::open(&scratch.open().await, "demo")
        .await
        .unwrap();
    commit(&mut store, "p/0", |sealed| {
        sealed.dead = vec![letter(1, "decode", "bad", b"x")];
    })
    .await;
    with_tables(&scratch, &store).await;
    let before = store.summary().await.unwrap();
    let error = store.wipe_all().await.unwrap_err().to_string();
    assert!(error.contains("cannot wipe theirs"), "{error}");
    assert_eq!(store.summary().await.unwrap(), before);

    scratch
        .admin()
        .await
        .batch_execute("DROP TABLE theirs")
        .await
        .unwrap();
    store.wipe_all().await.unwrap();
    let nothing = StoreSummary {
        pipeline: "demo".to_owned(),
        ..StoreSummary::default()
    };
    assert_eq!(store.summary().await.unwrap(), nothing);
    let left = "SELECT to_regclass('\"odd name\"') IS NULL";
    let left = scratch.admin().await.query_one(left, &[]).await.unwrap();
    assert!(left.get::<_, bool>(0), "the table is still there");
}
