//! Bugs that a test can switch on, to prove that the engine's property tests can fail.

macro_rules! bugs {
    ($($(#[$doc:meta])+ $bug:ident,)+) => {
        /// A wrong variant of one decision of the engine, named after the mistake.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Bug {
            $($(#[$doc])+ $bug,)+
        }

        #[cfg(test)]
        impl Bug {
            /// All bugs.
            pub(crate) const ALL: &[Self] = &[$(Self::$bug),+];
            /// Those that need several logs, and are found by the tests of a zip.
            pub(crate) const OF_ZIPS: &[Self] = &[Self::ZipByArrival, Self::ZipIdleForgotten];
        }
    };
}

bugs! {
    /// Buffered rows are not saved, although the position has passed them.
    BufferNotInSnapshot,
    /// Rows at the clock are released, although a tie may still arrive.
    ReleaseAtClock,
    /// Rows with equal times are ordered by offset.
    TieByOffset,
    /// A straggler is not compared with the rows that arrived in order.
    DedupeHorizonTooShort,
    /// The log time of the batch is taken for the record's.
    LogTimeOfBatch,
    /// A row is processed before the timers that are due at its time.
    TimerAfterRow,
    /// Timers fire although earlier rows may still arrive.
    TimersFiredEarly,
    /// The state of a key that an operator dropped stays in the store.
    ForgottenStateKept,
    /// An input that has already ended is flushed a second time.
    EndTwice,
    /// The position is committed before plain sinks have written the rows.
    CommitBeforeFlush,
    /// A failed write is treated as done.
    SkipOnError,
    /// A row that its sink rejected is counted but not stored as a dead letter.
    RejectedNotDeadLettered,
    /// Each retry of a commit adds the rejected rows again.
    RejectedAgainOnRetry,
    /// The totals of the sinks restart from zero in each process.
    TotalsNotRestored,
    /// A failed write is retried inside the transaction that may already hold part of it.
    RetryInsideTransaction,
    /// A commit whose answer was lost is treated as successful.
    LostCommitTakenForDone,
    /// The source is told of a commit before it is durable.
    AckBeforeCommit,
    /// Results of a revoked partition are committed.
    LostPartitionCommitted,
    /// A commit checks its number but not its token.
    NoFence,
    /// A commit checks its token but not its number.
    FenceWithoutNumber,
    /// Results of records that are replayed to rebuild state are emitted.
    ReplayIsHeard,
    /// A batch that extends past the committed position is replayed as a whole.
    ReplayTakesWholeBatches,
    /// The state is saved even if its commit is rejected.
    SnapshotAheadOfCommit,
    /// The counts are saved even if their commit is rejected.
    CountsOutsideTransaction,
    /// Rows of a queue pass the order stage.
    QueueWithOrderStage,
    /// A batch of a partition without a task is dropped without being counted.
    UnownedBatchSwallowed,
    /// The source is not told that another process has claimed a partition.
    FencedOwnerNotAsked,
    /// What was read before the source failed is not committed.
    EpochDroppedOnSourceError,
    /// A commit without state leaves out the source's note at its position.
    MarkLeftOut,
    /// Logs are merged as their records arrive.
    ZipByArrival,
    /// After a restart an input that was idle is waited for again.
    ZipIdleForgotten,
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

    /// Plants a bug on the current thread.
    pub(crate) fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
    }

    /// Plants the current thread's bug on all threads of a pool.
    pub(crate) fn whole_crew(pool: rayon_core::ThreadPoolBuilder) -> rayon_core::ThreadPoolBuilder {
        let bug = PLANTED.get();
        pool.start_handler(move |_| plant(bug))
    }

    pub(crate) fn planted(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }
}
