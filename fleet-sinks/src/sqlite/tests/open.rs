//! Opening files: new ones, damaged ones, and those of other programs.

use std::{fs, path::Path};

use fleet_core::ErrorKind;
use rusqlite::Connection;

use crate::sqlite::{SqliteStore, WALL_CLOCK_COLUMNS};

fn refusal(path: &Path) -> String {
    let error = SqliteStore::open(path, "demo").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    error.to_string()
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let text = "these are notes, not rows\n".repeat(100);
    fs::write(&path, &text).unwrap();
    let refusal = refusal(&path);
    assert!(refusal.contains("notes.txt") && refusal.contains("no SQLite database"));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_database_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE positions (chess TEXT)")
        .unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    assert!(refusal(&path).contains("something else made"));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_newer_layout_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.db");
    drop(SqliteStore::open(&path, "demo").unwrap());
    let db = Connection::open(&path).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let refusal = refusal(&path);
    assert!(refusal.contains("version 99"), "{refusal}");
}

#[test]
fn folders_and_missing_folders_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    assert!(refusal(folder.path()).contains("is a folder"));
    let missing = folder.path().join("missing").join("fleet.db");
    assert!(refusal(&missing).contains("does not exist"));
    assert!(refusal(Path::new("")).contains("without a path"));
    assert!(!folder.path().join("missing").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let error = SqliteStore::open("/proc/fleet.db", "demo").unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("/proc/fleet.db") && text.contains("can be written"),
        "{text}"
    );
    assert!(!error.is_retryable());
}

#[test]
fn a_pipeline_has_a_name() {
    assert!(SqliteStore::open_in_memory("").is_err());
}

#[test]
fn an_empty_file_becomes_a_store_and_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.db");
    fs::write(&path, b"").unwrap();
    for _ in 0..2 {
        SqliteStore::open(&path, "demo").unwrap();
    }
}

#[test]
fn two_that_open_a_new_file_at_once_both_get_it() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..10 {
        let path = folder.path().join(format!("{round}.db"));
        std::thread::scope(|scope| {
            let opening: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| SqliteStore::open(&path, "demo").map(drop)))
                .collect();
            for opened in opening {
                opened.join().unwrap().unwrap();
            }
        });
    }
}

#[test]
fn the_database_lists_what_differs_between_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.db");
    let store = SqliteStore::open(&path, "demo").unwrap();
    let db = Connection::open(&path).unwrap();
    let listed: i64 = db
        .query_row("SELECT count(*) FROM run_columns", [], |row| row.get(0))
        .unwrap();
    assert_eq!(usize::try_from(listed).unwrap(), WALL_CLOCK_COLUMNS.len());
    for (table, column) in WALL_CLOCK_COLUMNS {
        let there: bool = db
            .query_row(
                "SELECT count(*) = 1 FROM run_columns JOIN pragma_table_info(table_name)
                 ON name = column_name WHERE table_name = ?1 AND column_name = ?2",
                [table, column],
                |row| row.get(0),
            )
            .unwrap();
        assert!(there, "{table}.{column}");
    }
    drop(store);
}
