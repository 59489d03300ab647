//! The time to live of keys: decides before which records silent keys are forgotten.

use std::time::Duration;

use crate::{
    contracts::checkpoint::Saved,
    data::{EventTime, Offset, State},
    engine::{entries, order::Order},
    event::Event,
    rows::Events,
};

/// Before record `at`, forget the keys that have been silent since `horizon`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sweep {
    pub(super) at: Offset,
    pub(super) horizon: EventTime,
}

/// The time of a partition: the newest time of its records, rounded down to a quarter of the time
/// to live.
///
/// It depends on the records alone, so every run over them sweeps at the same records.
#[derive(Debug, Default)]
pub(super) struct PartitionTime {
    now: Option<EventTime>,
    is_saved: bool,
}

impl PartitionTime {
    /// Advances it over records, and returns the sweeps. Each list has one log time.
    pub(super) fn advance<'a, E: Event>(
        &mut self,
        ttl: Duration,
        order: &Order,
        lists: impl Iterator<Item = (Option<EventTime>, &'a [(Offset, E)])>,
    ) -> Vec<Sweep> {
        let step = ttl / 4;
        let mut next = self.now.map_or(EventTime::BEFORE_ALL, |now| now + step);
        let mut ahead = Vec::new();
        for (log, events) in lists {
            let (latest, log) = (order.latest(log), log.unwrap_or(EventTime::MAX));
            let times = events.iter().map(|(offset, event)| (*offset, event.at()));
            let taken = times.filter(|(_, at)| (EventTime::MIN..=latest).contains(at));
            // A row ahead of its log waits for the log, and so does the time of the partition.
            let taken = taken.map(|(offset, at)| (offset, at.min(log)));
            ahead.extend(taken.filter(|(_, at)| *at >= next));
        }
        ahead.sort_unstable();
        let mut sweeps = Vec::new();
        for (at, time) in ahead {
            if time >= next {
                let now = time.floor_to(step);
                let horizon = now - ttl;
                // Before the first record there is nothing to forget.
                if self.now.is_some() {
                    sweeps.push(Sweep { at, horizon });
                }
                (self.now, self.is_saved) = (Some(now), false);
                next = now + step;
            }
        }
        sweeps
    }

    pub(super) fn seal(&mut self, to: &mut Vec<Saved>) {
        if let Some(now) = self.now.filter(|_| !self.is_saved) {
            self.is_saved = true;
            to.push(entries::partition_time(now));
        }
    }

    /// Restores what [`seal`](Self::seal) saved. Returns `None` if it cannot be read.
    pub(super) fn restore(&mut self, saved: &Saved) -> Option<()> {
        self.now = Some(EventTime::decode(0, &mut saved.bytes.as_deref()?)?);
        self.is_saved = true;
        Some(())
    }
}

/// Removes and returns the events before a record from lists in input order.
pub(super) fn split_before<E>(lists: &mut [Events<E>], at: Offset) -> Vec<Events<E>> {
    let lists = lists.iter_mut();
    lists.map(|events| events.take_before(at)).collect()
}
