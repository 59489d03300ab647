//! Work on several things at once, as an engine without threads sees it.

/// Does the same work on each of several things, in sequence or in parallel.
pub(crate) trait ForkJoin {
    /// How many things are worked on at once.
    fn workers(&self) -> usize;
    /// Returns when all the work is done.
    fn each<T: Send>(&self, of: &mut [T], work: impl Fn(&mut T) + Sync);
}

/// In sequence, on the calling thread.
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
