//! The database that a report is made of: the same questions, whichever it is.

mod row;

use std::{fmt, io::Write, path::PathBuf, str::FromStr};

use fleet_core::{Error, ErrorKind, Result};
use fleet_sinks::{
    PostgresStore, SqliteStore, StoreSummary, StoredDeadLetter,
    postgres::{self, tokio_postgres},
    sqlite::rusqlite::{self, Connection, OpenFlags},
};

pub(crate) use row::Row;

use crate::address::{PostgresAddress, may_hold_password};

/// The pipelines that this program runs.
const PIPELINES: [&str; 12] = [
    "demo",
    "demo-ndjson",
    "demo-csv",
    "demo-self-driving",
    "demo-self-driving-ndjson",
    "demo-self-driving-csv",
    "demo-trips",
    "demo-trips-ndjson",
    "demo-trips-csv",
    "replay",
    "replay-ndjson",
    "replay-csv",
];

/// A `--db`.
#[derive(Clone, Debug)]
pub(crate) enum DatabaseChoice {
    /// A file.
    File(PathBuf),
    /// On a server.
    Postgres(PostgresAddress),
}

impl FromStr for DatabaseChoice {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match PostgresAddress::named_by(text) {
            Some(address) => address.map(Self::Postgres),
            None if may_hold_password(text) => {
                Err("it is neither a file nor postgres:URL".to_owned())
            }
            None => Ok(Self::File(text.into())),
        }
    }
}

impl fmt::Display for DatabaseChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Postgres(address) => address.fmt(f),
        }
    }
}

impl DatabaseChoice {
    /// Opens it for reading.
    ///
    /// # Errors
    /// When there is no such database, or it is not ours.
    pub(crate) async fn open(&self) -> Result<Database> {
        match self {
            Self::File(path) if path.is_file() => Ok(Database::File(path.clone())),
            Self::File(_) => {
                let message = format!(
                    "there is no database {self}: run fleet demo first, or name one with --db"
                );
                Err(Error::new(ErrorKind::Config, message))
            }
            Self::Postgres(address) => Ok(Database::Postgres(address.connect().await?)),
        }
    }
}

/// An open database.
pub(crate) enum Database {
    File(PathBuf),
    Postgres(postgres::Database),
}

impl Database {
    /// What each pipeline that ever ran left here.
    pub(crate) async fn summaries(&self) -> Result<Vec<StoreSummary>> {
        let mut summaries = Vec::new();
        for pipeline in PIPELINES {
            summaries.push(match self {
                Self::File(path) => SqliteStore::open(path, pipeline)?.summary()?,
                Self::Postgres(db) => PostgresStore::open(db, pipeline).await?.summary().await?,
            });
        }
        summaries.retain(|summary| summary.partitions > 0);
        Ok(summaries)
    }

    /// The first dead letters of each pipeline.
    pub(crate) async fn dead_letters(&self, limit: usize) -> Result<Vec<StoredDeadLetter>> {
        let mut letters = Vec::new();
        for pipeline in PIPELINES {
            letters.extend(match self {
                Self::File(path) => SqliteStore::open(path, pipeline)?.dead_letters(limit)?,
                Self::Postgres(db) => {
                    let store = PostgresStore::open(db, pipeline).await?;
                    store.dead_letters(limit).await?
                }
            });
        }
        Ok(letters)
    }

    /// Writes the records that could not be read; how many were kept only in part, and left out.
    pub(crate) async fn export_dead_letters(&self, to: &mut dyn Write) -> Result<u64> {
        let mut cut = 0;
        for pipeline in PIPELINES {
            let exported = match self {
                Self::File(path) => SqliteStore::open(path, pipeline)?.export_dead_letters(to)?,
                Self::Postgres(db) => {
                    let store = PostgresStore::open(db, pipeline).await?;
                    store.export_dead_letters(to).await?
                }
            };
            cut += exported.cut;
        }
        Ok(cut)
    }

    /// Whether there is a table of this name.
    pub(crate) async fn has_table(&self, name: &str) -> Result<bool> {
        match self {
            Self::File(_) => {
                let tables = self
                    .rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
                    .await?;
                Ok(tables.iter().any(|row| row.text(0) == name))
            }
            Self::Postgres(db) => {
                let connection = db.connection().await?;
                let there = "SELECT to_regclass(quote_ident($1)) IS NOT NULL";
                let there = connection.client().query_one(there, &[&name]).await;
                connection
                    .run("look for tables in", async { there?.try_get(0) })
                    .await
            }
        }
    }

    /// What SQL gives that both understand: numbers cast to `bigint` or `double precision`, and texts.
    pub(crate) async fn rows(&self, sql: &str) -> Result<Vec<Row>> {
        match self {
            Self::File(path) => {
                let read = || {
                    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
                    let mut asked = db.prepare(sql)?;
                    let rows = asked.query_map([], Row::of_sqlite)?;
                    rows.collect::<rusqlite::Result<_>>()
                };
                read().map_err(|cause| {
                    let message = format!("cannot read the results in {}", path.display());
                    Error::new(ErrorKind::Store, message).because(cause)
                })
            }
            Self::Postgres(db) => {
                let connection = db.connection().await?;
                let read = async {
                    let rows = connection.client().query(sql, &[]).await?;
                    let rows = rows.iter().map(Row::of_postgres);
                    rows.collect::<Result<_, tokio_postgres::Error>>()
                };
                connection.run("read the results in", read).await
            }
        }
    }

    /// The one row of a query that always gives one.
    pub(crate) async fn row(&self, sql: &str) -> Result<Row> {
        Ok(self.rows(sql).await?.pop().unwrap_or_default())
    }
}
