//! Deals decoded events out to the shards of their keys.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;

use super::Events;
use crate::event::Event;

/// How many events are built before they are dealt. Our choice: few enough for the nearest cache, enough that
/// the first of them has long been written when it is read; one that was built just now is read more slowly.
const HAND: usize = 16;

/// Which of `shards` a key belongs to. Never stored: a restart may have another number of them.
#[inline]
pub(crate) fn shard_of(key: &str, shards: usize) -> usize {
    let hash = FixedState::default().hash_one(key);
    usize::try_from(hash % shards.max(1) as u64).unwrap_or(0)
}

/// Deals events out to the lists of their shards, a hand at a time.
#[derive(Debug)]
pub(crate) struct Dealer<E> {
    /// Built and not dealt yet: whose an event is, is known only then.
    hand: Events<E>,
    /// By shard.
    lists: Vec<Events<E>>,
    deal: fn(&mut Events<E>, &mut [Events<E>]),
}

impl<E: Event> Dealer<E> {
    pub(crate) fn new(shards: usize) -> Self {
        Self {
            hand: Events::default(),
            lists: (0..shards).map(|_| Events::default()).collect(),
            deal: |hand, lists| {
                let shards = lists.len();
                hand.take_each(|offset, event| {
                    let shard = shard_of(event.key(), shards);
                    if let Some(list) = lists.get_mut(shard) {
                        list.swap_in(offset, event);
                    }
                });
            },
        }
    }
}

impl<E> Dealer<E> {
    /// Where the next event goes.
    #[inline]
    pub(crate) fn next(&mut self) -> &mut Events<E> {
        match self.lists.as_mut_slice() {
            [only] => only,
            _ => &mut self.hand,
        }
    }

    /// An event is complete.
    #[inline]
    pub(crate) fn finish(&mut self) {
        if self.hand.len() >= HAND {
            self.deal_all();
        }
    }

    /// The last event is none after all.
    #[inline]
    pub(crate) fn discard(&mut self) {
        let last = self.next();
        last.truncate(last.len().saturating_sub(1));
    }

    /// Deals what is left in the hand.
    pub(crate) fn deal_all(&mut self) {
        (self.deal)(&mut self.hand, &mut self.lists);
    }

    /// By shard.
    pub(crate) fn lists(&mut self) -> &mut [Events<E>] {
        &mut self.lists
    }

    /// How long each list is.
    pub(crate) fn lengths(&self) -> Vec<usize> {
        self.lists.iter().map(Events::len).collect()
    }

    /// Takes back what was dealt since the lists were so long, and what was not dealt yet.
    pub(crate) fn reset(&mut self, lengths: &[usize]) {
        self.hand.clear();
        for (list, length) in self.lists.iter_mut().zip(lengths) {
            list.truncate(*length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{EventTime, Offset, VehicleId},
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
    fn each_event_comes_to_its_shard_once_and_in_order_however_often_lists_are_emptied() {
        for shards in 1..4 {
            let mut dealer = Dealer::new(shards);
            // The first time lists grow, later they hold old events.
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
    fn an_event_that_is_none_and_those_of_a_payload_that_is_tried_again_are_not_dealt() {
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
