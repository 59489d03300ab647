use std::{fmt, time::Duration};

/// What a pipeline asks of its source, sinks and store.
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
    /// All of them.
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

/// What goes wrong at one [`Operation`].
///
/// A crash is the real thing: the operation never returns, and [`Faults::until_crash`](super::Faults::until_crash)
/// drops the pipeline there, with all that it had in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The process dies before the operation has any effect.
    CrashBefore,
    /// The process dies after the operation took effect, before it hears of it.
    CrashAfter,
    /// The operation has no effect, and an error says that it may be tried again.
    Refused,
    /// The operation takes effect, and an error says that it may be tried again.
    LostAnswer,
    /// The operation has no effect, and an error says that no try will help.
    Broken,
    /// There is no space: this operation and so many more of its kind fail, and may be tried again.
    Full(u32),
    /// The operation takes this much longer.
    Slow(Duration),
    /// Half of the rows are written, then an error says that the write may be tried again.
    Torn,
    /// The network delivers the commit twice.
    Twice,
    /// The answer is lost, and the commit lands only after so many more operations of the store and the next.
    LandsLate(u32),
    /// The process dies at once, and its commit lands after so many more operations of the store and the next:
    /// others may have claimed its partitions by then.
    CrashInFlight(u32),
    /// Another process claims the first partition of the commit just before it.
    Claimed,
    /// Another process works in the meantime; see [`Faults::meanwhile`](super::Faults::meanwhile).
    Meanwhile,
}

impl Fault {
    /// One of each, with the numbers given.
    pub fn all(full: u32, slow: Duration, late: u32) -> [Self; 13] {
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
            Self::LandsLate(late),
            Self::CrashInFlight(late),
            Self::Claimed,
            Self::Meanwhile,
        ]
    }

    /// The name without numbers, to count by.
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
            Self::LandsLate(_) => "lands late",
            Self::CrashInFlight(_) => "crash in flight",
            Self::Claimed => "claimed",
            Self::Meanwhile => "meanwhile",
        }
    }

    /// Whether it can happen to this operation. What does not fit is not injected and not counted.
    pub fn fits(self, operation: Operation) -> bool {
        use Operation::{Begin, Claim, Commit, Next, Publish, Store};
        match self {
            Self::CrashBefore
            | Self::CrashAfter
            | Self::Refused
            | Self::Broken
            | Self::Slow(_)
            | Self::Meanwhile => true,
            // A source whose batch was lost on the way would have lost it for ever.
            Self::LostAnswer => operation != Next,
            Self::Full(_) => matches!(operation, Claim | Begin | Publish | Store | Commit),
            Self::Torn => matches!(operation, Publish | Store),
            Self::Twice | Self::LandsLate(_) | Self::CrashInFlight(_) | Self::Claimed => {
                operation == Commit
            }
        }
    }
}
