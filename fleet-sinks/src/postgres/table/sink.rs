//! A result table as a sink that commits each write by itself.

use async_trait::async_trait;
use fleet_core::{
    Result, Row, TableRow,
    sink::{Outcome, Sink},
};

use super::{options::TableOptions, result_table::PostgresTable};
use crate::postgres::connect::{Database, cached::CachedConnection};

/// A table as a sink that works with any checkpoint store: each write is a separate transaction.
///
/// # Guarantees
/// Rows are durable when the write returns. After a crash, rows since the last commit may be
/// written again. By [`WriteMode`](super::WriteMode), rows that are appended are then there twice,
/// rows that replace others are not, and rows that are added are added twice.
///
/// # Examples
/// ```no_run
/// use fleet_core::event::Alert;
/// use fleet_sinks::postgres::{Database, PostgresOptions};
///
/// # async fn example() -> fleet_core::Result<()> {
/// let url = "postgres://fleet:secret@127.0.0.1/fleet";
/// let database = Database::connect(url, PostgresOptions::default()).await?;
/// let alerts = database.sink::<Alert>("alerts").await?;
/// assert_eq!(alerts.name(), "alerts");
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct PostgresSink<R> {
    connection: CachedConnection,
    pub(in crate::postgres) table: PostgresTable<R>,
}

impl<R> PostgresSink<R> {
    /// The table's name.
    pub fn name(&self) -> &str {
        self.table.name()
    }
}

impl Database {
    /// The table of this name, made if it does not exist; an at-least-once sink for a stream of
    /// `R`.
    ///
    /// # Errors
    /// Returns errors of [`PostgresStore::table`](crate::PostgresStore::table).
    pub async fn sink<R: TableRow>(&self, name: &str) -> Result<PostgresSink<R>> {
        self.sink_with(name, TableOptions::default()).await
    }

    /// Like [`sink`](Self::sink), with options.
    ///
    /// # Errors
    /// Returns errors of [`PostgresStore::table_with`](crate::PostgresStore::table_with).
    pub async fn sink_with<R: TableRow>(
        &self,
        name: &str,
        options: TableOptions,
    ) -> Result<PostgresSink<R>> {
        let connection = CachedConnection::new(self);
        let tx = connection.begin().await?;
        let (table, _) = PostgresTable::open(&tx, self, name, options).await?;
        connection.commit(tx).await?;
        Ok(PostgresSink { connection, table })
    }
}

#[async_trait]
impl<T: TableRow + Send + Sync + 'static> Sink<T> for PostgresSink<T> {
    async fn write(&mut self, rows: &[Row<T>]) -> Result<Outcome> {
        if rows.is_empty() {
            return Ok(Outcome::default());
        }
        let mut tx = self.connection.begin().await?;
        let outcome = self.table.write_in(&mut tx, rows).await?;
        self.connection.commit(tx).await?;
        Ok(outcome)
    }
}
