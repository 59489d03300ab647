//! The crate's error type: for failures that stop a pipeline, never for bad input data.

use std::{error::Error as StdError, fmt};

use crate::data::{Offset, Partition};

/// The result of an operation that stops its component when it fails.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The class of a failure, as far as a caller can act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option, a column map, a rule or an argument is invalid. Nothing was started.
    Config,
    /// The input cannot be read. A retryable error is tried again; any other stops the pipeline.
    Source,
    /// A sink failed to write rows. The epoch stays open and is written again.
    Sink,
    /// The checkpoint store failed. The epoch stays open and is written again.
    Store,
    /// Another process owns the partition now and continues its work.
    Fenced,
    /// The store holds state of a graph with a different structure.
    Structure,
    /// A snapshot cannot be decoded: it is damaged or a newer version wrote it.
    Snapshot,
    /// A stop was requested, and the open results could not be committed before its deadline.
    /// Nothing is lost.
    Stopped,
    /// The input grew after it had ended and its last windows had been flushed.
    Grown,
    /// An operator or a decoder panicked. Everything committed before stays.
    Panic,
}

/// The reason why a pipeline, a source, a sink or a store cannot continue.
///
/// Unreadable records are not errors: they become [dead letters](crate::checkpoint::DeadLetter).
///
/// # Examples
/// ```
/// use fleet_core::{Error, ErrorKind};
/// let error = Error::new(ErrorKind::Source, "cannot open rides.ndjson: check the path");
/// assert_eq!(error.kind(), ErrorKind::Source);
/// assert!(!error.is_retryable());
/// ```
pub struct Error(Box<Repr>);

struct Repr {
    kind: ErrorKind,
    message: String,
    retry: Retry,
    partition: Option<Partition>,
    offset: Option<Offset>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

/// Whether, and for how long, the caller retries the failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Retry {
    Never,
    Limited,
    Unlimited,
}

impl Error {
    /// Creates an error that is not retryable.
    ///
    /// The message states what was tried, with which value, and what to do about it. It is lower
    /// case and has no full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Repr {
            kind,
            message: message.into(),
            retry: Retry::Never,
            partition: None,
            offset: None,
            cause: None,
        }))
    }

    /// Attaches the underlying error, returned by [`source`](StdError::source).
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Marks the failure as transient: the same call may succeed later.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.0.retry = Retry::Limited;
        self
    }

    /// Marks a failure that somebody has to fix while the pipeline waits, such as a full disk.
    /// The call is retried without limit.
    #[must_use]
    pub fn pausing(mut self) -> Self {
        self.0.retry = Retry::Unlimited;
        self
    }

    /// Attaches the partition and the offset at which the failure occurred.
    #[must_use]
    pub fn at(mut self, partition: &Partition, offset: Offset) -> Self {
        self.0.partition = Some(partition.clone());
        self.0.offset = Some(offset);
        self
    }

    /// The class of the failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.0.retry != Retry::Never
    }

    /// Whether the same call is retried without limit, because somebody has to act first.
    pub fn is_pausing(&self) -> bool {
        self.0.retry == Retry::Unlimited
    }

    /// The partition and offset at which the failure occurred, if known.
    pub fn position(&self) -> Option<(&Partition, Offset)> {
        Some((self.0.partition.as_ref()?, self.0.offset?))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some((partition, offset)) = self.position() {
            write!(f, " (partition {partition}, offset {offset})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.to_string())
            .field("retry", &self.0.retry)
            .field("cause", &self.0.cause)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .cause
            .as_deref()
            .map(|cause| cause as &(dyn StdError + 'static))
    }
}
