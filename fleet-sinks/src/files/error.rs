//! Errors of opening and writing files.

use std::{io, path::Path};

use fleet_core::{Error, ErrorKind};

/// The reasons to refuse a file. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error(
        "cannot write {0}: another process is writing to it; end that one, or name another file"
    )]
    Locked(String),
    #[error(
        "cannot continue with {0}: its first line names other columns; move the file away, or name another"
    )]
    Header(String),
    #[error("cannot make a file for {name}: {reason}")]
    Name { name: String, reason: String },
    #[cfg(feature = "sqlite")]
    #[error(
        "cannot use {0}: it holds rows that this store did not write; move the file away, or use another folder"
    )]
    NotOurs(String),
    #[cfg(feature = "sqlite")]
    #[error(
        "cannot continue with {file}: it has {found} bytes, {committed} were committed, so rows are lost; put the file back, or wipe the pipeline to begin afresh"
    )]
    Short {
        file: String,
        found: u64,
        committed: u64,
    },
}

impl From<FileError> for Error {
    fn from(refused: FileError) -> Self {
        Self::new(ErrorKind::Config, refused.to_string()).because(refused)
    }
}

/// The error for a failed call of the system.
pub(super) fn failed(doing: &str, path: &Path, cause: io::Error) -> Error {
    let (advice, passing) = match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ("; free some space", true),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            ("; check that the file and its folder can be written", false)
        }
        io::ErrorKind::NotFound => ("; check that the folder exists", false),
        io::ErrorKind::IsADirectory => ("; name a file", false),
        _ => ("", false),
    };
    let path = path.display();
    let error = Error::new(
        ErrorKind::Sink,
        format!("cannot {doing} {path}: {cause}{advice}"),
    )
    .because(cause);
    if passing { error.retryable() } else { error }
}
