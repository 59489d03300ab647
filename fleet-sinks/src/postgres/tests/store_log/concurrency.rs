//! Many writers and readers at once: each row is seen once, in order. The same test over numbers of
//! an identity column finds the rows that such a log loses.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use fleet_core::{
    EventTime, Offset, Result, Source, checkpoint::CheckpointStore, sink::TransactionalSink,
    source::SourceEvent,
};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::Log;
use crate::{
    postgres::{Database, PostgresOptions, PostgresStore},
    store_log::{LaneReader, LaneStart, LogRecord, LogSource, LogSourceOptions, PageLimits},
    testing::{
        postgres::Scratch,
        readers::{Seen, start},
        rides::ride,
    },
};

const WRITERS: i64 = 8;
const READERS: usize = 4;
const COMMITS: i64 = 60;
const LANES: u32 = 4;

/// How the log of a test takes its numbers.
#[derive(Clone, Copy, PartialEq)]
enum Numbers {
    /// As the store does.
    Heads,
    /// By an identity column, which a reader follows by `seq > last`.
    Identity,
}

/// Readers that go by the numbers of an identity column.
struct Planted(Database);

#[async_trait]
impl LaneReader for Planted {
    async fn ends(&self) -> Result<Vec<u64>> {
        let ends = "SELECT coalesce(max(p.seq) + 1, 0) FROM generate_series(0, $1) AS l (lane)
            LEFT JOIN planted p USING (lane) GROUP BY lane ORDER BY lane";
        let connection = self.0.connection().await?;
        let last = LANES.cast_signed() - 1;
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 1] = [&last];
        let rows = connection.client().query(ends, &values);
        let rows = connection.run("test", rows).await?;
        Ok(rows
            .iter()
            .map(|row| row.get::<_, i64>(0).unsigned_abs())
            .collect())
    }

    async fn page(&self, lane: u32, from: u64, limits: PageLimits) -> Result<Vec<LogRecord>> {
        let page = "SELECT seq, driver, number FROM planted WHERE lane = $1 AND seq >= $2
            ORDER BY seq LIMIT $3";
        let connection = self.0.connection().await?;
        let (lane, limit) = (lane.cast_signed(), i64::try_from(limits.rows).unwrap());
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&lane, &from.cast_signed(), &limit];
        let rows = connection
            .run("test", connection.client().query(page, &values))
            .await?;
        let record = |row: &tokio_postgres::Row| LogRecord {
            offset: Offset(row.get::<_, i64>(0).unsigned_abs()),
            key: row.get::<_, String>(1).into_bytes(),
            at: EventTime::from_micros(row.get(2)),
            body: Vec::new(),
        };
        Ok(rows.iter().map(record).collect())
    }

    async fn start(&self, _: u32, at: Option<u64>) -> Result<LaneStart> {
        let at = at.unwrap_or(0);
        Ok(LaneStart { at, end: at })
    }

    async fn note(&self, _: &[(u32, u64)]) -> Result<()> {
        Ok(())
    }
}

fn options() -> PostgresOptions {
    PostgresOptions {
        pool_size: 40,
        ..PostgresOptions::default()
    }
}

/// Writes rows of one writer, in small transactions that take their time.
async fn write(database: Database, writer: i64, numbers: Numbers) {
    let mut random = Pcg64Mcg::seed_from_u64(writer.unsigned_abs());
    let mut log = Log::open(&database, LANES, 1_000_000).await;
    for commit in 0..COMMITS {
        let mut tx = log.store.begin().await.unwrap();
        let rows: Vec<_> = (0..10)
            .map(|n| {
                let driver = random.random_range(0..23);
                ride(&format!("{writer}/{driver}"), commit * 10 + n)
            })
            .collect();
        match numbers {
            Numbers::Heads => drop(log.log.write(&mut tx, &rows).await.unwrap()),
            Numbers::Identity => {
                for row in &rows {
                    let insert = "INSERT INTO planted (lane, driver, number) VALUES ($1, $2, $3)";
                    let lane = i32::try_from(row.value.driver.len() % LANES as usize).unwrap();
                    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
                        [&lane, &row.value.driver, &row.value.number];
                    tx.run("test", tx.client().execute(insert, &values))
                        .await
                        .unwrap();
                }
            }
        }
        tokio::time::sleep(Duration::from_micros(random.random_range(0..3_000))).await;
        log.store.commit(tx, &[]).await.unwrap();
    }
}

