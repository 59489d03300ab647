//! Errors of opening and writing a database.

use fleet_core::{Error, ErrorKind};
use rusqlite::ErrorCode;

/// The reasons to refuse a file, a table or an option. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SqliteError {
    #[error("a pipeline needs a name: its positions are stored under it")]
    NoPipeline,
    #[error("cannot open a database without a path: name a file")]
    NoPath,
    #[error("cannot open {0} as a database: it is a folder; name a file in it")]
    Folder(String),
    #[error("cannot open {file}: the folder {folder} does not exist; create it, or check the path")]
    NoFolder { file: String, folder: String },
    #[error("cannot open {0}: it is no SQLite database; name another file, or move this one away")]
    NotSqlite(String),
    #[error("cannot use {0}: it is a SQLite database that something else made; name another file")]
    Foreign(String),
    #[error(
        "cannot use {file}: its layout has version {found}, this build knows up to {known}; use the newer build, or another file"
    )]
    Newer {
        file: String,
        found: i32,
        known: i32,
    },
    #[error("cannot make table {table} in {file}: {reason}")]
    Table {
        file: String,
        table: String,
        reason: String,
    },
    #[error(
        "cannot use table {table} in {file}: {differs}; use another table name or another file, or wipe the pipeline to begin afresh"
    )]
    Columns {
        file: String,
        table: String,
        differs: String,
    },
    #[error(
        "cannot wipe {file}: pipelines {others} have positions there too, and result tables are shared; use another file, or delete this one if none of them is needed"
    )]
    Shared { file: String, others: String },
    #[error("a transaction of {given} was handed to a sink or store of {ours}")]
    OtherStore { ours: String, given: String },
}

impl From<SqliteError> for Error {
    fn from(refused: SqliteError) -> Self {
        Self::new(ErrorKind::Config, refused.to_string()).because(refused)
    }
}

/// The error for a failed call of SQLite.
pub(crate) fn failed(doing: &str, file: &str, cause: rusqlite::Error) -> Error {
    let (advice, passing) = match cause.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            ("; another process is writing to it", true)
        }
        Some(ErrorCode::DiskFull) => ("; free some space", true),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            ("; check that the file and its folder can be written", false)
        }
        Some(ErrorCode::DatabaseCorrupt) => (
            "; the file is damaged: restore a copy, or begin afresh with another file",
            false,
        ),
        _ => ("", false),
    };
    let error = Error::new(
        ErrorKind::Store,
        format!("cannot {doing} {file}: {cause}{advice}"),
    )
    .because(cause);
    if passing { error.retryable() } else { error }
}

/// The error for a transaction of this process that stays open longer than the busy timeout.
pub(super) fn held(file: &str) -> Error {
    Error::new(
        ErrorKind::Store,
        format!("cannot use {file}: a transaction of this process is open; end it first"),
    )
    .retryable()
}

/// The error for a transaction that SQLite rolled back or a sink ended.
pub(super) fn over(file: &str) -> Error {
    Error::new(
        ErrorKind::Store,
        format!(
            "cannot continue in {file}: the transaction was ended from within, by SQLite or by a sink"
        ),
    )
    .retryable()
}
