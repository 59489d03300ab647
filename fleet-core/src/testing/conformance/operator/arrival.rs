//! Orders in which the input of an operator arrives: sorted, shuffled within a bound, belated.

use std::{collections::HashMap, time::Duration};

use crate::{data::EventTime, event::Event};

/// The sample input of an operator.
pub(super) struct Input<E> {
    /// Sorted as the order buffer sorts them: by time, ties by identity.
    pub(super) in_order: Vec<E>,
    span: Duration,
}

impl<E: Event> Input<E> {
    pub(super) fn new(rows: &[E]) -> Self {
        let mut in_order = rows.to_vec();
        in_order.sort_by_key(|row| (row.at(), row.identity()));
        let (Some(first), Some(last)) = (in_order.first(), in_order.last()) else {
            panic!("the suite needs some rows");
        };
        let span = last.at().since(first.at());
        assert!(!span.is_zero(), "the suite needs rows of different times");
        Self { in_order, span }
    }

    /// The time from the first row to the last.
    pub(super) fn span(&self) -> Duration {
        self.span
    }

    /// A bound that most rows are further apart than.
    pub(super) fn bound(&self) -> Duration {
        self.span / 10
    }

    /// The rows out of order, each arrival with the bound that it keeps.
    pub(super) fn shuffled(&self) -> [(Duration, Vec<E>); 3] {
        let (even, odd): (Vec<_>, Vec<_>) = self
            .in_order
            .iter()
            .cloned()
            .enumerate()
            .partition(|(n, _)| n % 2 == 0);
        let mixed = odd.into_iter().chain(even).map(|(_, row)| row).collect();
        let backwards = self.in_order.iter().rev().cloned().collect();
        // A row that is delayed by up to the bound comes at most after those that are newer by the
        // bound.
        let jittered = self.delayed(|n, _| self.bound() * (n * 7 % 11) / 10);
        let shuffled = [
            (self.bound(), jittered),
            (self.span, mixed),
            (self.span, backwards),
        ];
        for (bound, arrived) in &shuffled {
            let sorted = arrived.is_sorted_by_key(Event::at);
            assert!(!sorted, "the suite needs rows closer than {bound:?}");
        }
        shuffled
    }

    /// The rows with some that are belated under [`bound`](Self::bound), and those that are not
    /// belated.
    pub(super) fn belated(&self) -> (Vec<E>, Vec<E>) {
        let arrived = self.delayed(|_, n| {
            if n % 3 == 1 {
                self.span / 3
            } else {
                Duration::ZERO
            }
        });
        let mut newest: HashMap<String, EventTime> = HashMap::new();
        let is_timely = |row: &&E| {
            let newest = newest.entry(row.key().to_owned()).or_insert(row.at());
            *newest = row.at().max(*newest);
            newest.since(row.at()) <= self.bound()
        };
        let timely: Vec<_> = arrived.iter().filter(is_timely).cloned().collect();
        assert!(
            timely.len() < arrived.len(),
            "the suite needs keys with rows further apart than {:?}: none can be belated",
            self.bound()
        );
        (arrived, timely)
    }

    /// The rows in the order of their delayed times; `by` gives the delay of a row by its number
    /// among all rows and among those of its key.
    fn delayed(&self, by: impl Fn(u32, u32) -> Duration) -> Vec<E> {
        let mut counts: HashMap<&str, u32> = HashMap::new();
        let mut delayed: Vec<_> = self
            .in_order
            .iter()
            .zip(0..)
            .map(|(row, n)| {
                let count = counts.entry(row.key()).or_default();
                *count += 1;
                (row.at() + by(n, *count - 1), row.clone())
            })
            .collect();
        delayed.sort_by_key(|(at, _)| *at);
        delayed.into_iter().map(|(_, row)| row).collect()
    }
}
