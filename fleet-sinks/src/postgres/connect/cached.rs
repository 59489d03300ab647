//! The connection that a store or sink reuses between its transactions.

use std::sync::{Arc, Mutex, PoisonError};

use fleet_core::Result;

use super::{connection::PostgresConnection, database::Database, transaction::PostgresTransaction};

/// A database with the connection of the last transaction, kept beside the pool: it knows the statements and has
/// the tables for staging, which cleaning it between transactions would throw away.
#[derive(Clone, Debug)]
pub(in crate::postgres) struct CachedConnection {
    pub(in crate::postgres) database: Database,
    /// Behind a lock only because handles are clones; it is never held over a wait.
    connection: Arc<Mutex<Option<PostgresConnection>>>,
}

impl CachedConnection {
    pub(in crate::postgres) fn new(database: &Database) -> Self {
        Self {
            database: database.clone(),
            connection: Arc::default(),
        }
    }

    /// The kept connection, or another one of the pool.
    pub(in crate::postgres) async fn take(&self) -> Result<PostgresConnection> {
        let cached = self.slot(None);
        match cached.filter(PostgresConnection::is_usable) {
            Some(connection) => Ok(connection),
            None => self.database.connection().await,
        }
    }

    /// Keeps a connection whose work is done.
    pub(in crate::postgres) fn put_back(&self, connection: PostgresConnection) {
        self.slot(Some(connection));
    }

    pub(in crate::postgres) async fn begin(&self) -> Result<PostgresTransaction> {
        self.take().await?.begin().await
    }

    /// Commits, and keeps the connection.
    pub(in crate::postgres) async fn commit(&self, tx: PostgresTransaction) -> Result<()> {
        self.put_back(tx.finish().await?);
        Ok(())
    }

    fn slot(&self, put: Option<PostgresConnection>) -> Option<PostgresConnection> {
        let mut slot = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut slot, put)
    }
}
