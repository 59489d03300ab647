//! Bugs that a test can switch on, to prove that the properties of the engine can fail.

/// A wrong variant of one decision of the engine, named after what goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// Rows that wait are not saved, though the position has passed them.
    BufferNotInSnapshot,
    /// Rows at the clock leave, though a tie may still come.
    ReleaseAtClock,
    /// Rows of one time are put in the order of their offsets.
    TieByOffset,
    /// A row goes before the timers that are due at its time.
    TimerAfterRow,
    /// A commit checks the token but not its number.
    FenceWithoutNumber,
    /// Results of records that are read again for the state are kept.
    ReplayIsHeard,
    /// A batch that goes past the committed position is read again as a whole.
    ReplayTakesWholeBatches,
}

#[cfg(not(test))]
#[inline]
pub(crate) const fn planted(_: Bug) -> bool {
    false
}

#[cfg(test)]
pub(crate) use switch::{plant, planted};

#[cfg(test)]
mod switch {
    use std::cell::Cell;

    use super::Bug;

    thread_local!(static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) });

    /// Switches a bug on for what runs on this thread.
    pub(crate) fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
    }

    pub(crate) fn planted(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }
}
