/// Does one piece of work with each of several things: one after the other or side by side, never told which.
pub(crate) trait ForkJoin {
    /// How many things are worked on at once.
    fn workers(&self) -> usize;
    /// Returns when all of it is done.
    fn each<T: Send>(&self, of: &mut [T], work: impl Fn(&mut T) + Sync);
}

/// One after the other, on the thread that asks.
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
