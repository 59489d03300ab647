//! What can go wrong with a history, in words for the person who asked for it.

use fleet_core::{Error, ErrorKind};

use super::place::{MAX_SPAN, MAX_TIES};

#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error(
        "cannot read history from {0:?}: a table is named schema.table, in up to 63 of a-z, 0-9 and _ each"
    )]
    Table(String),
    #[error(
        "cannot read history from {from} to {to} microseconds since 1970: it begins before it ends, in the years 1970 to 9999"
    )]
    Times { from: i64, to: i64 },
    #[error("cannot read a history of {} days at once, the limit is {}: read it in parts", .0 / DAY, MAX_SPAN / DAY)]
    Span(u64),
    #[error("cannot read pages of no row: give page_rows at least 1, better 4096")]
    NoPage,
}

/// Microseconds.
const DAY: u64 = 86_400_000_000;

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::new(ErrorKind::Config, refused.to_string()).because(refused)
    }
}

/// More rows of one microsecond than a place can tell apart.
pub(super) fn too_many_ties(table: &str) -> Error {
    let message = format!(
        "cannot read on in {table}: more than {MAX_TIES} rows have the same time to the microsecond; read fewer tenants at once"
    );
    Error::new(ErrorKind::Source, message)
}

/// A page could not be read.
pub(super) fn failed(table: &str, cause: tokio_postgres::Error) -> Error {
    let said = cause
        .as_db_error()
        .map(|said| (said.code().code(), said.message()));
    let (passing, why) = match said {
        // The way to the server was cut.
        None => (true, cause.to_string()),
        // A lost connection, a conflict, no room, a server that goes down or comes up:
        // <https://www.postgresql.org/docs/15/errcodes-appendix.html>
        Some((code, message)) => {
            let class = code.get(..2).unwrap_or_default();
            (
                matches!(class, "08" | "40" | "53" | "57"),
                format!("{message} (SQLSTATE {code})"),
            )
        }
    };
    let error = Error::new(
        ErrorKind::Source,
        format!("cannot read history from {table}: {why}"),
    )
    .because(cause);
    if passing { error.retryable() } else { error }
}

/// No page came in time.
pub(super) fn overdue(table: &str, seconds: u64) -> Error {
    let message = format!("cannot read history from {table}: no page within {seconds} s");
    Error::new(ErrorKind::Source, message).retryable()
}
