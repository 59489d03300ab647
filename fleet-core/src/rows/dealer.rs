//! Distributes decoded events to the shards of their keys.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;

use super::Events;
use crate::{data::EventTime, event::Event};

/// How many events are built before they are distributed. Our choice: few enough for the L1 cache,
/// enough that the stores of the first event have completed when it is read. Reading an event right
/// after building it is slower.
const GROUP: usize = 16;

/// The shard of a key, out of `shards`. Never stored: a restart may use another number of shards.
#[inline]
pub(crate) fn shard_of(key: &str, shards: usize) -> usize {
    let hash = FixedState::default().hash_one(key);
    usize::try_from(hash % shards.max(1) as u64).unwrap_or(0)
}

/// Distributes events to the lists of their shards, in groups of [`GROUP`].
#[derive(Debug)]
pub(crate) struct Dealer<E> {
    /// Built but not distributed yet: the key of an event is known only once it is built.
    pending: Events<E>,
    /// One list per shard.
    lists: Vec<Events<E>>,
    deal: fn(&mut Events<E>, &mut [Events<E>]),
}

impl<E: Event> Dealer<E> {
    pub(crate) fn new(shards: usize) -> Self {
        Self {
            pending: Events::default(),
            lists: (0..shards).map(|_| Events::default()).collect(),
            deal: |pending, lists| {
                let has_log_times = |list: &mut Events<E>| !list.log_times().is_empty();
                if has_log_times(pending) || lists.iter_mut().any(has_log_times) {
                    return deal_logged(pending, lists);
                }
                let shards = lists.len();
                pending.take_each(|offset, event| {
                    let shard = shard_of(event.key(), shards);
                    if let Some(list) = lists.get_mut(shard) {
                        list.swap_in(offset, event);
                    }
                });
            },
        }
    }
}

/// Distributes events with their log times.
fn deal_logged<E: Event>(pending: &mut Events<E>, lists: &mut [Events<E>]) {
    let (times, shards) = (std::mem::take(pending.log_times()), lists.len());
    let mut index = 0;
    pending.take_each(|offset, event| {
        if let Some(list) = lists.get_mut(shard_of(event.key(), shards)) {
            list.set_log_time(times.at(index));
            list.swap_in(offset, event);
        }
        index += 1;
    });
    pending.set_log_time(times.last());
}

impl<E> Dealer<E> {
    /// Sets the log time of the events that are appended next.
    pub(crate) fn set_log_time(&mut self, time: Option<EventTime>) {
        self.next().set_log_time(time);
    }

    /// The list to which the next event is appended.
    #[inline]
    pub(crate) fn next(&mut self) -> &mut Events<E> {
        match self.lists.as_mut_slice() {
            [only] => only,
            _ => &mut self.pending,
        }
    }

    /// Confirms the last event as complete.
    #[inline]
    pub(crate) fn finish(&mut self) {
        if self.pending.len() >= GROUP {
            self.deal_all();
        }
    }

    /// Removes the last event, which turned out not to be one.
    #[inline]
    pub(crate) fn discard(&mut self) {
        let last = self.next();
        last.truncate(last.len().saturating_sub(1));
    }

    /// Distributes the pending events.
    pub(crate) fn deal_all(&mut self) {
        (self.deal)(&mut self.pending, &mut self.lists);
    }

    /// One list per shard.
    pub(crate) fn lists(&mut self) -> &mut [Events<E>] {
        &mut self.lists
    }

    /// The length of each list.
    pub(crate) fn lengths(&self) -> Vec<usize> {
        self.lists.iter().map(Events::len).collect()
    }

