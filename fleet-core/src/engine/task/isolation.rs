//! What a shard needs to go back to where it was before a panic, where panics are isolated.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use compact_str::CompactString;

use super::results::{Results, ResultsMark};
use crate::{
    contracts::checkpoint::Saved,
    data::{EventTime, Offset},
    engine::entries::SnapshotEntry,
    event::Event,
    rows::TimedEvents,
};

/// The state of a shard at some moment, as a snapshot has it, and the events since.
///
/// # Cost
/// A second copy of the state, encoded; a copy of each event until the next commit; and a second
/// copy of the entries of that commit.
pub(super) struct Isolation<E> {
    /// By key: an entry for each node.
    base: HashMap<CompactString, Vec<Saved>>,
    since: Vec<TakenEvent<E>>,
    /// The part of the base that the store does not hold yet.
    unsaved: BTreeMap<(u16, CompactString), Saved>,
}

/// An event that was taken.
pub(super) struct TakenEvent<E> {
    /// When the log took it.
    pub(super) log: Option<EventTime>,
    pub(super) offset: Offset,
    pub(super) event: E,
}

/// A moment to go back to.
pub(super) struct Savepoint {
    /// How many of the events since the base came before it.
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

    /// Adds an entry that the store holds.
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

    /// Makes the current state the base: these entries have changed since the last one.
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

    /// The entries that the store needs to hold the base.
    pub(super) fn take_unsaved(&mut self) -> Vec<Saved> {
        std::mem::take(&mut self.unsaved).into_values().collect()
    }

    /// Where the shard is before it takes these events, which are remembered.
    pub(super) fn savepoint(
        &mut self,
        results: &Results,
        next: [&[TimedEvents<E>]; 2],
    ) -> Savepoint {
        let events = self.since.len();
        for (log, events) in next.into_iter().flatten() {
            let taken = events.iter().map(|(offset, event)| TakenEvent {
                log: *log,
                offset: *offset,
                event: event.clone(),
            });
            self.since.extend(taken);
        }
        let results = results.mark();
        Savepoint { events, results }
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

    /// The events since the base, in lists of one log time each: of these keys, or of all.
    pub(super) fn events(&self, keys: Option<&BTreeSet<String>>) -> Vec<TimedEvents<E>> {
        let is_wanted = |event: &E| keys.is_none_or(|keys| keys.contains(event.key()));
        let lists = self.since.chunk_by(|a, b| a.log == b.log);
        let list = |list: &[TakenEvent<E>]| {
            let wanted = list.iter().filter(|taken| is_wanted(&taken.event));
            let events = wanted.map(|taken| (taken.offset, taken.event.clone()));
            (list.first().and_then(|taken| taken.log), events.collect())
        };
        lists.map(list).collect()
    }

    /// The events after the savepoint, which are not remembered any more.
    pub(super) fn take_after(&mut self, savepoint: &Savepoint) -> Vec<TakenEvent<E>> {
        self.since.split_off(savepoint.events.min(self.since.len()))
    }
}
