use crate::data::EventTime;

/// When one key wants to be woken: few times, in order, none twice.
///
/// # Shape
/// Nearly every key waits for one time at most, which lies inside. The list of the others is made by the first
/// key that needs one and stays, so that no event allocates.
#[derive(Clone, Debug)]
pub(crate) struct Timers {
    /// [`EventTime::AFTER_ALL`] where there is none before it.
    next: EventTime,
    /// The others, the latest first.
    #[expect(
        clippy::box_collection,
        reason = "most keys never have one, and each pays for its room"
    )]
    others: Option<Box<Vec<EventTime>>>,
}

impl Timers {
    pub(crate) const NONE: Self = Self {
        next: EventTime::AFTER_ALL,
        others: None,
    };

    /// The first one, or [`EventTime::AFTER_ALL`].
    #[inline]
    pub(crate) fn next(&self) -> EventTime {
        self.next
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.iter().count()
    }

    /// All of them, in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = EventTime> {
        let next = (self.next != EventTime::AFTER_ALL).then_some(self.next);
        let others = self.others.iter().flat_map(|others| others.iter().rev());
        next.into_iter().chain(others.copied())
    }

    /// Sets one, if it is not set.
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

    /// Takes the first one.
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

    /// A timer is set, or the next one taken, or all dropped.
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
