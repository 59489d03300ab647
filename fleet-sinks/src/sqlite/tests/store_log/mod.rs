//! Logs of a SQLite file.

mod bound;
mod extremes;
mod pipelines;
mod readers;
mod restarts;
mod source;

use std::path::Path;

use fleet_core::{
    Row,
    checkpoint::CheckpointStore,
    sink::{Outcome, TransactionalSink},
    testing::conformance,
};
use rusqlite::Connection;

use crate::{
    sqlite::{SqliteLog, SqliteStore},
    store_log::{LogOptions, LogRows, LogSourceOptions},
    testing::{
        Sample,
        readers::{keys, read_all},
        rides::{Ride, by_driver, ride},
    },
};

/// A file in its own folder.
struct File {
    folder: tempfile::TempDir,
}

impl File {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("fleet.db")
    }

    fn store(&self, pipeline: &str) -> SqliteStore {
        SqliteStore::open(self.path(), pipeline).unwrap()
    }

    /// A log with this bound, as a sink.
    fn log(&self, lanes: u32, most_waiting: u64) -> Log {
        let store = self.store("writer");
        let options = LogOptions {
            lanes,
            most_waiting,
        };
        let log = store.log(by_driver().with_options(options)).unwrap();
        Log { store, log }
    }

    fn number(&self, sql: &str) -> i64 {
        number(&self.path(), sql)
    }
}

fn number(path: &Path, sql: &str) -> i64 {
    let db = Connection::open(path).unwrap();
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

struct Log {
    store: SqliteStore,
    log: SqliteLog<Ride>,
}

impl Log {
    /// Writes rows and commits them.
    async fn write(&mut self, rows: &[Row<Ride>]) -> fleet_core::Result<Outcome> {
        let mut tx = self.store.begin().await?;
        let outcome = self.log.write(&mut tx, rows).await?;
        self.store.commit(tx, &[]).await?;
        Ok(outcome)
    }
}

#[tokio::test]
async fn the_sink_passes_the_suite() {
    let file = File::new();
    let open = || {
        let store = file.store("demo");
        let log = store
            .log(LogRows::<Sample>::new("samples").unwrap())
            .unwrap();
        (store, log)
    };
    let rows = conformance::Rows {
        good: &|n| Sample::new(&format!("row {n}")).row(),
        bad: Some(&|| Sample::bad().row()),
        stored: &|| Some(file.number("SELECT count(*) FROM log_rows").unsigned_abs()),
    };
    drop(open());
    conformance::transactional_sink(open, &rows).await;
}

#[tokio::test]
async fn another_number_of_lanes_is_refused_and_changes_nothing() {
    let file = File::new();
    drop(file.log(4, 10));
    let store = file.store("other");
    let options = LogOptions {
        lanes: 5,
        ..LogOptions::default()
    };
    for error in [
        store.make_log("rides", &options).unwrap_err(),
        store.log(by_driver().with_options(options)).unwrap_err(),
    ] {
        let message = error.to_string();
        for part in ["rides", "with 5 lanes", "made with 4", "fleet.db"] {
            assert!(message.contains(part), "{message}");
        }
    }
    assert_eq!(file.number("SELECT count(*) FROM log_heads"), 4);
    drop(file.log(4, 99));
}

#[tokio::test]
async fn a_log_that_does_not_exist_cannot_be_read() {
    let file = File::new();
    let store = file.store("drivers");
    let open = |log: &str, reader: &str| store.log_source(log, reader, LogSourceOptions::default());
    let error = open("rides", "drivers").unwrap_err().to_string();
    assert!(
        error.contains("does not exist") && error.contains("make_log"),
        "{error}"
    );
    store.make_log("rides", &LogOptions::default()).unwrap();
    for name in crate::store_log::tests::hostile() {
        assert!(open(&name, "drivers").is_err() && open("rides", &name).is_err());
        assert!(store.make_log(&name, &LogOptions::default()).is_err());
        assert!(store.drop_reader(&name, &name).is_err());
    }
    open("rides", "drivers").unwrap();
}

#[tokio::test]
async fn any_key_comes_back_as_it_was() {
    let file = File::new();
    let mut log = file.log(3, 1_000);
    let mut expected = crate::store_log::tests::hostile();
    // The column of a driver takes no NUL, so its row is a dead letter; a key of its own may.
    let rows = LogRows::new("keys")
        .unwrap()
        .with_key(|ride: &Ride| match ride.number {
            0 => "a\0b".to_owned(),
            _ => ride.driver.clone(),
        });
    log.log = log.store.log(rows).unwrap();
    expected.retain(|key| !key.contains('\0'));
    let mut rows: Vec<_> = (1..).zip(&expected).map(|(n, key)| ride(key, n)).collect();
    rows.push(ride("nul", 0));
    expected.push("a\0b".to_owned());
    expected.sort();
    assert_eq!(log.write(&rows).await.unwrap(), Outcome::default());
    let mut source = log
        .store
        .log_source("keys", "all", LogSourceOptions::until_now())
        .unwrap();
    assert_eq!(keys(&read_all(&mut source).await), expected);
}

#[test]
fn a_store_of_layout_3_gets_logs() {
    let file = File::new();
    drop(file.store("demo"));
    let db = Connection::open(file.path()).unwrap();
    db.execute_batch(
        "DROP TABLE log_heads; DROP TABLE log_rows; DROP TABLE log_readers;
         DELETE FROM run_columns WHERE table_name LIKE 'log%'; PRAGMA user_version = 3",
    )
    .unwrap();
    drop(db);
    let store = file.store("demo");
    store.make_log("rides", &LogOptions::default()).unwrap();
    let listed = file.number("SELECT count(*) FROM run_columns");
    let expected = crate::sqlite::WALL_CLOCK_COLUMNS.len();
    assert_eq!(usize::try_from(listed).unwrap(), expected);
    store.wipe().unwrap();
    assert!(store.summary().unwrap().logs.is_empty());
}
