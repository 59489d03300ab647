//! The pool's sessions: how they are opened, cleaned between users, and closed.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use fleet_core::Result;
use tokio::task::AbortHandle;
use tokio_postgres::{
    Client, Config, Error, NoTls, Socket, Statement,
    tls::{MakeTlsConnect, TlsConnect},
};
use tokio_postgres_rustls_improved::MakeRustlsConnect;

use super::{options::PostgresOptions, tls, url::Target};

/// The keep-alive settings: idle time before the first probe, time between probes, their number,
/// and how long sent data may stay unacknowledged. Our choice: both sides notice a dead connection
/// within half a minute instead of Linux's quarter of an hour, and the server releases the locks of
/// a dead client by then.
const QUIET: Duration = Duration::from_secs(15);
const BETWEEN: Duration = Duration::from_secs(5);
const PROBES: u32 = 3;
const UNCONFIRMED: Duration = Duration::from_secs(30);

/// Resets a connection before its next user. `BEGIN` fails inside a failed transaction, which makes
/// the pool discard the connection; together with `ROLLBACK` it ends a transaction that was left
/// open. `RESET ALL` restores the options that the connection was opened with, but for the role.
const CLEAN: &str = "BEGIN; ROLLBACK; CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; RESET ALL; UNLISTEN *; \
     SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES";

/// A connection and the statements that were prepared on it.
pub(super) struct Session {
    client: Client,
    /// The task that reads and writes the socket.
    task: AbortHandle,
    abandoned: AtomicBool,
    statements: Mutex<HashMap<String, Statement>>,
}

impl Session {
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The prepared statement for `sql`; prepared once for each connection.
    pub(super) async fn prepare(&self, sql: &str) -> Result<Statement, Error> {
        let known = |statements: &HashMap<_, Statement>| statements.get(sql).cloned();
        if let Some(statement) = known(
            &self
                .statements
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        ) {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql).await?;
        let mut statements = self
            .statements
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Closes the socket at once, with calls in flight: the server rolls back what is not
    /// committed.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
        self.task.abort();
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }
}

/// Opens and cleans the connections of a pool.
pub(super) struct Sessions {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Sessions {
    pub(super) fn new(target: &Target) -> Result<Self> {
        let mut config = target.config.clone();
        settings(&mut config, &target.options);
        let ca_file = target.options.ca_file.as_deref();
        let tls = target.encrypted.then(|| tls::connector(ca_file));
        Ok(Self {
            config,
            tls: tls.transpose()?,
        })
    }
}

impl managed::Manager for Sessions {
    type Type = Session;
    type Error = Error;

    async fn create(&self) -> Result<Session, Error> {
        match &self.tls {
            Some(tls) => open(&self.config, tls.clone()).await,
            None => open(&self.config, NoTls).await,
        }
    }

    async fn recycle(&self, session: &mut Session, _: &Metrics) -> RecycleResult<Error> {
        if session.is_abandoned() || session.client.is_closed() {
            return Err(RecycleError::message("closed"));
        }
        Ok(session.client.batch_execute(CLEAN).await?)
    }
}

async fn open<T>(config: &Config, tls: T) -> Result<Session, Error>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let (client, connection) = config.connect(tls).await?;
    // Calls on the client report how the connection ended.
    let task = tokio::spawn(async { drop(connection.await) });
    Ok(Session {
        client,
        task: task.abort_handle(),
        abandoned: AtomicBool::new(false),
        statements: Mutex::default(),
    })
}

/// Escapes what would end an option: the server splits them at white space.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        if character.is_whitespace() || character == '\\' {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Sets the deadlines of client and server, as options of the connection, which `RESET ALL`
/// restores.
fn settings(config: &mut Config, options: &PostgresOptions) {
    let millis = |length: Duration| length.as_millis().to_string();
    let server = [
        ("statement_timeout", millis(options.statement_timeout)),
        ("lock_timeout", millis(options.lock_timeout)),
        (
            "idle_in_transaction_session_timeout",
            millis(options.idle_in_transaction_timeout),
        ),
        // Cancels the statement of a client that is gone, instead of holding its locks to the end.
        ("client_connection_check_interval", millis(BETWEEN)),
        ("tcp_user_timeout", millis(UNCONFIRMED)),
        ("tcp_keepalives_idle", QUIET.as_secs().to_string()),
        ("tcp_keepalives_interval", BETWEEN.as_secs().to_string()),
        ("tcp_keepalives_count", PROBES.to_string()),
    ];
    let given = config.get_options().unwrap_or_default().to_owned();
    let server = server.iter().map(|(name, value)| (*name, value)).chain(
        options
            .settings
            .iter()
            .map(|(name, value)| (name.as_str(), value)),
    );
    let server = server.fold(given, |all, (name, value)| {
        all + " -c " + name + "=" + &escaped(value)
    });
    config
        .options(server)
        .connect_timeout(options.connect_timeout)
        .keepalives(true)
        .keepalives_idle(QUIET)
        .keepalives_interval(BETWEEN)
        .keepalives_retries(PROBES)
        .tcp_user_timeout(UNCONFIRMED);
    if config.get_application_name().is_none() {
        config.application_name(&options.application_name);
    }
}
