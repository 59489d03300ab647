//! Logs of a database.

mod concurrency;
mod pipelines;
mod readers;

use fleet_core::{
    ErrorKind, Row,
    checkpoint::CheckpointStore,
    sink::{Outcome, TransactionalSink},
    testing::conformance,
};

use crate::{
    postgres::{Database, PostgresLog, PostgresStore},
    store_log::{LogOptions, LogRows, LogSourceOptions},
    testing::{
        Sample,
        postgres::{Scratch, wait},
        readers::{Seen, keys, read, read_all, records, start},
        rides::{Ride, by_driver, ride},
    },
};

const ROWS: &str = "SELECT count(*) FROM fleet_stream.log_rows";

/// A log as a sink.
struct Log {
    store: PostgresStore,
    log: PostgresLog<Ride>,
}

impl Log {
    async fn open(database: &Database, lanes: u32, most_waiting: u64) -> Self {
        let store = PostgresStore::open(database, "writer").await.unwrap();
        let options = LogOptions {
            lanes,
            most_waiting,
        };
        let log = store.log(by_driver().with_options(options)).await.unwrap();
        Self { store, log }
    }

    /// Writes rows and commits them.
    async fn write(&mut self, rows: &[Row<Ride>]) -> fleet_core::Result<Outcome> {
        let mut tx = self.store.begin().await?;
        let outcome = self.log.write(&mut tx, rows).await?;
        self.store.commit(tx, &[]).await?;
        Ok(outcome)
    }
}

fn some(count: i64) -> Vec<Row<Ride>> {
    (0..count)
        .map(|n| ride(&format!("driver-{}", n % 9), n))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sink_passes_the_suite() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    let open = || {
        let store = wait(PostgresStore::open(&database, "demo")).unwrap();
        let log = wait(store.log(LogRows::<Sample>::new("samples").unwrap())).unwrap();
        (store, log)
    };
    let rows = conformance::Rows {
        good: &|n| Sample::new(&format!("row {n}")).row(),
        bad: Some(&|| Sample::bad().row()),
        stored: &|| Some(wait(scratch.number(ROWS)).unsigned_abs()),
    };
    drop(open());
    conformance::transactional_sink(open, &rows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_source_passes_the_suite() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    let mut log = Log::open(&database, 3, 1_000).await;
    for rows in some(40).chunks(7) {
        log.write(rows).await.unwrap();
    }
    let options = LogSourceOptions {
        page_rows: 3,
        ..LogSourceOptions::until_now()
    };
    // Another reader keeps the rows, which the suite reads from any place.
    drop(
        log.store
            .log_source("rides", "keeps", options)
            .await
            .unwrap(),
    );
    let open = || wait(log.store.log_source("rides", "suite", options)).unwrap();
    conformance::replayable(open, records).await;
    for (page_rows, page_bytes, most) in [(3, 1 << 20, 3), (100, 1, 1), (100, 250, 3)] {
        let options = LogSourceOptions {
            page_rows,
            page_bytes,
            ..options
        };
        let mut source = log
            .store
            .log_source("rides", "pages", options)
            .await
            .unwrap();
        start(&mut source, &std::collections::BTreeMap::new()).await;
        let (mut seen, mut before) = (Seen::new(), 0);
        while before < 40 {
            read(&mut source, &mut seen, before + 1, false).await;
            let rows = seen.values().map(Vec::len).sum::<usize>();
            assert!((1..=most).contains(&(rows - before)), "{options:?}");
            before = rows;
        }
    }
}

#[tokio::test]
async fn names_lanes_and_logs_that_cannot_be_are_refused() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    let store = PostgresStore::open(&database, "drivers").await.unwrap();
    let open = async |log: &str, reader: &str| {
        let options = LogSourceOptions::default();
        store.log_source(log, reader, options).await
    };
    let error = open("rides", "drivers").await.unwrap_err().to_string();
    assert!(
        error.contains("does not exist") && error.contains("make_log"),
        "{error}"
    );
    drop(Log::open(&database, 4, 10).await);
    for name in crate::store_log::tests::hostile() {
        assert!(open(&name, "drivers").await.is_err());
        assert!(open("rides", &name).await.is_err());
        assert!(store.make_log(&name, &LogOptions::default()).await.is_err());
        let error = store.drop_reader(&name, &name).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }
    let options = LogOptions {
        lanes: 5,
        ..LogOptions::default()
    };
    let message = store
        .make_log("rides", &options)
        .await
        .unwrap_err()
        .to_string();
    for part in ["rides", "with 5 lanes", "made with 4", scratch.name()] {
        assert!(message.contains(part), "{message}");
    }
    let heads = "SELECT count(*) FROM fleet_stream.log_heads";
    assert_eq!(scratch.number(heads).await, 4);
    open("rides", "drivers").await.unwrap();
}

#[tokio::test]
async fn any_key_comes_back_as_it_was() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let mut log = Log::open(&scratch.open().await, 3, 1_000).await;
    let mut expected = crate::store_log::tests::hostile();
    // The key is apart from the columns, which take no NUL.
    let all = expected.clone();
    let key = move |ride: &Ride| all[usize::try_from(ride.number).unwrap()].clone();
    let rows = LogRows::new("keys").unwrap().with_key(key);
    log.log = log.store.log(rows).await.unwrap();
    let rows: Vec<_> = (0..)
        .zip(&expected)
        .map(|(n, _)| ride("driver", n))
        .collect();
    assert_eq!(log.write(&rows).await.unwrap(), Outcome::default());
    let options = LogSourceOptions::until_now();
    let mut source = log.store.log_source("keys", "all", options).await.unwrap();
    expected.sort();
    assert_eq!(keys(&read_all(&mut source).await), expected);
}

#[tokio::test]
async fn an_older_layout_gets_logs_and_a_wipe_empties_them() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    drop(PostgresStore::open(&database, "demo").await.unwrap());
    scratch
        .execute(
            "DROP TABLE fleet_stream.log_heads, fleet_stream.log_rows, fleet_stream.log_readers;
             DELETE FROM fleet_stream.layout WHERE version = 5",
        )
        .await;
    let mut log = Log::open(&database, 4, 10).await;
    log.write(&some(5)).await.unwrap();
    log.store.wipe_all().await.unwrap();
    assert_eq!(scratch.number(ROWS).await, 0);
    assert!(log.store.summary().await.unwrap().logs.is_empty());
    // Whoever still writes hears that the log is gone.
    let error = log.write(&some(1)).await.unwrap_err().to_string();
    assert!(error.contains("does not exist"), "{error}");
}
