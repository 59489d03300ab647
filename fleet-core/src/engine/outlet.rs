//! Outlets and tallies: the task's side of sinks and counters, which collect the rows of a stream.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    engine::graph::{Buffer, Slots, Stream},
    rows::Row,
};

/// Collects the rows of one stream for one sink, which the task does not know.
pub(crate) struct Outlet {
    pub(crate) name: Arc<str>,
    pub(crate) slot: usize,
    new: fn(usize) -> Box<dyn Buffer>,
    collect: Box<Collect>,
}

type Collect = dyn Fn(&mut Slots, &mut dyn Buffer, Taking) + Send + Sync;

/// Whether another outlet needs the same rows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taking {
    /// The rows are copied.
    Copy,
    /// The rows are moved: this is the last outlet of the stream.
    Move,
}

impl Outlet {
    pub(crate) fn new<T: Clone + Send + Sync + 'static>(name: &str, from: Stream<T>) -> Self {
        Self {
            name: name.into(),
            slot: from.slot,
            new: |rows| Box::new(Vec::<Row<T>>::with_capacity(rows)),
            collect: Box::new(move |slots, to, taking| {
                let Some(to) = to.rows_mut::<T>() else { return };
                if taking == Taking::Move
                    && let Some(rows) = slots.rows_mut(from)
                {
                    to.append(rows);
                } else {
                    // Events stay in their slab, even for the last outlet.
                    to.extend(slots.rows(from).iter().cloned());
                }
            }),
        }
    }

    /// Returns an empty buffer with capacity for `rows` rows.
    pub(crate) fn buffer(&self, rows: usize) -> Box<dyn Buffer> {
        (self.new)(rows)
    }

    pub(crate) fn collect(&self, slots: &mut Slots, to: &mut dyn Buffer, taking: Taking) {
        (self.collect)(slots, to, taking);
    }
}

/// Counts the rows of one stream, grouped by a word that a function returns for each.
pub(crate) struct Tally {
    pub(crate) group: Arc<str>,
    pub(crate) slot: usize,
    count: Box<Count>,
}

type Count = dyn Fn(&Slots, &mut BTreeMap<&'static str, u64>) + Send + Sync;

impl Tally {
    pub(crate) fn new<T: Send + Sync + 'static>(
        group: &str,
        from: Stream<T>,
        word: impl Fn(&T) -> &'static str + Send + Sync + 'static,
    ) -> Self {
        let count = move |slots: &Slots, counts: &mut BTreeMap<&'static str, u64>| {
            for row in slots.rows(from).iter() {
                *counts.entry(word(&row.value)).or_default() += 1;
            }
        };
        Self {
            group: group.into(),
            slot: from.slot,
            count: Box::new(count),
        }
    }

    /// Adds the rows of this pass to the totals.
    pub(crate) fn add(&self, slots: &Slots, totals: &mut crate::contracts::checkpoint::Tallies) {
        let mut counts = BTreeMap::new();
        (self.count)(slots, &mut counts);
        for (word, count) in counts {
            *totals.entry(format!("{}.{word}", self.group)).or_default() += count;
        }
    }
}
