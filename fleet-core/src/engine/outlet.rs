//! Outlets and tallies: the task's side of sinks and counters, which collect the rows of a stream.

use std::{any::Any, collections::BTreeMap, sync::Arc};

use compact_str::CompactString;

use crate::{
    engine::graph::{Buffer, Slots, Stream},
    rows::{Keys, Row},
};

/// Collects the rows of one stream for one sink, which the task does not know.
pub(crate) struct Outlet {
    pub(crate) name: Arc<str>,
    pub(crate) slot: usize,
    /// Whether it collects the key of each row too.
    pub(crate) wants_keys: bool,
    new: fn(usize) -> Box<dyn Buffer>,
    collect: Box<Collect>,
}

type Collect = dyn Fn(&mut Slots, &mut dyn Buffer, Taking, &Keys) + Send + Sync;

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
            wants_keys: false,
            new: |rows| Box::new(Vec::<Row<T>>::with_capacity(rows)),
            collect: Box::new(move |slots, to, taking, _| {
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

    /// Returns an outlet that collects the key of each row too, by name: the number of a key
    /// belongs to another one once the key is forgotten.
    pub(crate) fn with_keys<T: Clone + Send + Sync + 'static>(name: &str, from: Stream<T>) -> Self {
        Self {
            name: name.into(),
            slot: from.slot,
            wants_keys: true,
            new: |rows| Box::new(KeyedRows::<T>::with_capacity(rows)),
            collect: Box::new(move |slots, to, taking, keys| {
                let Some(to) = to.as_any_mut().downcast_mut::<KeyedRows<T>>() else {
                    return;
                };
                let names = |row: &Row<T>| keys.name(row.key);
                if taking == Taking::Move
                    && let Some(rows) = slots.rows_mut(from)
                {
                    to.keys.extend(rows.iter().map(names));
                    to.rows.append(rows);
                } else {
                    let rows = slots.rows(from);
                    to.keys.extend(rows.iter().map(names));
                    to.rows.extend(rows.iter().cloned());
                }
            }),
        }
    }

    /// Returns an empty buffer with capacity for `rows` rows.
    pub(crate) fn buffer(&self, rows: usize) -> Box<dyn Buffer> {
        (self.new)(rows)
    }

    pub(crate) fn collect(
        &self,
        slots: &mut Slots,
        to: &mut dyn Buffer,
        taking: Taking,
        keys: &Keys,
    ) {
        (self.collect)(slots, to, taking, keys);
    }
}

/// The rows of an outlet [with keys](Outlet::with_keys), and the key of each.
struct KeyedRows<T> {
    rows: Vec<Row<T>>,
    keys: Vec<CompactString>,
}

impl<T> KeyedRows<T> {
    fn with_capacity(rows: usize) -> Self {
        Self {
            rows: Vec::with_capacity(rows),
            keys: Vec::with_capacity(rows),
        }
    }
}

impl<T: Send + Sync + 'static> Buffer for KeyedRows<T> {
    fn clear(&mut self) {
        self.truncate(0);
    }
    fn len(&self) -> usize {
        self.rows.len()
    }
    fn append(&mut self, other: &mut dyn Buffer) {
        if let Some(other) = other.as_any_mut().downcast_mut::<Self>() {
            self.rows.append(&mut other.rows);
            self.keys.append(&mut other.keys);
        }
    }
    fn truncate(&mut self, length: usize) {
        self.rows.truncate(length);
        self.keys.truncate(length);
    }
    fn bytes(&self) -> usize {
        size_of_val(self.rows.as_slice()) + size_of_val(self.keys.as_slice())
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// Returns the rows that an outlet collected, and their keys if it is one with keys.
pub(crate) fn collected<T: 'static>(by: &dyn Buffer) -> (&[Row<T>], Option<&[CompactString]>) {
    match by.as_any().downcast_ref::<KeyedRows<T>>() {
        Some(keyed) => (&keyed.rows, Some(&keyed.keys)),
        None => (by.rows(), None),
    }
}

/// Counts the rows of one stream, grouped by a word that a function returns for each.
pub(crate) struct Tally {
    pub(crate) group: Arc<str>,
    pub(crate) slot: usize,
    count: Box<Count>,
}

type Count = dyn Fn(&Slots, &mut BTreeMap<String, u64>) + Send + Sync;

impl Tally {
    pub(crate) fn new<T: Send + Sync + 'static>(
        group: &str,
        from: Stream<T>,
        word: impl Fn(&T) -> &str + Send + Sync + 'static,
    ) -> Self {
        let count = move |slots: &Slots, counts: &mut BTreeMap<String, u64>| {
            for row in slots.rows(from).iter() {
                let word = word(&row.value);
                match counts.get_mut(word) {
                    Some(count) => *count += 1,
                    None => drop(counts.insert(word.to_owned(), 1)),
                }
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
