//! Why a log cannot be made, written or read.

use std::time::Duration;

use fleet_core::{Error, ErrorKind};

/// Why a log cannot be made, written or read. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("cannot use a {what} of the name {name:?}: {why}")]
    Name {
        what: &'static str,
        name: String,
        why: &'static str,
    },
    #[error(
        "cannot make log {log} with {lanes} lanes and a bound of {most} rows: it has 1 to 256 lanes and room for a row"
    )]
    Options { log: String, lanes: u32, most: u64 },
    #[error(
        "cannot use log {log} of {place} with {asked} lanes: it was made with {made}, and the lane of a key follows from that number; ask for {made}, or use another log"
    )]
    OtherLanes {
        log: String,
        place: String,
        asked: u32,
        made: u32,
    },
    #[error(
        "cannot use log {log} of {place}: it does not exist; start the pipeline that writes it first, or call `make_log`"
    )]
    Missing { log: String, place: String },
    #[error(
        "cannot write to log {log} of {place}: {waiting} rows wait, the bound is {most}; {slowest}"
    )]
    Full {
        log: String,
        place: String,
        waiting: u64,
        most: u64,
        slowest: String,
    },
    #[error(
        "cannot read lane {lane} of log {log} from row {wanted} for reader {reader}: rows before {oldest} were deleted, because another process reads as this reader and is ahead, or because the reader was dropped meanwhile; let only one process read as it, and if there is no other, wipe what this one computed and begin afresh"
    )]
    Trimmed {
        log: String,
        reader: String,
        lane: u32,
        wanted: u64,
        oldest: u64,
    },
    #[error(
        "cannot begin lane {lane} of log {log} afresh as reader {reader}: a pipeline has read rows from {wanted} to before {oldest} as this reader, and they were deleted; use the store and the name of that pipeline, or drop the reader with `drop_reader` to begin in the middle, at row {oldest}"
    )]
    ReadBefore {
        log: String,
        reader: String,
        lane: u32,
        wanted: u64,
        oldest: u64,
    },
    #[error(
        "cannot read lane {lane} of log {log} from row {wanted} for reader {reader}: the log ends at {end}, so it was wiped and made again since; wipe what the reader computed too"
    )]
    Beyond {
        log: String,
        reader: String,
        lane: u32,
        wanted: u64,
        end: u64,
    },
    #[error(
        "cannot go on as reader {reader} of log {log}: it was dropped meanwhile; open the source again"
    )]
    Dropped { log: String, reader: String },
    #[error("cannot drop reader {reader} of log {log}: {known}")]
    NoReader {
        log: String,
        reader: String,
        known: String,
    },
    #[error(
        "cannot drop reader {reader} of log {log}: it was seen {seconds} s ago, so it may be running; stop it and wait five minutes, or call `drop_active_reader`"
    )]
    Active {
        log: String,
        reader: String,
        seconds: u64,
    },
    #[error(
        "cannot use log {log} of {place}: a log belongs to one tenant, and this login has {tenants}; set `fleet.tenants` to one"
    )]
    #[cfg(feature = "postgres")]
    Tenants {
        log: String,
        place: String,
        tenants: i32,
    },
    #[error("cannot read log {log}: the task that reads it failed: {why}")]
    Task { log: String, why: String },
}

impl From<LogError> for Error {
    fn from(refused: LogError) -> Self {
        let kind = match refused {
            LogError::Full { .. } => ErrorKind::Sink,
            LogError::Trimmed { .. }
            | LogError::ReadBefore { .. }
            | LogError::Beyond { .. }
            | LogError::Dropped { .. }
            | LogError::Task { .. } => ErrorKind::Source,
            _ => ErrorKind::Config,
        };
        let error = Self::new(kind, refused.to_string());
        let error = match refused {
            // Somebody has to start the reader, or drop it.
            LogError::Full { .. } => error.pausing(),
            LogError::Task { .. } => error.retryable(),
            _ => error,
        };
        error.because(refused)
    }
}

impl LogError {
    /// The error for a reader that cannot be dropped because no reader has its name.
    pub(crate) fn no_reader(log: &str, reader: &str, known: &[String]) -> Self {
        let known = match known {
            [] => "the log has no reader".to_owned(),
            known => format!(
                "the log has no reader of this name, only {}",
                known.join(", ")
            ),
        };
        Self::NoReader {
            log: log.to_owned(),
            reader: reader.to_owned(),
            known,
        }
    }

    /// The error for a reader that may be running.
    pub(crate) fn active(log: &str, reader: &str, silent: Duration) -> Self {
        Self::Active {
            log: log.to_owned(),
            reader: reader.to_owned(),
            seconds: silent.as_secs(),
        }
    }
}
