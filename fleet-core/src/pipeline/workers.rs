//! The worker threads, as the engine's fork-join.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use rayon_core::{ThreadPool, ThreadPoolBuilder};

use crate::{
    data::{Error, ErrorKind, Result},
    engine::task::ForkJoin,
};

/// The worker threads: the one that runs the pipeline, and a pool for the others.
pub(super) struct Workers {
    count: usize,
    /// None if there is only one worker.
    others: Option<ThreadPool>,
}

impl Workers {
    /// Starts the threads.
    ///
    /// # Errors
    /// Fails if the system cannot start that many.
    pub(super) fn start(count: NonZeroUsize) -> Result<Self> {
        let count = count.get();
        let pool = || {
            let pool = ThreadPoolBuilder::new()
                .num_threads(count - 1)
                .thread_name(|number| format!("fleet-worker-{}", number + 1));
            #[cfg(test)]
            let pool = crate::planted::whole_crew(pool);
            pool.build()
        };
        let others = (count > 1).then(pool).transpose().map_err(|cause| {
            let message = format!("cannot start {count} workers: ask for fewer");
            Error::new(ErrorKind::Config, message).because(cause)
        })?;
        Ok(Self { count, others })
    }
}

impl ForkJoin for Workers {
    fn workers(&self) -> usize {
        self.count
    }

    /// Each free worker takes the next item, so one that wakes up late delays nobody.
    fn each<T: Send>(&self, of: &mut [T], work: impl Fn(&mut T) + Sync) {
        let Some(others) = self.others.as_ref().filter(|_| of.len() > 1) else {
            return of.iter_mut().for_each(work);
        };
        let helpers = of.len().min(self.count) - 1;
        let left = Mutex::new(of.iter_mut());
        let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
        let help = || {
            while let Some(one) = next() {
                work(one);
            }
        };
        others.in_place_scope(|scope| {
            for _ in 0..helpers {
                scope.spawn(|_| help());
            }
            help();
        });
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Barrier, thread};

    use super::*;

    #[test]
    fn each_thing_is_worked_on_once_by_as_many_threads_as_there_are_workers() {
        for count in 1..=4 {
            let workers = Workers::start(NonZeroUsize::new(count).unwrap()).unwrap();
            let all_here = Barrier::new(count);
            let mut things = vec![None; count];
            workers.each(&mut things, |thing| {
                assert_eq!(*thing, None);
                *thing = Some(format!("{:?}", thread::current().id()));
                // Passes only if each thing has a thread to itself.
                all_here.wait();
            });
            let threads: BTreeSet<_> = things.into_iter().map(Option::unwrap).collect();
            assert_eq!(threads.len(), count);
        }
    }
}
