//! Queries on a database of results.

use std::{io::Write, path::PathBuf};

use fleet_core::{Error, ErrorKind, Result};
use fleet_sinks::{
    PostgresStore, SqliteStore, StoreSummary, StoredDeadLetter,
    postgres::{self, tokio_postgres},
    sqlite::rusqlite::{self, Connection, OpenFlags},
};

use crate::database::row::Row;

/// Every pipeline that this program runs, under the name it has in a store.
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

/// An open database.
pub(crate) enum Database {
    File(PathBuf),
    Postgres(postgres::Database),
}

impl Database {
    /// Returns the summary of each pipeline that ever ran on this database.
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

    /// Returns the first dead letters of each pipeline, at most `limit` of each.
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

    /// Writes the dead-lettered records of all pipelines. Returns how many were left out because
    /// only their first bytes are stored.
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

    /// Writes the rows that the sink of this name refused, of all pipelines. Returns how many were
    /// left out because only their first bytes are stored.
    pub(crate) async fn export_rejected_rows(&self, sink: &str, to: &mut dyn Write) -> Result<u64> {
        let mut cut = 0;
        for pipeline in PIPELINES {
            let exported = match self {
                Self::File(path) => {
                    SqliteStore::open(path, pipeline)?.export_rejected_rows(sink, to)?
                }
                Self::Postgres(db) => {
                    let store = PostgresStore::open(db, pipeline).await?;
                    store.export_rejected_rows(sink, to).await?
                }
            };
            cut += exported.cut;
        }
        Ok(cut)
    }

    /// Whether the database has a table of this name.
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
                let exists = "SELECT to_regclass(quote_ident($1)) IS NOT NULL";
                let exists = connection.client().query_one(exists, &[&name]).await;
                connection
                    .run("look for tables in", async { exists?.try_get(0) })
                    .await
            }
        }
    }

    /// Runs a query that both databases understand: numbers are cast to `bigint` or
    /// `double precision`, everything else is text.
    pub(crate) async fn rows(&self, sql: &str) -> Result<Vec<Row>> {
        match self {
            Self::File(path) => {
                let read = || {
                    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
                    let mut query = db.prepare(sql)?;
                    let rows = query.query_map([], Row::from_sqlite)?;
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
                    let rows = rows.iter().map(Row::from_postgres);
                    rows.collect::<Result<_, tokio_postgres::Error>>()
                };
                connection.run("read the results in", read).await
            }
        }
    }

    /// Runs a query that always returns one row.
    pub(crate) async fn row(&self, sql: &str) -> Result<Row> {
        Ok(self.rows(sql).await?.pop().unwrap_or_default())
    }
}
