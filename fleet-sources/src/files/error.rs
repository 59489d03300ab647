//! The errors of file sources, worded for the person who gave the inputs.

use std::io;

use fleet_core::{Error, ErrorKind, dialect::MAX_RECORD_BYTES};

/// Why inputs cannot be opened or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("no input was given: name at least one file, or - for standard input")]
    NoInput,
    #[error("standard input was given {0} times, but can be read only once")]
    StandardInputAgain(usize),
    #[error("the chunk size is 0 bytes: give at least 1, better {default}", default = super::options::FileOptions::CHUNK_BYTES)]
    NoChunk,
    #[error(
        "cannot follow {0}: only a plain file that is not compressed can grow; leave out following, or give such a file last"
    )]
    CannotFollow(String),
    #[error("{0} is a directory: name the files in it")]
    Directory(String),
    #[error("cannot open {name}: {cause}; {}", advice(cause))]
    Open { name: String, cause: io::Error },
    #[error("cannot read the beginning of {name}: {cause}; {}", damage(*gzip))]
    Beginning {
        name: String,
        gzip: bool,
        cause: io::Error,
    },
    #[error(
        "the header of {name} is longer than {MAX_RECORD_BYTES} bytes: check that it is CSV and that its quotes close"
    )]
    Header { name: String },
    #[error("{} inputs cannot be read: {}", .0.len(), list(.0))]
    Several(Vec<FileError>),

    #[error("cannot read {name} at byte {at}: {cause}; {}", damage(*gzip))]
    Read {
        name: String,
        at: u64,
        gzip: bool,
        cause: io::Error,
    },
    #[error(
        "the inputs end at byte {size}, but were read up to byte {offset} before: {name} became shorter or was replaced; give the original, or start afresh"
    )]
    PastTheEnd {
        name: String,
        size: u64,
        offset: u64,
    },
    #[error(
        "byte {at} of {name}, where reading stopped before, is not the beginning of a record: an input was changed since; give the original inputs, or start afresh"
    )]
    InsideRecord { name: String, at: u64 },
    #[error(
        "{name} shrank from {before} to {now} bytes while it was read: what was read before that stands; start afresh to read it as it is now"
    )]
    Shrank { name: String, before: u64, now: u64 },
    #[error(
        "{name} was replaced by another file while it was followed: start again to read the new one"
    )]
    Replaced { name: String },
    #[error(
        "{name} can be read only once, and was begun: start the program again with the same input"
    )]
    OnlyOnce { name: String },
    #[error("cannot start the thread that reads {name}: {cause}; free some memory or threads")]
    Thread { name: String, cause: io::Error },
    #[error("reading {name} had stopped with an error before: start the source again")]
    Stopped { name: String },
}

fn list(errors: &[FileError]) -> String {
    let each: Vec<String> = errors.iter().map(ToString::to_string).collect();
    each.join("; ")
}

fn advice(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::NotFound => "check the path",
        io::ErrorKind::PermissionDenied => "let this user read it",
        _ => "check the disk it is on",
    }
}

fn damage(gzip: bool) -> &'static str {
    if gzip {
        "it is damaged or no gzip file: check it with `gzip -t` and fetch it again"
    } else {
        "check the disk it is on, and start again to go on from here"
    }
}

impl FileError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoInput
            | Self::StandardInputAgain(_)
            | Self::NoChunk
            | Self::CannotFollow(_)
            | Self::Directory(_)
            | Self::Open { .. }
            | Self::Beginning { .. }
            | Self::Header { .. }
            | Self::Several(_) => ErrorKind::Config,
            Self::Read { .. }
            | Self::PastTheEnd { .. }
            | Self::InsideRecord { .. }
            | Self::Shrank { .. }
            | Self::Replaced { .. }
            | Self::OnlyOnce { .. }
            | Self::Thread { .. }
            | Self::Stopped { .. } => ErrorKind::Source,
        }
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::new(error.kind(), error.to_string()).because(error)
    }
}

/// Fails with the only error as it is, or with several as a list.
pub(crate) fn fail_if_any(mut errors: Vec<FileError>) -> Result<(), FileError> {
    match errors.len() {
        0 => Ok(()),
        1 => errors.pop().map_or(Ok(()), Err),
        _ => Err(FileError::Several(errors)),
    }
}
