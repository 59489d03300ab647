//! Errors of connecting and of statements. No message contains a password or the content of a row.

use std::error::Error as _;

use fleet_core::{Error, ErrorKind};
use tokio_postgres::error::DbError;

use super::sqlstate::{Remedy, remedy};

/// The reasons to refuse a URL, an option or a server. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("cannot read the address of the database: it begins with postgres:// or postgresql://")]
    Scheme,
    #[error(
        "cannot read the URL of the database: it is postgres://user:password@host:port/database, with @ : / ? # & and % inside a part written as %40 %3A %2F %3F %23 %26 and %25"
    )]
    Url,
    #[error(
        "cannot use this sslmode: it is verify-full, or disable for a server on this machine; the modes in between let others read along"
    )]
    SslMode,
    #[error("cannot use this target_session_attrs: rows are written, which takes read-write")]
    ReadOnly,
    #[error(
        "refusing to send a password and data in plaintext to {0}, which is not this machine: leave out sslmode=disable, or say insecure_plaintext=true where the network below is encrypted"
    )]
    Plaintext(String),
    #[error(
        "cannot use {0}: a deadline is between 1 ms and 24 days, so that nothing waits for ever"
    )]
    Deadline(&'static str),
    #[error("cannot set up TLS: {0}")]
    Tls(String),
    #[error("cannot read the authorities in {file}: {reason}")]
    Authorities { file: String, reason: String },
    #[error(
        "the operating system trusts no certificate authority: install its bundle (ca-certificates), or name a file with sslrootcert"
    )]
    NoAuthorities,
    #[error("a transaction of {given} was handed to a sink or store of {ours}")]
    OtherDatabase { ours: String, given: String },
    #[error("cannot use {address}: it is PostgreSQL {found}, this needs 15 or newer")]
    TooOld { address: String, found: String },
}

impl From<ConnectError> for Error {
    fn from(refused: ConnectError) -> Self {
        Self::new(ErrorKind::Config, refused.to_string()).because(refused)
    }
}

/// The error for a statement that the server refused, or for a server that cannot be reached.
pub(in crate::postgres) fn failed(
    doing: &str,
    address: &str,
    cause: tokio_postgres::Error,
) -> Error {
    let remedy = cause.as_db_error().map(remedy);
    let advice = match (remedy, cause.as_db_error().map(|error| error.code().code())) {
        (Some(Remedy::Pause), _) => "; free some space on the server, and it continues by itself",
        (Some(Remedy::Security), _) => "; the role lacks a right: grant it, or find out who asks",
        (_, Some("28P01" | "28000")) => "; check user, password and pg_hba.conf",
        (_, Some("3D000")) => "; create the database, or check its name",
        (_, Some("53300")) => "; the server has no free connection",
        (_, Some("42P01" | "42703")) => "; run the migrations",
        (_, Some("25006")) => "; this server only reads",
        _ => "",
    };
    let error = Error::new(
        ErrorKind::Store,
        format!(
            "cannot {doing} {address}: {}{advice}",
            message_with_causes(&cause)
        ),
    );
    let error = match remedy {
        Some(Remedy::Retry | Remedy::Split) => error.retryable(),
        Some(Remedy::Pause) => error.pausing(),
        // No answer of the server: the connection broke, or the server does not listen yet.
        None if is_transport(&cause) => error.retryable(),
        _ => error,
    };
    error.because(cause)
}

/// Whether the connection failed, rather than a statement.
fn is_transport(cause: &tokio_postgres::Error) -> bool {
    // A refused certificate also arrives as an I/O error, but retrying does not help.
    let io = cause
        .source()
        .and_then(|cause| cause.downcast_ref::<std::io::Error>());
    cause.is_closed() || io.is_some_and(|io| io.kind() != std::io::ErrorKind::InvalidData)
}

/// The message of the client, with those of its causes.
fn message_with_causes(cause: &tokio_postgres::Error) -> String {
    if let Some(error) = cause.as_db_error() {
        return server_message(error);
    }
    let mut text = cause.to_string();
    let mut under = cause.source();
    while let Some(cause) = under {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        under = cause.source();
    }
    text
}

/// The server's message, without its detail, which would repeat the row.
pub(in crate::postgres) fn server_message(error: &DbError) -> String {
    format!("{} (SQLSTATE {})", error.message(), error.code().code())
}

/// The error for a call without an answer in time.
pub(super) fn overdue(doing: &str, address: &str, seconds: u64) -> Error {
    Error::new(
        ErrorKind::Store,
        format!(
            "cannot {doing} {address}: no answer within {seconds} s; its connection is given up"
        ),
    )
    .retryable()
}

/// The error for a connection on which an earlier call was dropped before its answer.
pub(super) fn interrupted(doing: &str, address: &str) -> Error {
    Error::new(
        ErrorKind::Store,
        format!(
            "cannot {doing} {address}: an earlier call on this connection was given up half-way"
        ),
    )
    .retryable()
}

/// The error for a pool without a free connection.
pub(super) fn exhausted(address: &str, reason: &str) -> Error {
    Error::new(
        ErrorKind::Store,
        format!("cannot get a connection to {address}: {reason}"),
    )
    .retryable()
}
