//! A pool of connections to one database.

use std::{fmt, sync::Arc, time::Duration};

use deadpool::{
    Runtime,
    managed::{Pool, PoolError, QueueMode, TimeoutType},
};
use fleet_core::Result;

use super::{
    connection::PostgresConnection,
    error::{ConnectError, exhausted, failed, overdue},
    options::PostgresOptions,
    session::Sessions,
    url,
    version::{self, Version},
};

/// A PostgreSQL database: a pool of connections with deadlines on client and server.
///
/// Clones share one pool.
///
/// # Guarantees
/// Passwords and data are sent in plaintext only to this machine, unless
/// [`Tls::InsecurePlaintext`](super::Tls::InsecurePlaintext) is set. No error message and no
/// `Debug` output contains the password.
///
/// # Examples
/// ```no_run
/// use fleet_sinks::postgres::{Database, PostgresOptions};
/// # async fn example() -> fleet_core::Result<()> {
/// let url = "postgres://fleet:secret@db.example.org/fleet?sslrootcert=/etc/fleet/ca.pem";
/// let database = Database::connect(url, PostgresOptions::default()).await?;
/// let connection = database.connection().await?;
/// let count = connection.client().query_one("SELECT count(*) FROM alerts", &[]);
/// let count: i64 = connection.run("count the alerts of", count).await?.get(0);
/// # Ok(()) }
/// ```
///
/// # Errors
/// Temporary failures are retryable: a server that restarts, a lock that is held, an exhausted
/// pool. A full disk is [pausing](fleet_core::Error::pausing). Errors that only a change of
/// configuration can fix are neither.
#[derive(Clone)]
pub struct Database {
    pool: Pool<Sessions>,
    address: Arc<str>,
    options: Arc<PostgresOptions>,
}

impl Database {
    /// Parses `postgres://user:password@host:port/database` and connects once to check it.
    ///
    /// The URL may contain `sslmode=verify-full` or `disable`, `sslrootcert=FILE`,
    /// `insecure_plaintext=true` and the parameters of `tokio_postgres`. It takes precedence over
    /// `options`.
    ///
    /// # Errors
    /// Refuses a deadline of 0, a malformed URL, plaintext to another machine unless it is
    /// requested explicitly, and servers older than version 15. Otherwise returns errors of
    /// connecting.
    pub async fn connect(url: &str, options: PostgresOptions) -> Result<Self> {
        if let Some(deadline) = options.unusable_deadline() {
            return Err(ConnectError::Deadline(deadline).into());
        }
        let target = url::read(url, options)?;
        let pool = Pool::builder(Sessions::new(&target)?)
            .max_size(target.options.pool_size.max(1))
            .wait_timeout(Some(target.options.pool_timeout))
            .create_timeout(Some(target.options.connect_timeout))
            .recycle_timeout(Some(target.options.connect_timeout))
            // The one used last has prepared statements; the server may have closed the others.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|cause| ConnectError::Tls(cause.to_string()))?;
        let database = Self {
            pool,
            address: target.address.into(),
            options: Arc::new(target.options),
        };
        database.check_version().await?;
        Ok(database)
    }

    /// Takes a connection from the pool.
    ///
    /// # Errors
    /// Returns a retryable error if the server cannot be reached, or if all connections stay in use
    /// for longer than [`pool_timeout`](PostgresOptions::pool_timeout).
    pub async fn connection(&self) -> Result<PostgresConnection> {
        let deadline = self.options.client_deadline();
        // Boxed: the future of opening a connection has 16 KiB, which would be part of every
        // caller.
        match Box::pin(self.pool.get()).await {
            Ok(session) => Ok(PostgresConnection::new(session, &self.address, deadline)),
            Err(refused) => Err(self.refused(refused)),
        }
    }

    /// Host, port and database, as they appear in messages.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The maximum number of connections.
    pub(in crate::postgres) fn pool_size(&self) -> usize {
        self.options.pool_size.max(1)
    }

    /// The address as one shared allocation, by which connections of this pool are recognised.
    pub(super) fn shared_address(&self) -> &Arc<str> {
        &self.address
    }

    fn refused(&self, refused: PoolError<tokio_postgres::Error>) -> fleet_core::Error {
        let seconds = |length: Duration| length.as_secs();
        match refused {
            PoolError::Backend(cause) => failed("connect to", &self.address, cause),
            PoolError::Timeout(TimeoutType::Wait) => exhausted(
                &self.address,
                &format!(
                    "all {} are in use for {} s; use fewer at a time, or raise pool_size",
                    self.options.pool_size,
                    seconds(self.options.pool_timeout)
                ),
            ),
            PoolError::Timeout(_) => overdue(
                "connect to",
                &self.address,
                seconds(self.options.connect_timeout),
            ),
            other => exhausted(&self.address, &other.to_string()),
        }
    }

    async fn check_version(&self) -> Result<()> {
        let connection = self.connection().await?;
        let asked = connection
            .client()
            .query_one("SELECT current_setting('server_version_num')::int", &[]);
        let number: i32 = connection.run("ask the version of", asked).await?.get(0);
        let number = number.unsigned_abs();
        match version::assess(number) {
            Version::Good => Ok(()),
            Version::Leaks { fixed } => {
                tracing::warn!(
                    server = self.address(),
                    "PostgreSQL {} reveals rows hidden by a policy through statistics (CVE-2025-8713): update to {}",
                    version::name(number),
                    version::name(fixed)
                );
                Ok(())
            }
            Version::TooOld => Err(ConnectError::TooOld {
                address: self.address.to_string(),
                found: version::name(number),
            }
            .into()),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("address", &self.address)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
