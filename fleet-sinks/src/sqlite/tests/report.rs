//! What a store reports about a pipeline: summary, dead letters and wiping.

use fleet_core::{
    Partition,
    checkpoint::{CheckpointStore, DeadLetter},
    testing::conformance::saved,
};

use crate::{
    StoreSummary,
    sqlite::SqliteStore,
    testing::{
        Sample,
        stores::{assert_rejected_rows, commit, letter, rejected_rows},
    },
};

#[tokio::test]
async fn a_summary_adds_up_partitions() {
    let mut store = SqliteStore::open_in_memory("demo").unwrap();
    store.table::<Sample>("samples").unwrap();
    commit(&mut store, "p/0", |sealed| sealed.ended = true).await;
    assert!(store.summary().unwrap().ended);
    commit(&mut store, "p/1", |sealed| {
        sealed.dead = (0..30)
            .map(|n| letter(n, "decode", &format!("reason {}", n % 12), b"x"))
            .chain([letter(99, "alerts", "reason 0", b"{}")])
            .collect();
    })
    .await;
    let summary = store.summary().unwrap();
    assert_eq!((summary.partitions, summary.ended), (2, false));
    assert_eq!(summary.counts.read, 2);
    assert_eq!(summary.tallies["sink.alerts.given"], 2);
    assert_eq!(summary.tables["samples"], 0);
    assert_eq!((summary.dead_letters, summary.refused.len()), (31, 10));
    assert_eq!(summary.refused[0].count, 3);
    assert!(summary.refused.is_sorted_by(|a, b| a.count >= b.count));
}

#[tokio::test]
async fn dead_letters_are_listed_and_exported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.db");
    let mut store = SqliteStore::open(&path, "demo").unwrap();
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
    drop(store);
    let store = SqliteStore::open(&path, "demo").unwrap();
    let letters = store.dead_letters(2).unwrap();
    let offsets: Vec<_> = letters
        .iter()
        .map(|stored| stored.letter.offset.0)
        .collect();
    assert_eq!(offsets, [10, 20]);
    assert_eq!(letters[1].letter, letter(20, "alerts", "NaN", b"{}"));

    let mut lines = Vec::new();
    let exported = store.export_dead_letters(&mut lines).unwrap();
    assert_eq!((exported.written, exported.cut), (2, 1));
    assert_eq!(lines, b"first\nsecond\n");
}

#[tokio::test]
async fn dead_letters_keep_what_is_known_of_them_and_rejected_rows_are_exported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.db");
    let mut store = SqliteStore::open(&path, "demo").unwrap();
    commit(&mut store, "p/0", |sealed| {
        sealed.dead = rejected_rows();
        sealed.dead.push(letter(1, "decode", "bad", b"x"));
    })
    .await;
    let partition = Partition::from("p/0");
    let stored = store.dead_letters(9).unwrap();
    let letters: Vec<_> = stored.iter().map(|stored| stored.letter.clone()).collect();
    let mut expected = vec![letter(1, "decode", "bad", b"x")];
    expected.extend(rejected_rows());
    assert_eq!(letters, expected);
    let ids = letters.iter().map(|letter| letter.id("demo", &partition));
    let mut ids: Vec<_> = ids.map(|id| id.to_string()).collect();
    ids.sort_unstable();
    // Read past the store, which would compute one that is missing.
    let db = rusqlite::Connection::open(&path).unwrap();
    let mut read = db
        .prepare("SELECT id FROM dead_letters ORDER BY id")
        .unwrap();
    let read = read.query_map([], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(read.map(Result::unwrap).collect::<Vec<_>>(), ids);
    let mut lines = Vec::new();
    let exported = store.export_rejected_rows("alerts", &mut lines).unwrap();
    assert_rejected_rows(exported, &lines);
}

#[tokio::test]
async fn a_wipe_forgets_one_pipeline_and_refuses_to_touch_two() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.db");
    let mut one = SqliteStore::open(&path, "one").unwrap();
    commit(&mut one, "p/0", |sealed| {
        sealed.dead = vec![letter(1, "decode", "bad", b"x")];
    })
    .await;
    let mut two = SqliteStore::open(&path, "two").unwrap();
    two.claim(&Partition::from("p/0")).await.unwrap();
    let before = one.summary().unwrap();
    let error = one.wipe().unwrap_err().to_string();
    assert!(error.contains("pipelines two have"), "{error}");
    assert_eq!(one.summary().unwrap(), before);
    drop(two);

    let alone = folder.path().join("alone.db");
    let mut store = SqliteStore::open(alone, "one").unwrap();
    commit(&mut store, "p/0", |sealed| {
        sealed.dead = vec![letter(1, "decode", "bad", b"x")];
        sealed.saved = vec![saved(1, "car-1", Some(b"state"))];
    })
    .await;
    store.wipe().unwrap();
    let summary = store.summary().unwrap();
    let nothing = StoreSummary {
        pipeline: "one".to_owned(),
        ..StoreSummary::default()
    };
    assert_eq!(summary, nothing);
    let fresh = store.claim(&Partition::from("p/0")).await.unwrap();
    assert_eq!((fresh.seq, fresh.next), (0, None));
    assert!(fresh.state.is_empty() && fresh.tallies.is_empty());
}
