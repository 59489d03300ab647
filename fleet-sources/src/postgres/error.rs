//! The errors of a history source, worded for the person who configured it.

use fleet_core::{Error, ErrorKind};

use super::row_offset::{MAX_SPAN, MAX_TIES};

/// Why options are refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum OptionsError {
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

/// A day, microseconds.
const DAY: u64 = 86_400_000_000;

impl From<OptionsError> for Error {
    fn from(error: OptionsError) -> Self {
        Self::new(ErrorKind::Config, error.to_string()).because(error)
    }
}

/// The error of more rows in one microsecond than offsets can distinguish.
pub(super) fn too_many_ties(table: &str) -> Error {
    let message = format!(
        "cannot read on in {table}: more than {MAX_TIES} rows have the same time to the microsecond; read fewer tenants at once"
    );
    Error::new(ErrorKind::Source, message)
}

/// The error of a page that could not be read, retryable where the cause is transient.
pub(super) fn failed(table: &str, cause: tokio_postgres::Error) -> Error {
    let reported = cause
        .as_db_error()
        .map(|error| (error.code().code(), error.message()));
    let (transient, why) = match reported {
        // The connection was lost.
        None => (true, cause.to_string()),
        // Connection exceptions, conflicts, insufficient resources, operator intervention:
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
    if transient { error.retryable() } else { error }
}

/// The error of a page that did not arrive in time.
pub(super) fn overdue(table: &str, seconds: u64) -> Error {
    let message = format!("cannot read history from {table}: no page within {seconds} s");
    Error::new(ErrorKind::Source, message).retryable()
}
