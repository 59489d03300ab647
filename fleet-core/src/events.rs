//! Decoded events on their way to the shards of their keys.

use std::ops::Deref;

use crate::{Offset, decode::shard_of, event::Event};

/// How many events are built before they are dealt. Our choice: few enough for the nearest cache, enough that
/// the first of them has long been written when it is read; one that was built just now is read more slowly.
const HAND: usize = 16;

/// Events with the offsets of their records, in the order of the input.
///
/// # Shape
/// What is taken out leaves an old event behind, in whose place the next one is built: nothing is dropped or
/// allocated while a list is filled and emptied again and again.
#[derive(Debug)]
pub(crate) struct Events<E> {
    /// Past `len`, old events.
    rows: Vec<(Offset, E)>,
    len: usize,
}

impl<E> Default for Events<E> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            len: 0,
        }
    }
}

impl<E> Deref for Events<E> {
    type Target = [(Offset, E)];

    fn deref(&self) -> &Self::Target {
        self.rows.get(..self.len).unwrap_or_default()
    }
}

impl<E> FromIterator<(Offset, E)> for Events<E> {
    fn from_iter<I: IntoIterator<Item = (Offset, E)>>(events: I) -> Self {
        let rows = Vec::from_iter(events);
        let len = rows.len();
        Self { rows, len }
    }
}

impl<E> Events<E> {
    #[inline]
    pub(crate) fn push(&mut self, offset: Offset, event: E) {
        match self.rows.get_mut(self.len) {
            Some(old) => *old = (offset, event),
            None => self.rows.push((offset, event)),
        }
        self.len += 1;
    }

    /// Appends an event that is built in its place: from an old one that is cleaned, or from a blank one.
    #[inline]
    pub(crate) fn build(
        &mut self,
        offset: Offset,
        clean: impl FnOnce(&mut E),
        blank: impl FnOnce() -> E,
    ) -> Option<&mut E> {
        if self.len == self.rows.len() {
            self.rows.push((offset, blank()));
        }
        let (at, event) = self.rows.get_mut(self.len)?;
        *at = offset;
        clean(event);
        self.len += 1;
        Some(event)
    }

    /// Appends an event, for which it leaves an old one.
    #[inline]
    fn swap_in(&mut self, offset: Offset, event: &mut E)
    where
        E: Clone,
    {
        match self.rows.get_mut(self.len) {
            Some(old) => {
                old.0 = offset;
                std::mem::swap(&mut old.1, event);
            }
            None => self.rows.push((offset, event.clone())),
        }
        self.len += 1;
    }

    /// Takes out all events; what `take` leaves of each is an old one.
    #[inline]
    pub(crate) fn take_each(&mut self, mut take: impl FnMut(Offset, &mut E)) {
        for (offset, event) in self.rows.iter_mut().take(self.len) {
            take(*offset, event);
        }
        self.len = 0;
    }

    /// Takes out the events before a record.
    pub(crate) fn take_before(&mut self, end: Offset) -> Self {
        let before = self.partition_point(|(offset, _)| *offset < end);
        let taken = self.rows.drain(..before).collect();
        self.len -= before;
        taken
    }

    pub(crate) fn retain(&mut self, mut is_kept: impl FnMut(Offset) -> bool) {
        self.rows.truncate(self.len);
        self.rows.retain(|(offset, _)| is_kept(*offset));
        self.len = self.rows.len();
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }
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
    pub(crate) fn keep(&mut self) {
        if self.hand.len >= HAND {
            self.deal_all();
        }
    }

    /// The last event is none after all.
    #[inline]
    pub(crate) fn undo(&mut self) {
        let last = self.next();
        last.truncate(last.len.saturating_sub(1));
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
        self.lists.iter().map(|list| list.len).collect()
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
    use crate::{EventTime, VehicleId, event::Telemetry};

    fn event(car: u64) -> Telemetry {
        Telemetry::new(
            VehicleId::new(&format!("car-{car}")).unwrap(),
            EventTime::MIN,
        )
    }

    fn deal(dealer: &mut Dealer<Telemetry>, cars: std::ops::Range<u64>) {
        for car in cars {
            dealer.next().push(Offset(car), event(car));
            dealer.keep();
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
            dealer.undo();
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
    fn events_are_taken_out_before_a_record_or_by_their_offsets() {
        let named = ('a'..='e').zip(0..).map(|(name, at)| (Offset(at), name));
        let mut events: Events<char> = named.collect();
        let before = events.take_before(Offset(2));
        assert_eq!(&*before, [(Offset(0), 'a'), (Offset(1), 'b')]);
        events.retain(|at| at != Offset(3));
        assert_eq!(&*events, [(Offset(2), 'c'), (Offset(4), 'e')]);
        events.truncate(1);
        events.retain(|_| true);
        assert_eq!(
            &*events,
            [(Offset(2), 'c')],
            "an old one does not come back"
        );
    }
}
