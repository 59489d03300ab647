//! Where both pipelines and the log are: a SQLite file or a database of PostgreSQL.

use std::{collections::BTreeMap, path::Path};

use fleet_core::checkpoint::CheckpointStore;
use fleet_sinks::{SqliteStore, store_log::LogSourceOptions};
use fleet_sources::AtEnd;

use super::{
    Fallible,
    input::Total,
    pipelines::{self, LOG, OPTIONS, READER, TABLE, WRITER, by_driver},
};

/// The totals of all drivers. Names are constants.
const TOTALS: &str =
    "SELECT driver_id, revision, samples, harsh_braking, rapid_accel, score FROM driver_totals";

#[derive(Clone, Debug)]
pub(crate) enum Place {
    Sqlite(String),
    #[cfg(feature = "postgres")]
    Postgres(String),
}

impl Place {
    /// The place that an argument names.
    pub(crate) fn of(argument: &str) -> Self {
        #[cfg(feature = "postgres")]
        if argument.starts_with("postgres:") || argument.starts_with("postgresql:") {
            return Self::Postgres(argument.to_owned());
        }
        Self::Sqlite(argument.to_owned())
    }

    /// The argument that names it, for a process.
    pub(crate) fn argument(&self) -> &str {
        match self {
            Self::Sqlite(file) => file,
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => url,
        }
    }

    /// Makes the log, so that the reader may start first.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "only a server is waited for")
    )]
    pub(crate) async fn make_log(&self) -> Fallible<()> {
        match self {
            Self::Sqlite(file) => SqliteStore::open(file, WRITER)?.make_log(LOG, &OPTIONS)?,
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => {
                let store = postgres::store(url, WRITER).await?;
                store.make_log(LOG, &OPTIONS).await?;
            }
        }
        Ok(())
    }

    /// Runs the first pipeline.
    pub(crate) async fn write(
        &self,
        input: &Path,
        at_end: AtEnd,
        stop: impl Future<Output = ()> + Send,
    ) -> Fallible<()> {
        match self {
            Self::Sqlite(file) => {
                let store = SqliteStore::open(file, WRITER)?;
                let log = store.log(by_driver()?)?;
                pipelines::write(input, at_end, store, log, stop).await
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => {
                let store = postgres::store(url, WRITER).await?;
                let log = store.log(by_driver()?).await?;
                pipelines::write(input, at_end, store, log, stop).await
            }
        }
    }

    /// Runs the second pipeline: until `stop`, or to what the log holds now.
    pub(crate) async fn sum(
        &self,
        follow: bool,
        stop: impl Future<Output = ()> + Send,
    ) -> Fallible<()> {
        let options = LogSourceOptions {
            follow,
            poll: std::time::Duration::from_millis(10),
            ..LogSourceOptions::default()
        };
        match self {
            Self::Sqlite(file) => {
                let store = SqliteStore::open(file, READER)?;
                let source = store.log_source(LOG, READER, options)?;
                let table = store.table(TABLE)?;
                pipelines::sum(source, store, table, stop).await
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => {
                let store = postgres::store(url, READER).await?;
                let source = store.log_source(LOG, READER, options).await?;
                let table = store.table(TABLE).await?;
                pipelines::sum(source, store, table, stop).await
            }
        }
    }

    /// How often both pipelines have committed.
    pub(crate) async fn commits(&self) -> Fallible<u64> {
        let mut commits = 0;
        for pipeline in [WRITER, READER] {
            let known = match self {
                Self::Sqlite(file) => SqliteStore::open(file, pipeline)?.partitions().await?,
                #[cfg(feature = "postgres")]
                Self::Postgres(url) => postgres::store(url, pipeline).await?.partitions().await?,
            };
            commits += known.values().map(|progress| progress.seq).sum::<u64>();
        }
        Ok(commits)
    }

    /// The rows that wait in the log, and those that were ever written.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "only a server is waited for")
    )]
    pub(crate) async fn log(&self) -> Fallible<(u64, u64)> {
        let summary = match self {
            Self::Sqlite(file) => SqliteStore::open(file, READER)?.summary()?,
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => postgres::store(url, READER).await?.summary().await?,
        };
        let log = summary.logs.get(LOG).ok_or("there is no log")?;
        Ok((log.waiting, log.written))
    }

    /// The totals that are stored, by driver.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "only a server is waited for")
    )]
    pub(crate) async fn totals(&self) -> Fallible<BTreeMap<String, Total>> {
        match self {
            Self::Sqlite(file) => {
                let db = fleet_sinks::sqlite::rusqlite::Connection::open(file)?;
                let mut rows = db.prepare(TOTALS)?;
                let rows = rows.query_map([], |row| {
                    let total = Total {
                        trips: row.get::<_, i64>(1)? + 1,
                        samples: row.get(2)?,
                        harsh_braking: row.get(3)?,
                        rapid_accel: row.get(4)?,
                        score: row.get(5)?,
                    };
                    Ok((row.get(0)?, total))
                })?;
                Ok(rows.collect::<Result<_, _>>()?)
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => postgres::totals(url).await,
        }
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    //! The same on a server.

    use std::collections::BTreeMap;

    use fleet_sinks::{
        PostgresStore,
        postgres::{Database, PostgresOptions},
    };

    use super::{Fallible, READER, TOTALS, Total};

    pub(super) async fn store(url: &str, pipeline: &str) -> Fallible<PostgresStore> {
        let database = Database::connect(url, PostgresOptions::default()).await?;
        Ok(PostgresStore::open(&database, pipeline).await?)
    }

    pub(super) async fn totals(url: &str) -> Fallible<BTreeMap<String, Total>> {
        let connection = store(url, READER).await?.database().connection().await?;
        let rows = connection.client().query(TOTALS, &[]);
        let rows = connection.run("read totals from", rows).await?;
        let total = |row: &fleet_sinks::postgres::tokio_postgres::Row| {
            let total = Total {
                trips: row.get::<_, i64>(1) + 1,
                samples: row.get(2),
                harsh_braking: row.get(3),
                rapid_accel: row.get(4),
                score: row.get(5),
            };
            (row.get(0), total)
        };
        Ok(rows.iter().map(total).collect())
    }
}
