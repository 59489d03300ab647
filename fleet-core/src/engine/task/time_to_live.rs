//! Time to live of keys: at which records the silent ones are forgotten.

use std::time::Duration;

use crate::{
    contracts::checkpoint::Saved,
    data::{EventTime, Offset, State},
    engine::{entries, order::Order},
    event::Event,
    rows::TimedEvents,
};

/// Before this record, the keys that are silent since `horizon` are forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sweep {
    pub(super) at: Offset,
    pub(super) horizon: EventTime,
}

/// The time of a partition: the newest of its records, rounded down to a quarter of the time to live.
///
/// When it moves depends on the records alone, so every run over them sweeps at the same places.
#[derive(Debug, Default)]
pub(super) struct PartitionTime {
    now: Option<EventTime>,
    is_saved: bool,
}

impl PartitionTime {
    /// Moves it over records and says where silent keys are forgotten. The lists are each in the order of the input.
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
            // A row ahead of its log waits for it, and so does this.
            let taken = taken.map(|(offset, at)| (offset, at.min(log)));
            ahead.extend(taken.filter(|(_, at)| *at >= next));
        }
        ahead.sort_unstable();
        let mut sweeps = Vec::new();
        for (at, time) in ahead {
            if time >= next {
                let now = time.floor_to(step);
                let horizon = now - ttl;
                // There is nothing to forget before the first.
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

    /// Takes back what [`seal`](Self::seal) saved; `None` when it cannot be read.
    pub(super) fn restore(&mut self, saved: &Saved) -> Option<()> {
        self.now = Some(EventTime::decode(0, &mut saved.bytes.as_deref()?)?);
        self.is_saved = true;
        Some(())
    }
}

/// Takes the events before a record out of lists that are each in the order of the input.
pub(super) fn split_before<E>(lists: &mut [TimedEvents<E>], at: Offset) -> Vec<TimedEvents<E>> {
    let before = lists
        .iter_mut()
        .map(|(log, events)| (*log, events.take_before(at)));
    before.collect()
}
