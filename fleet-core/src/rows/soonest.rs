use crate::data::EventTime;

/// A time that no timer of a node is before: clocks that are not past it need no look at their keys.
///
/// Timers that fire or are dropped leave it where it is, which is too early then. It is found out anew once as many
/// keys were looked at as there are, which costs no more than the looks.
#[derive(Debug)]
pub(crate) struct Soonest {
    at: EventTime,
    looks: usize,
}

impl Soonest {
    /// No key has a timer.
    pub(crate) const NONE: Self = Self {
        at: EventTime::AFTER_ALL,
        looks: 0,
    };

    /// Whether a clock that is `highest` of some may have passed a timer, or is at the end of all.
    pub(crate) fn may_be_before(&self, highest: EventTime) -> bool {
        self.at < highest || highest == EventTime::AFTER_ALL
    }

    /// This is the first timer of some key now.
    pub(crate) fn set(&mut self, timer: EventTime) {
        self.at = self.at.min(timer);
    }

    /// This many keys were looked at, in vain or not; `timers` are the first ones of all keys.
    pub(crate) fn looked_at(
        &mut self,
        keys: usize,
        timers: impl ExactSizeIterator<Item = EventTime>,
    ) {
        self.looks += keys;
        if self.looks >= timers.len() {
            self.at = timers.min().unwrap_or(EventTime::AFTER_ALL);
            self.looks = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_never_after_a_timer_and_catches_up_after_as_many_looks_as_there_are_keys() {
        let at = EventTime::from_micros;
        let mut soonest = Soonest::NONE;
        assert!(!soonest.may_be_before(EventTime::MAX));
        assert!(soonest.may_be_before(EventTime::AFTER_ALL));
        soonest.set(at(60));
        soonest.set(at(90));
        assert!(soonest.may_be_before(at(61)));
        assert!(!soonest.may_be_before(at(60)));
        // The first timer has fired: two looks at two keys later that is known.
        let left = [at(90), EventTime::AFTER_ALL];
        soonest.looked_at(1, left.into_iter());
        assert!(soonest.may_be_before(at(61)));
        soonest.looked_at(1, left.into_iter());
        assert!(!soonest.may_be_before(at(90)));
        assert!(soonest.may_be_before(at(91)));
    }
}
