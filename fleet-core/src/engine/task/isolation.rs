use std::collections::{BTreeMap, BTreeSet, HashMap};

use compact_str::CompactString;

use super::shard::Timed;
use crate::{
    contracts::checkpoint::{Saved, Tallies},
    data::{EventTime, Offset},
    engine::{graph::Buffer, order},
    event::Event,
};

/// What a shard needs to go back to where it was before a panic: its state at some moment, as a snapshot
/// has it, and the events since.
///
/// # Cost
/// The state a second time, encoded; a copy of each event until the next commit; and that commit's entries
/// once more.
pub(super) struct Isolation<E> {
    /// By key: an entry for each node.
    base: HashMap<CompactString, Vec<Saved>>,
    since: Vec<Taken<E>>,
    /// What of the base the store does not hold yet.
    unsaved: BTreeMap<(u16, CompactString), Saved>,
}

/// An event that was taken.
pub(super) struct Taken<E> {
    /// When the log took it.
    pub(super) log: Option<EventTime>,
    pub(super) offset: Offset,
    pub(super) event: E,
}

/// A place to go back to.
pub(super) struct Mark {
    /// How many of the events since came before.
    events: usize,
    outputs: Vec<usize>,
    tallies: Tallies,
}

impl<E: Event> Isolation<E> {
    pub(super) fn new() -> Self {
        Self {
            base: HashMap::new(),
            since: Vec::new(),
            unsaved: BTreeMap::new(),
        }
    }

    /// An entry that the store holds.
    pub(super) fn restore(&mut self, entry: &order::Entry<'_>, saved: &Saved) {
        let Some(key) = entry.key() else { return };
        let entries = match self.base.get_mut(key) {
            Some(entries) => entries,
            None => self.base.entry(key.into()).or_default(),
        };
        entries.retain(|entry| (entry.node, &entry.key) != (saved.node, &saved.key));
        if saved.bytes.is_some() {
            entries.push(saved.clone());
        }
    }

    /// These entries have changed; together with the others, they are the state of now.
    pub(super) fn rebase(&mut self, changed: &[Saved]) {
        self.since.clear();
        for saved in changed {
            if let Some(entry) = order::Entry::of(saved) {
                self.restore(&entry, saved);
            }
            let place = (saved.node, saved.key.clone());
            self.unsaved.insert(place, saved.clone());
        }
    }

    /// What the store has to hold to be where the base is.
    pub(super) fn take_unsaved(&mut self) -> Vec<Saved> {
        std::mem::take(&mut self.unsaved).into_values().collect()
    }

    /// Where the shard is before it takes more events.
    pub(super) fn mark(&self, outputs: &[Box<dyn Buffer>], tallies: &Tallies) -> Mark {
        Mark {
            events: self.since.len(),
            ..Mark::of(outputs, tallies)
        }
    }

    /// These events are taken next.
    pub(super) fn remember(&mut self, lists: &[Timed<E>]) {
        for (log, events) in lists {
            let taken = events.iter().map(|(offset, event)| Taken {
                log: *log,
                offset: *offset,
                event: event.clone(),
            });
            self.since.extend(taken);
        }
    }

    /// The entries of the base: of these keys, or of all.
    pub(super) fn entries<'a>(
        &'a self,
        keys: Option<&'a BTreeSet<String>>,
    ) -> impl Iterator<Item = &'a Saved> {
        let all = keys.is_none().then(|| self.base.values().flatten());
        let some = keys.into_iter().flatten();
        let some = some.filter_map(|key| self.base.get(key.as_str())).flatten();
        all.into_iter().flatten().chain(some)
    }

    /// The events since the base, in lists of one time of the log: of these keys, or of all.
    pub(super) fn events(&self, keys: Option<&BTreeSet<String>>) -> Vec<Timed<E>> {
        let is_asked = |event: &E| keys.is_none_or(|keys| keys.contains(event.key()));
        let lists = self.since.chunk_by(|a, b| a.log == b.log);
        let list = |list: &[Taken<E>]| {
            let asked = list.iter().filter(|taken| is_asked(&taken.event));
            let events = asked.map(|taken| (taken.offset, taken.event.clone()));
            (list.first().and_then(|taken| taken.log), events.collect())
        };
        lists.map(list).collect()
    }

    /// The events after the mark, which are not remembered any more.
    pub(super) fn take_after(&mut self, mark: &Mark) -> Vec<Taken<E>> {
        self.since.split_off(mark.events.min(self.since.len()))
    }
}

impl Mark {
    pub(super) fn of(outputs: &[Box<dyn Buffer>], tallies: &Tallies) -> Self {
        Self {
            events: 0,
            outputs: outputs.iter().map(|rows| rows.len()).collect(),
            tallies: tallies.clone(),
        }
    }

    /// Drops what was made since.
    pub(super) fn reset(&self, outputs: &mut [Box<dyn Buffer>], tallies: &mut Tallies) {
        for (rows, length) in outputs.iter_mut().zip(&self.outputs) {
            rows.truncate(*length);
        }
        tallies.clone_from(&self.tallies);
    }
}
