//! The timers of one key.

use crate::data::EventTime;

/// The times at which one key wants to be woken, in order and without duplicates.
///
/// # Shape
/// Nearly every key has at most one timer, which is stored inline. The list of the others is
/// allocated by the first key that needs it and kept, so that no event allocates.
#[derive(Clone, Debug)]
pub(crate) struct Timers {
    /// The first timer, or [`EventTime::AFTER_ALL`] if none is earlier.
    next: EventTime,
    /// The other timers, latest first.
    #[expect(
        clippy::box_collection,
        reason = "most keys never have one, and a pointer is smaller than a vector"
    )]
    others: Option<Box<Vec<EventTime>>>,
}

impl Timers {
    pub(crate) const NONE: Self = Self {
        next: EventTime::AFTER_ALL,
        others: None,
    };

    /// The first timer, or [`EventTime::AFTER_ALL`].
    #[inline]
    pub(crate) fn next(&self) -> EventTime {
        self.next
    }

    /// The number of timers.
    pub(crate) fn len(&self) -> usize {
        self.iter().count()
    }

    /// All timers in ascending order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = EventTime> {
        let next = (self.next != EventTime::AFTER_ALL).then_some(self.next);
        let others = self.others.iter().flat_map(|others| others.iter().rev());
        next.into_iter().chain(others.copied())
    }

    /// Adds a timer unless it is set already.
    pub(crate) fn set(&mut self, at: EventTime) {
        if at < self.next {
            let later = std::mem::replace(&mut self.next, at);
            if later != EventTime::AFTER_ALL {
                self.set_other(later);
            }
        } else if at > self.next || at == EventTime::AFTER_ALL {
            self.set_other(at);
        }
    }

    fn set_other(&mut self, at: EventTime) {
        let others = self.others.get_or_insert_default();
        if let Err(place) = others.binary_search_by(|other| at.cmp(other)) {
            others.insert(place, at);
        }
    }

    /// Removes and returns the first timer.
    pub(crate) fn take_next(&mut self) -> Option<EventTime> {
        let mut other = || self.others.as_mut()?.pop();
        if self.next == EventTime::AFTER_ALL {
            return other();
        }
        let follows = other();
        let next = std::mem::replace(&mut self.next, EventTime::AFTER_ALL);
        if let Some(at) = follows {
            self.set(at);
        }
        Some(next)
    }

    pub(crate) fn clear(&mut self) {
        self.next = EventTime::AFTER_ALL;
        if let Some(others) = &mut self.others {
            others.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// One operation: set a timer, take the next one, or drop all.
    #[derive(Clone, Copy)]
    enum Step {
        Set(EventTime),
        Take,
        Clear,
    }

    #[test]
    fn timers_are_a_set_in_order_after_any_seven_steps() {
        let times = [1, 2, 3, i64::MAX].map(EventTime::from_micros);
        let steps: Vec<_> = times.into_iter().map(Step::Set).collect();
        let steps = [steps, vec![Step::Take, Step::Clear]].concat();
        for mut run in 0..steps.len().pow(7) {
            let (mut timers, mut model) = (Timers::NONE, BTreeSet::new());
            for _ in 0..7 {
                match steps.get(run % steps.len()).copied().unwrap() {
                    Step::Set(at) => {
                        timers.set(at);
                        model.insert(at);
                    }
                    Step::Take => assert_eq!(timers.take_next(), model.pop_first()),
                    Step::Clear => {
                        timers.clear();
                        model.clear();
                    }
                }
                run /= steps.len();
                assert!(timers.iter().eq(model.iter().copied()));
                let next = model.first().copied();
                assert_eq!(timers.next(), next.unwrap_or(EventTime::AFTER_ALL));
                assert_eq!(timers.len(), model.len());
            }
        }
    }
}
