//! The connection that a store or sink reuses between its transactions.

use std::sync::{Arc, Mutex, PoisonError};

use fleet_core::Result;

use super::{connection::PostgresConnection, database::Database, transaction::PostgresTransaction};

/// A database and one connection that is reused for each transaction instead of being returned to
/// the pool. It has prepared statements and staging tables, which the cleaning between users of the
/// pool would discard.
#[derive(Clone, Debug)]
pub(in crate::postgres) struct CachedConnection {
    pub(in crate::postgres) database: Database,
    /// Locked only because handles are clones; the lock is never held across an `await`.
    connection: Arc<Mutex<Option<PostgresConnection>>>,
}

impl CachedConnection {
    pub(in crate::postgres) fn new(database: &Database) -> Self {
        Self {
            database: database.clone(),
            connection: Arc::default(),
        }
    }

    /// The cached connection, or another one from the pool: at first, and after each failure, which
    /// may have been a wait for a session that hangs.
    pub(in crate::postgres) async fn take(&self) -> Result<PostgresConnection> {
        let cached = self.replace(None);
        if let Some(connection) = cached.filter(PostgresConnection::is_usable) {
            return Ok(connection);
        }
        let connection = self.database.connection().await?;
        connection.end_hung_peers().await;
        Ok(connection)
    }

    /// A connection for long work beside commits, which leaves them the cached one if there is
    /// another. It belongs to the pool: drop it after use.
    pub(in crate::postgres) async fn beside(&self) -> Result<PostgresConnection> {
        if self.database.pool_size() == 1 {
            return self.take().await;
        }
        self.database.connection().await
    }

    /// Caches a connection after use.
    pub(in crate::postgres) fn put_back(&self, connection: PostgresConnection) {
        self.replace(Some(connection));
    }

    pub(in crate::postgres) async fn begin(&self) -> Result<PostgresTransaction> {
        self.take().await?.begin().await
    }

    /// Commits and caches the connection.
    pub(in crate::postgres) async fn commit(&self, tx: PostgresTransaction) -> Result<()> {
        self.put_back(tx.finish().await?);
        Ok(())
    }

    fn replace(&self, put: Option<PostgresConnection>) -> Option<PostgresConnection> {
        let mut slot = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut slot, put)
    }
}