    /// Truncates the lists to these lengths and drops the pending events.
    pub(crate) fn reset(&mut self, lengths: &[usize]) {
        self.pending.clear();
        for (list, length) in self.lists.iter_mut().zip(lengths) {
            list.truncate(*length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{Offset, VehicleId},
        event::Telemetry,
    };

    fn event(car: u64) -> Telemetry {
        Telemetry::new(
            VehicleId::new(&format!("car-{car}")).unwrap(),
            EventTime::MIN,
        )
    }

    fn deal(dealer: &mut Dealer<Telemetry>, cars: std::ops::Range<u64>) {
        for car in cars {
            dealer.next().push(Offset(car), event(car));
            dealer.finish();
        }
        dealer.deal_all();
    }

    #[test]
    fn each_event_reaches_its_shard_once_and_in_order_however_often_lists_are_emptied() {
        for shards in 1..4 {
            let mut dealer = Dealer::new(shards);
            // In the first round the lists grow; later they reuse old events.
            for round in 0..3 {
                let cars = round * 100..round * 100 + 70;
                deal(&mut dealer, cars.clone());
                for (shard, list) in dealer.lists().iter_mut().enumerate() {
                    let own = |car: &u64| shard_of(event(*car).key(), shards) == shard;
                    let mut expected = cars.clone().filter(own);
                    list.take_each(|at, event| {
                        assert_eq!(Some(at.0), expected.next());
                        assert_eq!(event.key(), format!("car-{}", at.0));
                    });
                    assert_eq!(expected.next(), None);
                    assert!(list.is_empty());
                }
            }
        }
    }

    #[test]
    fn a_removed_event_and_those_of_a_retried_payload_are_not_distributed() {
        for shards in [1, 2] {
            let mut dealer = Dealer::new(shards);
            deal(&mut dealer, 0..40);
            let before = dealer.lengths();
            dealer.next().push(Offset(40), event(40));
            dealer.discard();
            dealer.deal_all();
            assert_eq!(dealer.lengths(), before);

            deal(&mut dealer, 41..81);
            dealer.next().push(Offset(81), event(81));
            dealer.reset(&before);
            dealer.deal_all();
            assert_eq!(dealer.lengths(), before);
        }
    }

    #[test]
    fn each_event_reaches_its_shard_with_its_own_log_time() {
        // The log time changes with every seventh event, and every fourth time there is none.
        let log_time = |car: u64| {
            let time = i64::try_from(car / 7).unwrap();
            (time % 4 != 0).then(|| EventTime::from_micros(time))
        };
        for shards in 1..4 {
            let mut dealer = Dealer::new(shards);
            for round in 0..3 {
                let cars = round * 100..round * 100 + 70;
                for car in cars.clone() {
                    if car % 7 == 0 || car == cars.start {
                        dealer.set_log_time(log_time(car));
                    }
                    dealer.next().push(Offset(car), event(car));
                    dealer.finish();
                    // What is no event has no log time that could stay behind.
                    dealer.next().push(Offset(car), event(car));
                    dealer.discard();
                }
                dealer.deal_all();
                let mut found = Vec::new();
                for list in dealer.lists() {
                    for (time, run) in list.runs() {
                        found.extend(run.iter().map(|(at, _)| (at.0, time)));
                    }
                    list.take_each(|_, _| ());
                }
                found.sort_unstable();
                let expected: Vec<_> = cars.map(|car| (car, log_time(car))).collect();
                assert_eq!(found, expected, "{shards} shards");
            }
        }
    }

    #[test]
    fn the_log_times_of_a_retried_payload_are_dropped() {
        for shards in [1, 2] {
            let mut dealer = Dealer::new(shards);
            deal(&mut dealer, 0..40);
            let before = dealer.lengths();
            dealer.set_log_time(Some(EventTime::from_micros(1)));
            deal(&mut dealer, 40..81);
            dealer.next().push(Offset(81), event(81));
            dealer.reset(&before);
            dealer.set_log_time(None);
            deal(&mut dealer, 40..60);
            for list in dealer.lists() {
                let times: Vec<_> = list.runs().map(|(time, _)| time).collect();
                assert_eq!(times, [None]);
            }
        }
    }

    #[test]
    fn keys_are_spread_evenly_over_shards_and_always_in_the_same_way() {
        let mut counts = [0u32; 3];
        for car in 0..3_000 {
            counts[shard_of(&format!("fleet-001-VH-{car:03}"), 3)] += 1;
        }
        let even = 850..1_150;
        assert!(
            counts.iter().all(|count| even.contains(count)),
            "{counts:?}"
        );
        assert_eq!(shard_of("car-1", 8), shard_of("car-1", 8));
        assert_eq!(shard_of("car-1", 1), 0);
    }
}
