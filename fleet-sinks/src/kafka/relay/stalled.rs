//! The topics that failed, and when each is tried again.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::time::Instant;

/// The delay after the first failure of a topic. Our choice: as long as a relay polls by default.
const FIRST: Duration = Duration::from_secs(1);
/// The longest delay. Our choice: a topic that was made goes on within a minute, and one that is
/// missing for days delays others by seconds of each minute.
const LONGEST: Duration = Duration::from_secs(60);

/// Topics that failed since messages of theirs passed. Each is left out of pages for a delay of its
/// own, which doubles with each failure in a row: a page waits for all its topics.
#[derive(Debug, Default)]
pub(super) struct Stalled(BTreeMap<String, Delay>);

#[derive(Clone, Copy, Debug)]
struct Delay {
    length: Duration,
    due: Instant,
}

impl Stalled {
    /// Those that are not tried now.
    pub(super) fn waiting(&self, now: Instant) -> Vec<String> {
        let waiting = self.0.iter().filter(|(_, delay)| delay.due > now);
        waiting.map(|(topic, _)| topic.clone()).collect()
    }

    /// Notes that these failed. Where no topic was answered, brokers are gone rather than topics:
    /// the delays stay as they are, so that all go on soon after the brokers are back.
    pub(super) fn fail(&mut self, topics: BTreeSet<String>, all_silent: bool, now: Instant) {
        for topic in topics {
            let length = match self.0.get(&topic) {
                Some(last) if all_silent => last.length,
                Some(last) => (last.length * 2).min(LONGEST),
                None => FIRST,
            };
            let due = now + length;
            self.0.insert(topic, Delay { length, due });
        }
    }

    /// Notes that messages of a topic passed.
    pub(super) fn pass(&mut self, topic: &str) {
        self.0.remove(topic);
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(topics: &[&str]) -> BTreeSet<String> {
        topics.iter().copied().map(str::to_owned).collect()
    }

    #[test]
    fn each_topic_waits_twice_as_long_after_each_failure() {
        let (mut now, mut stalled) = (Instant::now(), Stalled::default());
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            stalled.fail(set(&["missing"]), false, now);
            let almost = now + Duration::from_millis(seconds * 1000 - 1);
            assert_eq!(stalled.waiting(almost), ["missing"]);
            now += Duration::from_secs(seconds);
            assert!(stalled.waiting(now).is_empty(), "after {seconds} s");
        }
        stalled.fail(set(&["other"]), false, now);
        assert_eq!(stalled.waiting(now), ["other"], "each has its own delay");
        stalled.pass("missing");
        stalled.fail(set(&["missing"]), false, now);
        assert!(stalled.waiting(now + FIRST).is_empty(), "it begins anew");
    }

    #[test]
    fn delays_do_not_grow_while_no_broker_answers() {
        let (mut now, mut stalled) = (Instant::now(), Stalled::default());
        for _ in 0..5 {
            stalled.fail(set(&["one", "two"]), true, now);
            assert_eq!(stalled.waiting(now), ["one", "two"]);
            now += FIRST;
            assert!(stalled.waiting(now).is_empty());
        }
    }
}
