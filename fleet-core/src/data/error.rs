//! The one error type of the crate: for what stops a pipeline, never for bad data.

use std::{error::Error as StdError, fmt};

use crate::data::{Offset, Partition};

/// A result whose error stops the component that returns it.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, as far as a caller can act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option, a map, a rule or an argument is not usable; nothing was started.
    Config,
    /// The input cannot be read. Retryable ones are tried again, others stop the pipeline.
    Source,
    /// A sink could not take rows. The epoch stays open and is written again.
    Sink,
    /// The checkpoint store failed. The epoch stays open and is written again.
    Store,
    /// Another process owns the partition now. Its work goes on there.
    Fenced,
    /// What the store holds was made by a graph of another structure.
    Structure,
    /// A snapshot cannot be read: damaged, or written by a newer version.
    Snapshot,
    /// A stop was asked for, and what was computed could not be committed in time. Nothing is lost.
    Stopped,
    /// The input had ended, its last windows were flushed, and then it grew.
    Grown,
    /// An operator or a decoder panicked. What was committed before stays.
    Panic,
}

/// Why a pipeline, a source, a sink or a store cannot go on.
///
/// Records that cannot be read are no errors: they are [dead letters](crate::checkpoint::DeadLetter).
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
    patience: Patience,
    partition: Option<Partition>,
    offset: Option<Offset>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

/// How long it is worth to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    None,
    SomeTries,
    UntilMended,
}

impl Error {
    /// Says what was tried, with which value, and what to do; lower case, no full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Repr {
            kind,
            message: message.into(),
            patience: Patience::None,
            partition: None,
            offset: None,
            cause: None,
        }))
    }

    /// Keeps the error underneath, for [`source`](StdError::source).
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Marks the fault as passing: the same call may succeed later.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.0.patience = Patience::SomeTries;
        self
    }

    /// Marks the fault as one that somebody mends while the pipeline waits, such as a full disk: the same call
    /// is tried again for as long as it takes.
    #[must_use]
    pub fn pausing(mut self) -> Self {
        self.0.patience = Patience::UntilMended;
        self
    }

    /// Names the partition and the offset at which it happened.
    #[must_use]
    pub fn at(mut self, partition: &Partition, offset: Offset) -> Self {
        self.0.partition = Some(partition.clone());
        self.0.offset = Some(offset);
        self
    }

    /// The class of the fault.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.0.patience != Patience::None
    }

    /// Whether the same call is tried again without end, because somebody has to act first.
    pub fn is_pausing(&self) -> bool {
        self.0.patience == Patience::UntilMended
    }

    /// Where in the input it happened, if that is known.
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
            .field("patience", &self.0.patience)
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
