use std::sync::{Arc, Mutex, PoisonError};

use fleet_core::Result;

use super::{Database, PostgresConnection, PostgresTransaction};

/// A database with the connection of the last transaction, kept beside the pool: it knows the statements and has
/// the tables for staging, which cleaning it between transactions would throw away.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) database: Database,
    /// Behind a lock only because handles are clones; it is never held over a wait.
    connection: Arc<Mutex<Option<PostgresConnection>>>,
}

impl Kept {
    pub(super) fn new(database: &Database) -> Self {
        Self {
            database: database.clone(),
            connection: Arc::default(),
        }
    }

    /// The kept connection, or another one of the pool.
    pub(super) async fn connection(&self) -> Result<PostgresConnection> {
        let kept = self.slot(None);
        match kept.filter(PostgresConnection::is_usable) {
            Some(connection) => Ok(connection),
            None => self.database.connection().await,
        }
    }

    /// Keeps a connection whose work is done.
    pub(super) fn keep(&self, connection: PostgresConnection) {
        self.slot(Some(connection));
    }

    pub(super) async fn begin(&self) -> Result<PostgresTransaction> {
        self.connection().await?.begin().await
    }

    /// Commits, and keeps the connection.
    pub(super) async fn commit(&self, tx: PostgresTransaction) -> Result<()> {
        self.keep(tx.finish().await?);
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
