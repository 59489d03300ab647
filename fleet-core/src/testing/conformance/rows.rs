//! The rows that the suites of sinks write, and how to count what is durable.

use crate::rows::Row;

/// The rows that a suite writes to a sink, and how to count those that are durable.
///
/// # Examples
/// See [`sink`](super::sink()).
pub struct Rows<'a, T> {
    /// The n-th row that the sink accepts; all rows differ.
    pub good: &'a dyn Fn(u64) -> Row<T>,
    /// A row that the sink rejects, if it rejects any.
    pub bad: Option<&'a dyn Fn() -> Row<T>>,
    /// The number of durable rows; `None` for a sink that stores none.
    pub stored: &'a dyn Fn() -> Option<u64>,
}

impl<T> std::fmt::Debug for Rows<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}

impl<T> Rows<'_, T> {
    /// `count` good rows, beginning with the number `from`.
    pub(super) fn some(&self, from: u64, count: u64) -> Vec<Row<T>> {
        (from..from + count).map(self.good).collect()
    }

    /// Good rows with bad ones first, in between and last, and the indices of the bad ones.
    pub(super) fn mixed(&self, from: u64) -> Option<(Vec<Row<T>>, Vec<usize>)> {
        let (good, bad) = (self.good, self.bad?);
        let rows = vec![bad(), good(from), bad(), bad(), good(from + 1), bad()];
        Some((rows, vec![0, 2, 3, 5]))
    }

    /// Asserts that `more` rows have become durable since there were `before`.
    #[track_caller]
    pub(super) fn assert_more(&self, before: Option<u64>, more: u64, promise: &str) {
        let expected = before.map(|before| before + more);
        assert_eq!((self.stored)(), expected, "{promise}");
    }
}

/// The indices of the rejected rows, sorted. Each must have a reason.
#[track_caller]
pub(super) fn refused(outcome: &crate::contracts::sink::Outcome) -> Vec<usize> {
    let mut places: Vec<_> = outcome.rejected.iter().map(|row| row.index).collect();
    places.sort_unstable();
    let explained = outcome.rejected.iter().all(|row| !row.reason.is_empty());
    assert!(explained, "each rejected row has a reason");
    places
}
