//! Fork-join parallelism, as an interface for an engine that has no threads.

/// Applies a function to each of several items, in sequence or in parallel.
pub(crate) trait ForkJoin {
    /// Returns the number of workers.
    fn workers(&self) -> usize;
    /// Applies `work` to each item, and returns when all are done.
    fn each<T: Send>(&self, of: &mut [T], work: impl Fn(&mut T) + Sync);
}

/// Works in sequence, on the calling thread.
#[cfg(any(test, feature = "testing"))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inline;

#[cfg(any(test, feature = "testing"))]
impl ForkJoin for Inline {
    fn workers(&self) -> usize {
        1
    }
    fn each<T: Send>(&self, of: &mut [T], work: impl Fn(&mut T) + Sync) {
        of.iter_mut().for_each(work);
    }
}