/// Reads until the writers are done and nothing is left.
async fn read_while(mut source: LogSource, done: Arc<AtomicBool>) -> Seen {
    let mut seen = Seen::new();
    start(&mut source, &BTreeMap::new()).await;
    loop {
        let over = done.load(Ordering::Acquire);
        let next = tokio::time::timeout(Duration::from_millis(300), source.next()).await;
        match next {
            Ok(event) => {
                if let SourceEvent::Batch(batch) = event.unwrap() {
                    let own = seen.entry(batch.partition.clone()).or_default();
                    own.extend(batch.payload.iter().cloned());
                    let upto = batch.next.into();
                    source.committed(&batch.partition, &upto).await.unwrap();
                }
            }
            Err(_) if over => return seen,
            Err(_) => {}
        }
    }
}

/// How many rows a reader did not see. Panics if one came twice or out of its order.
fn missed(seen: &Seen) -> i64 {
    let mut rows = BTreeSet::new();
    for lane in seen.values() {
        assert!(lane.is_sorted_by(|one, next| one.offset < next.offset));
        let mut last: BTreeMap<&[u8], i64> = BTreeMap::new();
        for row in lane {
            let number = row.at.as_micros();
            let before = last.insert(&row.key, number);
            assert!(
                before.is_none_or(|before| before < number),
                "the order of a key"
            );
            let writer = row.key.split(|byte| *byte == b'/').next().unwrap();
            assert!(rows.insert((writer, number)), "a row came twice");
        }
    }
    WRITERS * COMMITS * 10 - i64::try_from(rows.len()).unwrap()
}

/// How many rows each of several readers missed, while several writers wrote.
async fn run(scratch: &Scratch, numbers: Numbers) -> Vec<i64> {
    let database = scratch.open_with(options()).await;
    let log = Log::open(&database, LANES, 1_000_000).await;
    let poll = LogSourceOptions {
        poll: Duration::from_millis(1),
        page_rows: 37,
        ..LogSourceOptions::default()
    };
    let done = Arc::<AtomicBool>::default();
    let mut readers = Vec::new();
    for reader in 0..READERS {
        let source = match numbers {
            Numbers::Heads => {
                let name = format!("reader-{reader}");
                log.store.log_source("rides", &name, poll).await.unwrap()
            }
            Numbers::Identity => LogSource::new(
                Planted(database.clone()),
                &Arc::from("planted"),
                LANES,
                poll,
            ),
        };
        readers.push(tokio::spawn(read_while(source, Arc::clone(&done))));
    }
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write(database.clone(), writer, numbers)))
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    done.store(true, Ordering::Release);
    let mut all = Vec::new();
    for reader in readers {
        all.push(missed(&reader.await.unwrap()));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reader_sees_each_row_of_many_writers_once_and_in_order() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    assert_eq!(run(&scratch, Numbers::Heads).await, [0; READERS]);
    // Every reader has committed past every row, but for what came with the last commits.
    let store = PostgresStore::open(&scratch.open().await, "demo")
        .await
        .unwrap();
    let summary = store.summary().await.unwrap();
    let logs = &summary.logs["rides"];
    let written = (WRITERS * COMMITS * 10).unsigned_abs();
    assert_eq!((logs.written, logs.readers.len()), (written, READERS));
    assert!(logs.waiting < written / 2, "{logs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_finds_the_rows_that_an_identity_column_loses() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    scratch
        .execute(
            "CREATE TABLE planted (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                lane integer, driver text, number bigint)",
        )
        .await;
    let missed = run(&scratch, Numbers::Identity).await;
    println!("missed of {}: {missed:?}", WRITERS * COMMITS * 10);
    assert!(missed.iter().sum::<i64>() > 0, "{missed:?}");
}
