//! Options of a connection: encryption, pool size and deadlines.

use std::{path::PathBuf, time::Duration};

/// When a connection is encrypted, and how far its server is trusted.
///
/// Encrypted means `verify-full`: the certificate is signed by a known authority and names the host that was
/// asked for. Weaker modes (`prefer`, `require`, `verify-ca`) let somebody in the middle read along, and are
/// not offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Encrypted to every host but this one: over loopback and Unix sockets nothing leaves the machine.
    #[default]
    OffLoopback,
    /// Encrypted to every host, also to this one.
    VerifyFull,
    /// Readable by whoever is in between, password included: for networks that are encrypted below.
    InsecurePlaintext,
}

/// How a [`Database`](super::Database) is reached, and how long it may take.
///
/// # Examples
/// ```
/// use fleet_sinks::postgres::{PostgresOptions, Tls};
/// let options = PostgresOptions { tls: Tls::VerifyFull, ..PostgresOptions::default() };
/// assert!(options.client_deadline() > options.statement_timeout);
/// ```
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// When a connection is encrypted. Default: to every host but this one.
    pub tls: Tls,
    /// Authorities in PEM; certificates are then checked against these alone, as with `sslrootcert`. Default:
    /// those that the operating system trusts.
    pub ca_file: Option<PathBuf>,
    /// How the server's views and logs name the connections. Default: `fleet`.
    pub application_name: String,
    /// The most connections. Default: 4, our choice: a store needs one, the rest is for reading.
    pub pool_size: usize,
    /// How long to wait for a free connection before a retryable error. Default: 10 s, our choice.
    pub pool_timeout: Duration,
    /// How long opening a connection may take, all addresses together. Default: 10 s, our choice.
    pub connect_timeout: Duration,
    /// When the server cancels a statement (`statement_timeout`). Default: 30 s, our choice: a hundred times
    /// what a batch of ten thousand rows takes.
    pub statement_timeout: Duration,
    /// When the server gives up waiting for a lock (`lock_timeout`). Default: 10 s, our choice.
    pub lock_timeout: Duration,
    /// When the server ends a session that holds a transaction open and says nothing
    /// (`idle_in_transaction_session_timeout`). Default: 60 s, our choice: as long as others may have to wait
    /// for the locks of a process that stands still.
    pub idle_in_transaction_timeout: Duration,
}

/// By how much the client's deadline is later than the server's: the server's tells more. Our choice.
const GRACE: Duration = Duration::from_secs(5);

impl PostgresOptions {
    /// The first deadline that the server would not take: 0 means none to it, and it counts milliseconds in 32
    /// bits.
    pub(super) fn unusable_deadline(&self) -> Option<&'static str> {
        let deadlines = [
            ("statement_timeout", self.statement_timeout),
            ("lock_timeout", self.lock_timeout),
            (
                "idle_in_transaction_timeout",
                self.idle_in_transaction_timeout,
            ),
            ("connect_timeout", self.connect_timeout),
            ("pool_timeout", self.pool_timeout),
        ];
        let usable =
            |length: Duration| i32::try_from(length.as_millis()).is_ok_and(|millis| millis > 0);
        deadlines
            .into_iter()
            .find(|(_, length)| !usable(*length))
            .map(|(name, _)| name)
    }

    /// When a call is given up and its connection abandoned: 5 s after the server should have cancelled it.
    pub fn client_deadline(&self) -> Duration {
        self.statement_timeout.saturating_add(GRACE)
    }
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            tls: Tls::OffLoopback,
            ca_file: None,
            application_name: "fleet".to_owned(),
            pool_size: 4,
            pool_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(30),
            lock_timeout: Duration::from_secs(10),
            idle_in_transaction_timeout: Duration::from_secs(60),
        }
    }
}
