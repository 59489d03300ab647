//! Options of a connection: encryption, pool size and deadlines.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// When a connection is encrypted.
///
/// An encrypted connection always uses `verify-full`: the certificate must be signed by a known
/// authority and must name the requested host. The weaker modes (`prefer`, `require`, `verify-ca`)
/// allow a man in the middle and are not offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Encrypted to every host except this one: loopback and Unix sockets do not leave the machine.
    #[default]
    OffLoopback,
    /// Encrypted to every host, including this one.
    VerifyFull,
    /// Never encrypted: the password and all data can be read on the network. For networks that are
    /// encrypted at a lower layer.
    InsecurePlaintext,
}

/// Options of a [`Database`](super::Database): encryption, pool size and deadlines.
///
/// # Examples
/// ```
/// use fleet_sinks::postgres::{PostgresOptions, Tls};
/// let options = PostgresOptions { tls: Tls::VerifyFull, ..PostgresOptions::default() };
/// assert!(options.client_deadline() > options.statement_timeout);
/// ```
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// When a connection is encrypted. Default: to every host except this one.
    pub tls: Tls,
    /// A PEM file of certificate authorities. Certificates are then verified against these alone,
    /// as with `sslrootcert`. Default: the authorities that the operating system trusts.
    pub ca_file: Option<PathBuf>,
    /// The name of the connections in the server's views and logs. Default: `fleet`.
    pub application_name: String,
    /// The maximum number of connections. Default: 4, our choice: a store needs one, the others
    /// serve reads.
    pub pool_size: usize,
    /// How long to wait for a free connection before a retryable error. Default: 10 s, our choice.
    pub pool_timeout: Duration,
    /// How long opening a connection may take, over all addresses. Default: 10 s, our choice.
    pub connect_timeout: Duration,
    /// When the server cancels a statement (`statement_timeout`). Default: 30 s, our choice: a
    /// hundred times what a batch of ten thousand rows takes.
    pub statement_timeout: Duration,
    /// When the server stops waiting for a lock (`lock_timeout`). Default: 10 s, our choice.
    pub lock_timeout: Duration,
    /// When the server ends a session that is idle in an open transaction
    /// (`idle_in_transaction_session_timeout`). Default: 5 s, our choice: the longest that others
    /// may have to wait for the locks of a process that hangs, and less than a group of readers
    /// takes to replace it.
    pub idle_in_transaction_timeout: Duration,
    /// Further settings of each connection, by name, such as `role` or `fleet.tenants`. Default:
    /// none.
    pub settings: BTreeMap<String, String>,
}

/// How much later than the server the client gives up: the server's message says more. Our choice.
const GRACE: Duration = Duration::from_secs(5);

impl PostgresOptions {
    /// The first deadline that the server would not accept: it takes 0 as no deadline, and counts
    /// milliseconds in 32 bits.
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

    /// When the client abandons a call and its connection: 5 s after the server should have
    /// cancelled the statement.
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
            idle_in_transaction_timeout: Duration::from_secs(5),
            settings: BTreeMap::new(),
        }
    }
}
