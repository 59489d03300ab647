//! One pooled connection: deadlines for its calls, and what is left behind on it.

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

/// A connection of a [`Database`](super::Database), given back when it is dropped.
///
/// # Guarantees
/// Whoever gets it next finds no transaction, setting, lock or temporary table of this user. A connection
/// whose call passed its deadline, or was dropped before its answer came, is closed at once and never given
/// out again.
pub struct PostgresConnection {
    session: Object<Sessions>,
    address: Arc<str>,
    deadline: Duration,
    /// Whether a transaction is open, to be rolled back with the connection's return.
    pub(super) open: bool,
    /// How many transactions were opened on it.
    transactions: u64,
    /// The staging tables that lie in it, by number, each with the last transaction that used it.
    staging: HashMap<u64, u64>,
}

/// What a staging table is like when it is to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::postgres) enum StagingState {
    /// It is not there yet.
    Missing,
    /// A commit has emptied it.
    Empty,
    /// This transaction has put rows into it.
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

    /// The client. Await what it returns inside [`run`](Self::run), which knows of the deadline.
    pub fn client(&self) -> &Client {
        self.session.client()
    }

    /// The statement, prepared once for each connection.
    ///
    /// # Errors
    /// The client's; to be awaited inside [`run`](Self::run) too.
    pub async fn prepare(&self, sql: &str) -> Result<Statement, Error> {
        self.session.prepare(sql).await
    }

    /// Awaits calls of this connection's client, up to the deadline. `doing` goes before the server's address in
    /// messages, such as `read positions from`.
    ///
    /// # Errors
    /// What the server says, as far as it is understood; a retryable error when no answer came in time, and for
    /// every call after that.
    pub async fn run<T>(
        &self,
        doing: &str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T> {
        self.attempt(doing, work)
            .await?
            .map_err(|cause| failed(doing, &self.address, cause))
    }

    /// As [`run`](Self::run), but what the server says is left to the caller.
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

    /// Closes it at once: whatever is not committed is rolled back, and nobody gets it again.
    pub(in crate::postgres) fn abandon(&self) {
        self.session.abandon();
    }

    /// Takes note of a transaction that was opened.
    pub(super) fn opened(&mut self) {
        self.open = true;
        self.transactions += 1;
    }

    /// What a staging table is like, which from now on is used. What a transaction makes that rolls back is gone,
    /// and so is this connection then.
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

    /// Whether nothing has happened to it that is known of.
    pub(super) fn is_usable(&self) -> bool {
        !self.session.is_abandoned() && !self.client().is_closed()
    }

    /// Host, port and database, as messages name them.
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
            // Polled once, so that it is on its way; whoever gets the connection next waits for its answer.
            let rollback = pin!(self.client().batch_execute("ROLLBACK"));
            let _ = rollback.poll(&mut Context::from_waker(Waker::noop()));
        }
    }
}

/// A call whose answer has not come: dropped before that, it takes the connection down with it.
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
