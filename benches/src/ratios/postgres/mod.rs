//! Whole pipelines into PostgreSQL, compared with bare loops that write the same rows prepared and
//! sorted.

mod bare;
mod library;

use std::{sync::Arc, time::Duration};

use fleet_sinks::postgres::{Database, PostgresOptions};
use tokio_postgres::{Client, NoTls};

use super::{
    growth::now,
    sample::{Sample, samples},
};

/// The number of runs of each side, in turns.
const ROUNDS: usize = 5;

/// What both sides write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    /// Every row, into a table with or without an index by vehicle.
    Append { index: bool },
    /// The newest row of each vehicle.
    Latest,
}

impl Job {
    /// The number of vehicles; in an upsert each has a row in every batch.
    fn vehicles(self) -> usize {
        match self {
            Self::Append { .. } => 1_000,
            Self::Latest => 10_000,
        }
    }
}

/// What writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Bare,
    ExactlyOnce,
    AtLeastOnce,
    /// Exactly once, without the state of vehicles in every commit.
    StateAtIntervals,
}

impl Side {
    const ALL: [Self; 4] = [
        Self::Bare,
        Self::ExactlyOnce,
        Self::AtLeastOnce,
        Self::StateAtIntervals,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare COPY loop",
            Self::ExactlyOnce => "this library, exactly once",
            Self::AtLeastOnce => "this library, at least once",
            Self::StateAtIntervals => "exactly once, rare snapshots",
        }
    }
}

/// A database under test, and a connection that resets it.
struct Bench {
    admin: Client,
    database: Database,
}

/// Compares appends and upserts, in batches of 10,000 and of 50,000 rows.
pub(crate) fn run(events: usize) {
    let Some(server) = xtask::postgres::for_tests() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let bench = Bench {
            admin: connect(server).await,
            database: Database::connect(server, PostgresOptions::default())
                .await
                .unwrap(),
        };
        for batch in [10_000, 50_000] {
            for job in [
                Job::Append { index: true },
                Job::Append { index: false },
                Job::Latest,
            ] {
                let rows = samples(events, job.vehicles());
                bench.compare(job, &rows, batch).await;
            }
        }
    });
}

impl Bench {
    async fn compare(&self, job: Job, samples: &Arc<Vec<Sample>>, batch: usize) {
        let ready = bare::batches(samples, batch, job);
        let mut took = Side::ALL.map(|_| Vec::new());
        let mut rows = Vec::new();
        for _ in 0..ROUNDS {
            for (side, took) in Side::ALL.into_iter().zip(&mut took) {
                self.reset(job).await;
                let started = now();
                match side {
                    Side::Bare => bare::run(&self.admin, job, &ready).await,
                    _ => library::run(&self.database, job, side, samples, batch).await,
                }
                took.push(started.elapsed());
                let count = self
                    .admin
                    .query_one("SELECT count(*) FROM bench_rows", &[])
                    .await;
                rows.push(count.unwrap().get::<_, i64>(0));
            }
        }
        assert!(
            rows.windows(2).all(|pair| pair.first() == pair.last()),
            "all sides write the same"
        );
        self.admin
            .batch_execute("DROP TABLE bench_rows")
            .await
            .unwrap();
        let events = samples.len();
        println!("postgres: {job:?}, {events} rows by {batch}; median of {ROUNDS}, interleaved");
        let medians = took.map(|mut side| {
            side.sort_unstable();
            side.get(ROUNDS / 2).copied().unwrap_or_default()
        });
        let first = medians.first().copied().unwrap_or_default();
        for (side, took) in Side::ALL.into_iter().zip(medians) {
            let rate = events as f64 / took.as_secs_f64() / 1e3;
            let ratio = ratio(first, took);
            println!("  {:28} {rate:7.0} k rows/s  {ratio:5.2}", side.name());
        }
    }

    /// Gives every side the same empty table, and the server nothing left to flush.
    async fn reset(&self, job: Job) {
        library::make(&self.database, job).await;
        let reset = "TRUNCATE bench_rows, fleet_stream.positions, fleet_stream.states, fleet_stream.changes, \
                     fleet_stream.tallies; CHECKPOINT";
        self.admin.batch_execute(reset).await.unwrap();
    }
}

fn ratio(first: Duration, took: Duration) -> f64 {
    first.as_secs_f64() / took.as_secs_f64()
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
