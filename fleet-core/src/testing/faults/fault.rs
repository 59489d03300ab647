//! The operations of a pipeline, and the faults that they can suffer.

use std::{fmt, time::Duration};

/// An operation that a pipeline calls on its source, sinks and store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// [`Source::next`](crate::Source::next).
    Next,
    /// [`Source::start`](crate::Source::start).
    Start,
    /// [`Source::committed`](crate::Source::committed).
    Acknowledge,
    /// [`Sink::write`](crate::sink::Sink::write).
    Publish,
    /// [`TransactionalSink::write`](crate::sink::TransactionalSink::write).
    Store,
    /// [`CheckpointStore::claim`](crate::checkpoint::CheckpointStore::claim).
    Claim,
    /// [`CheckpointStore::begin`](crate::checkpoint::CheckpointStore::begin).
    Begin,
    /// [`CheckpointStore::commit`](crate::checkpoint::CheckpointStore::commit).
    Commit,
    /// [`CheckpointStore::progress`](crate::checkpoint::CheckpointStore::progress).
    Progress,
}

impl Operation {
    /// All operations.
    pub const ALL: [Self; 9] = [
        Self::Next,
        Self::Start,
        Self::Acknowledge,
        Self::Publish,
        Self::Store,
        Self::Claim,
        Self::Begin,
        Self::Commit,
        Self::Progress,
    ];
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A fault injected into one [`Operation`].
///
/// A crash loses everything that the process had in memory: the operation never returns, and
/// [`Faults::until_crash`](super::Faults::until_crash) drops the pipeline at that point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The process crashes before the operation has any effect.
    CrashBefore,
    /// The process crashes after the operation took effect, before it returns.
    CrashAfter,
    /// The operation has no effect and returns a retryable error.
    Refused,
    /// The operation takes effect, but returns a retryable error.
    LostAnswer,
    /// The operation has no effect and returns an error that is not retryable.
    Broken,
    /// The disk is full: this operation and this many more of its kind fail with a retryable error.
    Full(u32),
    /// The operation takes this much longer.
    Slow(Duration),
    /// Half of the rows are written, then the write returns a retryable error.
    Torn,
    /// The network delivers the commit twice.
    Twice,
    /// The commit returns a retryable error, and takes effect only after this many more operations
    /// of the store and the next one.
    LateCommit(u32),
    /// The process crashes at once, and its commit takes effect only after this many more
    /// operations of the store and the next one. By then, others may have claimed its partitions.
    CrashInFlight(u32),
    /// The claim returns a retryable error, and takes effect only after this many more operations
    /// of the store and the next one. By then, its partition may have another owner.
    LateClaim(u32),
    /// The process crashes at once, and its claim takes effect only after this many more operations
    /// of the store and the next one.
    ClaimInFlight(u32),
    /// Another process claims the first partition of the commit just before it.
    Claimed,
    /// Another process runs before the operation; see
    /// [`Faults::meanwhile`](super::Faults::meanwhile).
    Meanwhile,
}

impl Fault {
    /// Returns one fault of each kind, with these parameters.
    pub fn all(full: u32, slow: Duration, late: u32) -> [Self; 15] {
        [
            Self::CrashBefore,
            Self::CrashAfter,
            Self::Refused,
            Self::LostAnswer,
            Self::Broken,
            Self::Full(full),
            Self::Slow(slow),
            Self::Torn,
            Self::Twice,
            Self::LateCommit(late),
            Self::CrashInFlight(late),
            Self::LateClaim(late),
            Self::ClaimInFlight(late),
            Self::Claimed,
            Self::Meanwhile,
        ]
    }

    /// Returns the name of its kind, without parameters.
    pub fn word(self) -> &'static str {
        match self {
            Self::CrashBefore => "crash before",
            Self::CrashAfter => "crash after",
            Self::Refused => "refused",
            Self::LostAnswer => "lost answer",
            Self::Broken => "broken",
            Self::Full(_) => "disk full",
            Self::Slow(_) => "slow",
            Self::Torn => "torn",
            Self::Twice => "twice",
            Self::LateCommit(_) => "late commit",
            Self::CrashInFlight(_) => "crash in flight",
            Self::LateClaim(_) => "late claim",
            Self::ClaimInFlight(_) => "claim in flight",
            Self::Claimed => "claimed",
            Self::Meanwhile => "meanwhile",
        }
    }

    /// Returns whether it can happen to this operation. A fault that does not fit is neither
    /// injected nor counted.
    pub fn fits(self, operation: Operation) -> bool {
        use Operation::{Begin, Claim, Commit, Next, Publish, Store};
        match self {
            Self::CrashBefore
            | Self::CrashAfter
            | Self::Refused
            | Self::Broken
            | Self::Slow(_)
            | Self::Meanwhile => true,
            // The source would lose the batch: no source may lose one.
            Self::LostAnswer => operation != Next,
            Self::Full(_) => matches!(operation, Claim | Begin | Publish | Store | Commit),
            Self::Torn => matches!(operation, Publish | Store),
            Self::Twice | Self::LateCommit(_) | Self::CrashInFlight(_) | Self::Claimed => {
                operation == Commit
            }
            Self::LateClaim(_) | Self::ClaimInFlight(_) => operation == Claim,
        }
    }
}
