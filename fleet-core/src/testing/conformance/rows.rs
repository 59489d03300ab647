use crate::rows::Row;

/// The rows that a suite gives to a sink, and how to see what became of them.
///
/// # Examples
/// See [`sink`](super::sink()).
pub struct Rows<'a, T> {
    /// The n-th row that the sink takes; all differ.
    pub good: &'a dyn Fn(u64) -> Row<T>,
    /// A row that the sink refuses, if there is any.
    pub bad: Option<&'a dyn Fn() -> Row<T>>,
    /// How many rows are durable; `None` for a sink that keeps nothing.
    pub stored: &'a dyn Fn() -> Option<u64>,
}

impl<T> std::fmt::Debug for Rows<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}

impl<T> Rows<'_, T> {
    /// Good rows from a number on.
    pub(super) fn some(&self, from: u64, count: u64) -> Vec<Row<T>> {
        (from..from + count).map(self.good).collect()
    }

    /// Good rows with bad ones first, in between and last; and the places of these.
    pub(super) fn mixed(&self, from: u64) -> Option<(Vec<Row<T>>, Vec<usize>)> {
        let (good, bad) = (self.good, self.bad?);
        let rows = vec![bad(), good(from), bad(), bad(), good(from + 1), bad()];
        Some((rows, vec![0, 2, 3, 5]))
    }

    /// Fails unless so many more rows are durable than `before`.
    #[track_caller]
    pub(super) fn assert_more(&self, before: Option<u64>, more: u64, promise: &str) {
        let expected = before.map(|before| before + more);
        assert_eq!((self.stored)(), expected, "{promise}");
    }
}

/// The places of the refused rows, in order; each must say why.
#[track_caller]
pub(super) fn refused(outcome: &crate::contracts::sink::Outcome) -> Vec<usize> {
    let mut places: Vec<_> = outcome.rejected.iter().map(|row| row.index).collect();
    places.sort_unstable();
    let explained = outcome.rejected.iter().all(|row| !row.reason.is_empty());
    assert!(explained, "each refused row says why");
    places
}
