//! A store that was written before types and modules were renamed is resumed by today's code, with
//! the same results as an uninterrupted run.
//!
//! `tests/fixtures/README.md` describes how the fixtures were made.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panic")]

mod graph;
#[cfg(feature = "postgres")]
mod postgres;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use fleet_core::{
    Partition,
    checkpoint::{CheckpointStore, Claim},
};
use fleet_sinks::{FileStore, SqliteStore, StoredDeadLetter, sqlite::rusqlite::Connection};

const PIPELINE: &str = "demo";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// What a store holds of each partition, without what differs between runs.
async fn claims(store: &mut impl CheckpointStore) -> Vec<Claim> {
    let mut claims = Vec::new();
    for name in ["telemetry/0", "telemetry/1"] {
        let mut claim = store.claim(&Partition::from(name)).await.unwrap();
        (claim.token, claim.seq) = (0, 0);
        claim
            .state
            .sort_by(|a, b| (a.node, &a.key).cmp(&(b.node, &b.key)));
        claims.push(claim);
    }
    claims
}

/// Asserts that a store is in the middle of a run, with state of every kind.
fn assert_unfinished(claims: &[Claim]) {
    for claim in claims {
        assert!(!claim.ended && claim.next.unwrap().0 == 80, "{claim:?}");
        assert!(claim.counts.dead_lettered > 0 && claim.counts.duplicate > 0);
        for name in ["minutes.written", "pauses.written", "pauses.dead_lettered"] {
            let tally = claim.tallies.get(&*format!("sink.{name}"));
            assert!(tally.is_some_and(|count| *count > 0), "{name}");
        }
        // The order of rows, both operators, and rows that wait for their order.
        for node in [0, 1, 3, u16::MAX] {
            assert!(claim.state.iter().any(|saved| saved.node == node), "{node}");
        }
    }
}

/// Asserts that the dead letters that an earlier version stored are shown, each with its id.
fn assert_earlier_letters(letters: &[StoredDeadLetter]) {
    let offsets = letters.iter().map(|stored| stored.letter.offset.0);
    assert_eq!(offsets.collect::<Vec<_>>(), [7, 36, 46, 63].repeat(2));
    for StoredDeadLetter {
        partition,
        id,
        letter,
    } in letters
    {
        assert_eq!(*id, letter.id(PIPELINE, partition));
        assert!(!letter.raw.is_empty() && letter.key.is_none());
    }
    let ids: BTreeSet<_> = letters.iter().map(|stored| stored.id).collect();
    assert_eq!(ids.len(), letters.len());
}

fn assert_same(resumed: &[Claim], whole: &[Claim]) {
    assert_eq!(format!("{resumed:#?}"), format!("{whole:#?}"));
}

/// All rows of the given tables of a SQLite file, as sorted text.
fn rows(path: &Path, tables: &[&str]) -> BTreeMap<String, Vec<String>> {
    let db = Connection::open(path).unwrap();
    let read = |table: &&str| {
        let mut all = db.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = all.column_count();
        let rows = all.query_map([], |row| {
            (0..columns)
                .map(|index| Ok(format!("{:?}", row.get_ref(index)?)))
                .collect::<Result<Vec<_>, _>>()
        });
        let mut rows: Vec<_> = rows.unwrap().map(|row| row.unwrap().join(" | ")).collect();
        rows.sort();
        ((*table).to_owned(), rows)
    };
    tables.iter().map(read).collect()
}

async fn run_sqlite(store: &SqliteStore) {
    let minutes = store.table("minutes").unwrap();
    let pauses = store.table("pauses").unwrap();
    graph::run(store.clone(), minutes, pauses).await.unwrap();
}

#[tokio::test]
async fn a_sqlite_store_of_an_earlier_version_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let [earlier, fresh] = ["earlier.db", "fresh.db"].map(|name| folder.path().join(name));
    std::fs::copy(fixture("store.sqlite"), &earlier).unwrap();

    let mut resumed = SqliteStore::open(&earlier, PIPELINE).unwrap();
    assert_earlier_letters(&resumed.dead_letters(99).unwrap());
    assert_unfinished(&claims(&mut resumed).await);
    run_sqlite(&resumed).await;
    let mut whole = SqliteStore::open(&fresh, PIPELINE).unwrap();
    run_sqlite(&whole).await;

    assert_eq!(resumed.summary().unwrap(), whole.summary().unwrap());
    assert!(whole.summary().unwrap().ended);
    assert_same(&claims(&mut resumed).await, &claims(&mut whole).await);
    let tables = [
        "minutes",
        "pauses",
        "dead_letters",
        "tallies",
        "run_columns",
    ];
    assert_eq!(rows(&earlier, &tables), rows(&fresh, &tables));
}

async fn run_files(store: &FileStore) {
    let minutes = store.csv("minutes").unwrap();
    let pauses = store.ndjson("pauses").unwrap();
    graph::run(store.clone(), minutes, pauses).await.unwrap();
}

#[tokio::test]
async fn a_file_store_of_an_earlier_version_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let [earlier, fresh] = ["earlier", "fresh"].map(|name| folder.path().join(name));
    std::fs::create_dir(&earlier).unwrap();
    for (from, to) in [
        ("positions.sqlite", ".positions.db"),
        ("minutes.csv", "minutes.csv"),
        ("pauses.ndjson", "pauses.ndjson"),
    ] {
        std::fs::copy(fixture("files").join(from), earlier.join(to)).unwrap();
    }

    let mut resumed = FileStore::open(&earlier, PIPELINE).unwrap();
    assert_earlier_letters(&resumed.dead_letters(99).unwrap());
    assert_unfinished(&claims(&mut resumed).await);
    run_files(&resumed).await;
    let mut whole = FileStore::open(&fresh, PIPELINE).unwrap();
    run_files(&whole).await;

    assert_eq!(resumed.summary().unwrap(), whole.summary().unwrap());
    assert_same(&claims(&mut resumed).await, &claims(&mut whole).await);
    for name in ["minutes.csv", "pauses.ndjson"] {
        let lines = |folder: &Path| {
            let text = std::fs::read_to_string(folder.join(name)).unwrap();
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(lines(&earlier), lines(&fresh), "{name}");
    }
    let tables = ["dead_letters", "tallies", "files"];
    let positions = |folder: &Path| rows(&folder.join(".positions.db"), &tables);
    assert_eq!(positions(&earlier), positions(&fresh));
}
