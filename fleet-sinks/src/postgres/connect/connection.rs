//! One connection of the pool, and the deadlines of calls on it.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

use deadpool::managed::Object;
use fleet_core::Result;
use tokio_postgres::{Client, Error, Statement};

use super::{
    error::{failed, interrupted, overdue},
    session::{Session, Sessions},
};

/// A connection of a [`Database`](super::Database), returned to the pool when it is dropped.
///
/// # Guarantees
/// The next user finds no transaction, setting, lock or temporary table of this one. A connection
/// is closed at once, and never reused, if a call on it exceeds its deadline or is dropped before
/// the answer arrives.
pub struct PostgresConnection {
    session: Object<Sessions>,
    address: Arc<str>,
    deadline: Duration,
    /// Whether a transaction is open, which is rolled back when the connection is dropped.
    pub(super) open: bool,
    /// The number of transactions that were opened on it.
    transactions: u64,
    /// Staging tables of this session, by number, each with the last transaction that used it.
    staging: HashMap<u64, u64>,
}

/// The state of a staging table before it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::postgres) enum StagingState {
    /// It does not exist yet.
    Missing,
    /// A commit emptied it.
    Empty,
    /// This transaction has already put rows into it.
    Used,
}

impl PostgresConnection {
    pub(super) fn new(session: Object<Sessions>, address: &Arc<str>, deadline: Duration) -> Self {
        Self {
            session,
            address: Arc::clone(address),
            deadline,
            open: false,
            transactions: 0,
            staging: HashMap::new(),
        }
    }

    /// The client. Await its calls inside [`run`](Self::run), which enforces the deadline.
    pub fn client(&self) -> &Client {
        self.session.client()
    }

    /// The prepared statement for `sql`; prepared once for each connection. Await it inside
    /// [`run`](Self::run).
    ///
    /// # Errors
    /// Returns errors of the client.
    pub async fn prepare(&self, sql: &str) -> Result<Statement, Error> {
        self.session.prepare(sql).await
    }

    /// Awaits calls of this connection's client, up to the deadline. In messages `doing` precedes
    /// the server's address, as in `read positions from`.
    ///
    /// # Errors
    /// Returns the server's error, classified by its SQLSTATE. Returns a retryable error if no
    /// answer arrives in time, and for every later call on this connection.
    pub async fn run<T>(
        &self,
        doing: &str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T> {
        self.attempt(doing, work)
            .await?
            .map_err(|cause| failed(doing, &self.address, cause))
    }

    /// Like [`run`](Self::run), but leaves the server's error to the caller.
    pub(in crate::postgres) async fn attempt<T>(
        &self,
        doing: &str,
        work: impl Future<Output = T>,
    ) -> Result<T> {
        if self.session.is_abandoned() {
            return Err(interrupted(doing, &self.address));
        }
        let mut underway = Underway {
            session: &self.session,
            answered: false,
        };
        match tokio::time::timeout(self.deadline, work).await {
            Ok(answer) => {
                underway.answered = true;
                Ok(answer)
            }
            Err(_) => Err(overdue(doing, &self.address, self.deadline.as_secs())),
        }
    }

    /// Closes the connection at once. The server rolls back what is not committed, and the pool
    /// does not reuse the connection.
    pub(in crate::postgres) fn abandon(&self) {
        self.session.abandon();
    }

    /// Records that a transaction was opened.
    pub(super) fn opened(&mut self) {
        self.open = true;
        self.transactions += 1;
    }

    /// Returns the state of a staging table and marks it as used by this transaction. A rollback
    /// needs no bookkeeping: it also ends the use of this connection.
    pub(super) fn use_staging(&mut self, number: u64) -> StagingState {
        match self.staging.insert(number, self.transactions) {
            None => StagingState::Missing,
            Some(last) if last == self.transactions => StagingState::Used,
            Some(_) => StagingState::Empty,
        }
    }

    /// Whether it comes from the pool that shares this address.
    pub(super) fn is_of(&self, address: &Arc<str>) -> bool {
        Arc::ptr_eq(&self.address, address)
    }

    /// Whether the connection is not known to be broken.
    pub(in crate::postgres) fn is_usable(&self) -> bool {
        !self.session.is_abandoned() && !self.client().is_closed()
    }

    /// Host, port and database, as they appear in messages.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl fmt::Debug for PostgresConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresConnection")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Drop for PostgresConnection {
    fn drop(&mut self) {
        if self.open && !self.session.is_abandoned() {
            // Polled once, which sends it; the next user of the connection waits for the answer.
            let rollback = pin!(self.client().batch_execute("ROLLBACK"));
            let _ = rollback.poll(&mut Context::from_waker(Waker::noop()));
        }
    }
}

/// A call without an answer yet. Dropping it closes the connection: the answer would otherwise be
/// taken for that of the next call.
struct Underway<'a> {
    session: &'a Session,
    answered: bool,
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.session.abandon();
        }
    }
}
