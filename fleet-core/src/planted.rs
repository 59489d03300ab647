//! Bugs that a test can switch on, to prove that the properties of the engine can fail.

macro_rules! bugs {
    ($($(#[$doc:meta])+ $bug:ident,)+) => {
        /// A wrong variant of one decision of the engine, named after what goes wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Bug {
            $($(#[$doc])+ $bug,)+
        }

        #[cfg(test)]
        impl Bug {
            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$bug),+];
        }
    };
}

bugs! {
    /// Rows that wait are not saved, though the position has passed them.
    BufferNotInSnapshot,
    /// Rows at the clock leave, though a tie may still come.
    ReleaseAtClock,
    /// Rows of one time are put in the order of their offsets.
    TieByOffset,
    /// A straggler is not compared with the rows that came in order.
    DedupeHorizonTooShort,
    /// A row goes before the timers that are due at its time.
    TimerAfterRow,
    /// Timers fire although rows before them may still come.
    TimersFiredEarly,
    /// A key that an operator forgot stays in the store.
    ForgottenStateKept,
    /// An input that had ended is flushed once more.
    EndTwice,
    /// The position moves before plain sinks have the rows.
    CommitBeforeFlush,
    /// A write that failed is taken for done.
    SkipOnError,
    /// A row that its sink refused is counted and not kept.
    RejectedNotDeadLettered,
    /// Each try of a commit adds the refused rows again.
    RejectedAgainOnRetry,
    /// The totals of the sinks begin anew in each process.
    TotalsNotRestored,
    /// A failed write is repeated in the transaction that may hold a part of it.
    RetryInsideTransaction,
    /// A commit without an answer counts as done.
    LostCommitTakenForDone,
    /// The source hears of a commit before it has landed.
    AckBeforeCommit,
    /// What was computed of a partition that is gone is committed.
    LostPartitionCommitted,
    /// A commit checks its number but not the token.
    NoFence,
    /// A commit checks the token but not its number.
    FenceWithoutNumber,
    /// Results of records that are read again for the state are kept.
    ReplayIsHeard,
    /// A batch that goes past the committed position is read again as a whole.
    ReplayTakesWholeBatches,
    /// The state is saved even if its commit is refused.
    SnapshotAheadOfCommit,
    /// The counts are saved even if their commit is refused.
    CountsOutsideTransaction,
}

#[cfg(not(test))]
#[inline]
pub(crate) const fn planted(_: Bug) -> bool {
    false
}

#[cfg(test)]
pub(crate) use switch::{plant, planted, whole_crew};

#[cfg(test)]
mod switch {
    use std::cell::Cell;

    use super::Bug;

    thread_local!(static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) });

    /// Switches a bug on for what runs on this thread.
    pub(crate) fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
    }

    /// Switches it on for the threads of a pool as well.
    pub(crate) fn whole_crew(pool: rayon_core::ThreadPoolBuilder) -> rayon_core::ThreadPoolBuilder {
        let bug = PLANTED.get();
        pool.start_handler(move |_| plant(bug))
    }

    pub(crate) fn planted(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }
}
