//! A lower bound on the timers of a node.

use crate::data::EventTime;

/// A lower bound on all timers of a node. If no clock is past it, no key needs to be checked.
///
/// Timers that fire or are dropped do not raise the bound, so it may be too low. It is recomputed
/// once as many keys have been checked as exist, so the amortised cost is one visit per check.
#[derive(Debug)]
pub(crate) struct Soonest {
    at: EventTime,
    checks: usize,
}

impl Soonest {
    /// The bound if no key has a timer.
    pub(crate) const NONE: Self = Self {
        at: EventTime::AFTER_ALL,
        checks: 0,
    };

    /// Whether a clock may have passed a timer or reached the end of time. `highest` is the latest
    /// of the clocks.
    pub(crate) fn may_be_before(&self, highest: EventTime) -> bool {
        self.at < highest || highest == EventTime::AFTER_ALL
    }

    /// Lowers the bound to the first timer of some key.
    pub(crate) fn set(&mut self, timer: EventTime) {
        self.at = self.at.min(timer);
    }

    /// Records that `keys` keys were checked. `timers` are the first timers of all keys.
    pub(crate) fn looked_at(
        &mut self,
        keys: usize,
        timers: impl ExactSizeIterator<Item = EventTime>,
    ) {
        self.checks += keys;
        if self.checks >= timers.len() {
            self.at = timers.min().unwrap_or(EventTime::AFTER_ALL);
            self.checks = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_never_after_a_timer_and_catches_up_after_as_many_checks_as_keys() {
        let at = EventTime::from_micros;
        let mut soonest = Soonest::NONE;
        assert!(!soonest.may_be_before(EventTime::MAX));
        assert!(soonest.may_be_before(EventTime::AFTER_ALL));
        soonest.set(at(60));
        soonest.set(at(90));
        assert!(soonest.may_be_before(at(61)));
        assert!(!soonest.may_be_before(at(60)));
        // The first timer has fired. The bound reflects that after two checks of two keys.
        let left = [at(90), EventTime::AFTER_ALL];
        soonest.looked_at(1, left.into_iter());
        assert!(soonest.may_be_before(at(61)));
        soonest.looked_at(1, left.into_iter());
        assert!(!soonest.may_be_before(at(90)));
        assert!(soonest.may_be_before(at(91)));
    }
}
