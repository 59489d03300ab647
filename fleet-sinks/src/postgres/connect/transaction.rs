//! An open transaction and the connection it owns.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use fleet_core::{Error, ErrorKind, Result};
use tokio_postgres::{Client, SimpleQueryMessage, Statement};

use super::{
    connection::{PostgresConnection, StagingState},
    database::Database,
    error::ConnectError,
};

/// Sets a parameter for the duration of the transaction. Once the parameter is gone, the
/// transaction has ended.
const BEGIN: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL fleet.transaction = 'open'";
/// Fails after an earlier statement failed, in one message with `COMMIT`: on its own, `COMMIT`
/// would roll back such a transaction and report success.
const COMMIT: &str = "SELECT current_setting('fleet.transaction', true); COMMIT";

/// An open transaction of a [`Database`](super::Database). It owns its connection; dropping it
/// rolls back.
///
/// # Examples
/// ```no_run
/// # async fn example(database: fleet_sinks::postgres::Database) -> fleet_core::Result<()> {
/// let tx = database.begin().await?;
/// let add = "UPDATE totals SET n = n + $1 WHERE name = $2";
/// tx.run("add to totals of", tx.client().execute(add, &[&5_i64, &"km"])).await?;
/// tx.commit().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct PostgresTransaction {
    connection: PostgresConnection,
    /// How many rows this transaction wrote to each log.
    logged: BTreeMap<Arc<str>, u64>,
}

impl PostgresConnection {
    /// Opens a transaction on this connection, which the transaction then owns.
    ///
    /// # Errors
    /// Returns errors of [`run`](Self::run).
    pub async fn begin(mut self) -> Result<PostgresTransaction> {
        let begun = self.client().batch_execute(BEGIN);
        self.run("open a transaction in", begun).await?;
        self.opened();
        Ok(PostgresTransaction {
            connection: self,
            logged: BTreeMap::new(),
        })
    }
}

impl Database {
    /// Opens a transaction on a connection from the pool.
    ///
    /// # Errors
    /// Returns errors of [`connection`](Self::connection) and of `BEGIN`.
    pub async fn begin(&self) -> Result<PostgresTransaction> {
        self.connection().await?.begin().await
    }
}

impl PostgresTransaction {
    /// The client, inside the transaction. Do not run statements on it that end the transaction.
    pub fn client(&self) -> &Client {
        self.connection.client()
    }

    /// The connection, inside the transaction.
    pub fn connection(&self) -> &PostgresConnection {
        &self.connection
    }

    /// The prepared statement for `sql`; prepared once for each connection. Await it inside
    /// [`run`](Self::run).
    ///
    /// # Errors
    /// Returns errors of the client.
    pub async fn prepare(&self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        self.connection.prepare(sql).await
    }

    /// Awaits calls of this transaction's client, like [`PostgresConnection::run`].
    ///
    /// # Errors
    /// Returns errors of [`PostgresConnection::run`]. After a failed statement the server refuses
    /// all others of the transaction.
    pub async fn run<T>(
        &self,
        doing: &str,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        self.connection.run(doing, work).await
    }

    /// Like [`PostgresConnection::use_staging`].
    pub(in crate::postgres) fn use_staging(&mut self, number: u64) -> StagingState {
        self.connection.use_staging(number)
    }

    /// How many rows this transaction wrote to a log so far.
    pub(in crate::postgres) fn logged(&self, log: &str) -> u64 {
        self.logged.get(log).copied().unwrap_or_default()
    }

    /// Counts rows that this transaction wrote to a log.
    pub(in crate::postgres) fn count_logged(&mut self, log: &Arc<str>, rows: u64) {
        *self.logged.entry(Arc::clone(log)).or_default() += rows;
    }

    /// Refuses a transaction of another database.
    pub(in crate::postgres) fn belongs_to(&self, database: &Database) -> Result<()> {
        if self.connection.is_of(database.shared_address()) {
            return Ok(());
        }
        Err(ConnectError::OtherDatabase {
            ours: database.address().to_owned(),
            given: self.connection.address().to_owned(),
        }
        .into())
    }

    /// Rolls back, and returns the connection to its pool. Its locks are free afterwards; a
    /// transaction that is only dropped frees them somewhat later.
    ///
    /// # Errors
    /// Returns errors of [`run`](Self::run). The server rolls back when it notices that the
    /// connection is gone.
    pub async fn rollback(mut self) -> Result<()> {
        let rolled_back = self.client().batch_execute("ROLLBACK");
        self.run("roll back in", rolled_back).await?;
        self.connection.open = false;
        Ok(())
    }

    /// Commits, and returns the connection to its pool.
    ///
    /// # Errors
    /// Returns errors of [`run`](Self::run). After such an error the transaction may or may not
    /// have been committed. Refuses, without committing anything, a transaction in which a
    /// statement failed or which a statement ended.
    pub async fn commit(self) -> Result<()> {
        self.finish().await.map(drop)
    }

    /// Commits, and returns the connection.
    pub(in crate::postgres) async fn finish(mut self) -> Result<PostgresConnection> {
        let committed = self.client().simple_query(COMMIT);
        let answer = self.run("commit to", committed).await?;
        let open = answer.iter().any(
            |message| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some("open")),
        );
        if !open {
            return Err(over(self.connection.address()));
        }
        self.connection.open = false;
        Ok(self.connection)
    }
}

/// The error for a transaction that a statement ended by `COMMIT` or `ROLLBACK`.
fn over(address: &str) -> Error {
    Error::new(
        ErrorKind::Store,
        format!("cannot commit to {address}: the transaction was ended from within, by a sink"),
    )
    .retryable()
}
