//! The result tables of a store: rows that are committed with the position they came from.

use async_trait::async_trait;
use fleet_core::{
    Result, Row, TableRow,
    sink::{Outcome, TransactionalSink},
};

use super::checkpoints::PostgresStore;
use crate::postgres::{
    connect::PostgresTransaction,
    table::{PostgresTable, TableOptions},
};

const REMEMBER: &str = "
INSERT INTO fleet_stream.result_tables (pipeline, table_name, made) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";

impl PostgresStore {
    /// The table of this name (`table` or `schema.table`), made if it does not exist; the sink of a
    /// stream of `R`.
    ///
    /// If the row type [declares](fleet_core::table::Replaces) a key and a revision, the highest
    /// revision of each key is kept. A new table gets an index on `vehicle_id` and `time` if it has
    /// these columns.
    ///
    /// # Errors
    /// Refuses a name or a column that would need quotes, and an existing table that cannot take
    /// the rows; the message lists the differences.
    pub async fn table<R: TableRow>(&self, name: &str) -> Result<PostgresTable<R>> {
        self.table_with(name, TableOptions::default()).await
    }

    /// Like [`table`](Self::table), with options.
    ///
    /// # Errors
    /// Returns errors of [`table`](Self::table). Also refuses rows that replace each other, or are
    /// added up, if the table has no unique index of their key.
    pub async fn table_with<R: TableRow>(
        &self,
        name: &str,
        options: TableOptions,
    ) -> Result<PostgresTable<R>> {
        let tx = self.connection.begin().await?;
        let (table, made) =
            PostgresTable::open(&tx, &self.connection.database, name, options).await?;
        let pipeline = &*self.pipeline;
        let remember = async {
            tx.client()
                .execute(REMEMBER, &[&pipeline, &name, &made])
                .await
        };
        tx.run("remember a table in", remember).await?;
        self.connection.commit(tx).await?;
        Ok(table)
    }
}

#[async_trait]
impl<T: TableRow + Send + Sync + 'static> TransactionalSink<T, PostgresStore> for PostgresTable<T> {
    async fn write(&mut self, tx: &mut PostgresTransaction, rows: &[Row<T>]) -> Result<Outcome> {
        self.write_in(tx, rows).await
    }
}
