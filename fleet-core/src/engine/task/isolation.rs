//! The data from which a shard rolls back after a panic, if panics are isolated.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use compact_str::CompactString;

use super::results::{Results, ResultsMark};
use crate::{
    contracts::checkpoint::Saved,
    data::{EventTime, Offset},
    engine::entries::SnapshotEntry,
    event::Event,
    rows::Events,
};

/// A base, which is the state of a shard at some moment as a snapshot stores it, and the events
/// since.
///
/// # Cost
/// A second, encoded copy of the state, a copy of each event until the next commit, and a second
/// copy of the entries of that commit.
pub(super) struct Isolation<E> {
    /// The entries of each key.
    base: HashMap<CompactString, Vec<Saved>>,
    since: Vec<TakenEvent<E>>,
    /// The part of the base that is not in the store yet.
    unsaved: BTreeMap<(u16, CompactString), Saved>,
}

/// An event that the shard took.
pub(super) struct TakenEvent<E> {
    /// The time at which the log appended it.
    pub(super) log: Option<EventTime>,
    pub(super) offset: Offset,
    pub(super) event: E,
}

/// A moment to roll back to.
pub(super) struct Savepoint {
    /// The number of events between the base and this moment.
    events: usize,
    results: ResultsMark,
}

impl Savepoint {
    /// Drops the results that came after it.
    pub(super) fn reset(&self, results: &mut Results) {
        results.reset(&self.results);
    }
}

impl<E: Event> Isolation<E> {
    pub(super) fn new() -> Self {
        Self {
            base: HashMap::new(),
            since: Vec::new(),
            unsaved: BTreeMap::new(),
        }
    }

    /// Adds an entry from the store to the base.
    pub(super) fn restore(&mut self, entry: &SnapshotEntry<'_>, saved: &Saved) {
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

    /// Makes the current state the base. These entries have changed since the last base.
    pub(super) fn rebase(&mut self, changed: &[Saved]) {
        self.since.clear();
        for saved in changed {
            if let Some(entry) = SnapshotEntry::of(saved) {
                self.restore(&entry, saved);
            }
            let place = (saved.node, saved.key.clone());
            self.unsaved.insert(place, saved.clone());
        }
    }

    /// Takes the entries that the store still needs.
    pub(super) fn take_unsaved(&mut self) -> Vec<Saved> {
        std::mem::take(&mut self.unsaved).into_values().collect()
    }

    /// Returns a savepoint before these events, and records the events.
    pub(super) fn savepoint(&mut self, results: &Results, next: [&[Events<E>]; 2]) -> Savepoint {
        let events = self.since.len();
        let lists = next.into_iter().flatten();
        for (log, events) in lists.flat_map(Events::runs) {
            let taken = events.iter().map(|(offset, event)| TakenEvent {
                log,
                offset: *offset,
                event: event.clone(),
            });
            self.since.extend(taken);
        }
        let results = results.mark();
        Savepoint { events, results }
    }

    /// Returns the entries of the base for these keys, or for all.
    pub(super) fn entries<'a>(
        &'a self,
        keys: Option<&'a BTreeSet<String>>,
    ) -> impl Iterator<Item = &'a Saved> {
        let all = keys.is_none().then(|| self.base.values().flatten());
        let some = keys.into_iter().flatten();
        let some = some.filter_map(|key| self.base.get(key.as_str())).flatten();
        all.into_iter().flatten().chain(some)
    }

    /// Returns the events since the base for these keys, or for all.
    pub(super) fn events(&self, keys: Option<&BTreeSet<String>>) -> Events<E> {
        let is_wanted = |event: &E| keys.is_none_or(|keys| keys.contains(event.key()));
        let mut events = Events::default();
        for TakenEvent { log, offset, event } in &self.since {
            if is_wanted(event) {
                events.set_log_time(*log);
                events.push(*offset, event.clone());
            }
        }
        events
    }

    /// Removes and returns the events after the savepoint.
    pub(super) fn take_after(&mut self, savepoint: &Savepoint) -> Vec<TakenEvent<E>> {
        self.since.split_off(savepoint.events.min(self.since.len()))
    }
}
