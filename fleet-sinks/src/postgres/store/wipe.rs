//! Deletes everything that the stores of a database hold.

use fleet_core::Result;
use tokio_postgres::Error;

use super::checkpoints::PostgresStore;
use super::error::StoreError;
use crate::postgres::connect::PostgresTransaction;

/// Each with the server's spelling, quoted where necessary. A table that any store made counts as
/// made by us, even if others found it existing.
const TABLES: &str = "
SELECT to_regclass(table_name)::text, bool_or(made) FROM fleet_stream.result_tables
WHERE to_regclass(table_name) IS NOT NULL GROUP BY 1 ORDER BY 1";

/// Heads of logs first, as writers lock them.
const CLEAR: &str = "
DELETE FROM fleet_stream.log_heads;
DELETE FROM fleet_stream.positions; DELETE FROM fleet_stream.states; DELETE FROM fleet_stream.changes;
DELETE FROM fleet_stream.dead_letters; DELETE FROM fleet_stream.outbox;
DELETE FROM fleet_stream.tallies; DELETE FROM fleet_stream.result_tables;
DELETE FROM fleet_stream.log_readers; DELETE FROM fleet_stream.log_rows;";

impl PostgresStore {
    /// Deletes everything that stores hold in this database, of every pipeline: positions, state,
    /// dead letters, totals, messages of outboxes, logs, and the result tables that they made. A
    /// process that still runs a pipeline is fenced. Messages that wait are never sent.
    ///
    /// # Errors
    /// Refuses if a sink writes to a table that a store did not make, such as one of a migration,
    /// because its rows do not name their pipeline. Nothing is changed then.
    pub async fn wipe_all(&self) -> Result<()> {
        let tx = self.connection.begin().await?;
        let others = tx.run("wipe", clear(&tx)).await?;
        if !others.is_empty() {
            // Dropping the transaction rolls it back.
            return Err(StoreError::NotOurs(others.join(", ")).into());
        }
        self.connection.commit(tx).await?;
        Ok(())
    }
}

/// Deletes everything, and returns the tables that no store made.
async fn clear(tx: &PostgresTransaction) -> Result<Vec<String>, Error> {
    let client = tx.client();
    let mut others = Vec::new();
    for row in client.query(TABLES, &[]).await? {
        let name: String = row.try_get(0)?;
        if row.try_get(1)? {
            client.batch_execute(&format!("DROP TABLE {name}")).await?;
        } else {
            others.push(name);
        }
    }
    client.batch_execute(CLEAR).await?;
    Ok(others)
}
