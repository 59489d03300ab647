//! A result table as a sink next to another store.

use async_trait::async_trait;
use fleet_core::{
    Record, Result, Row,
    sink::{Outcome, Sink},
};

use super::{options::TableOptions, result_table::PostgresTable};
use crate::postgres::connect::{Database, cached::CachedConnection};

/// A table as a sink beside another store: each write is a transaction of its own.
///
/// # Guarantees
/// Rows are durable when the write returns. After a crash rows since the last commit may come again: those that
/// only [append](super::WriteMode) are there twice then, those that replace are not, those that add are added twice.
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
    /// The table of this name, made if it is not there; the sink of a stream of `R`, each row at least once.
    ///
    /// # Errors
    /// As [`PostgresStore::table`](crate::PostgresStore::table).
    pub async fn sink<R: Record>(&self, name: &str) -> Result<PostgresSink<R>> {
        self.sink_with(name, TableOptions::default()).await
    }

    /// As [`sink`](Self::sink), with options.
    ///
    /// # Errors
    /// As [`sink`](Self::sink).
    pub async fn sink_with<R: Record>(
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
impl<T: Record + Send + Sync + 'static> Sink<T> for PostgresSink<T> {
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
