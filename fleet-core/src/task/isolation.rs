use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use super::Events;
use crate::{
    checkpoint::{Saved, Tallies},
    event::Event,
    graph::Buffer,
};

/// What a shard needs to go back to where it was before a panic: its state at some moment, as a snapshot
/// has it, and the events since.
///
/// # Cost
/// The state a second time, encoded; a copy of each event until the next commit; and that commit's entries
/// once more.
pub(super) struct Isolation<E> {
    /// By key: an entry for each node.
    base: HashMap<Arc<str>, Vec<Saved>>,
    since: Events<E>,
    /// What of the base the store does not hold yet.
    unsaved: BTreeMap<(u16, Arc<str>), Saved>,
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
    pub(super) fn restore(&mut self, saved: &Saved) {
        self.put(saved.clone());
    }

    fn put(&mut self, saved: Saved) {
        let entries = self.base.entry(Arc::clone(&saved.key)).or_default();
        entries.retain(|entry| entry.node != saved.node);
        if saved.bytes.is_some() {
            entries.push(saved);
        }
    }

    /// These entries have changed; together with the others, they are the state of now.
    pub(super) fn rebase(&mut self, changed: &[Saved]) {
        self.since.clear();
        for saved in changed {
            self.put(saved.clone());
            let place = (saved.node, Arc::clone(&saved.key));
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
    pub(super) fn remember(&mut self, lists: &[Events<E>]) {
        for list in lists {
            self.since.extend_from_slice(list);
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

    /// The events since the base: of these keys, or of all.
    pub(super) fn events(&self, keys: Option<&BTreeSet<String>>) -> Events<E> {
        let is_asked = |event: &E| keys.is_none_or(|keys| keys.contains(event.key()));
        let events = self.since.iter().filter(|(_, event)| is_asked(event));
        events.cloned().collect()
    }

    /// The events after the mark, which are not remembered any more.
    pub(super) fn take_after(&mut self, mark: &Mark) -> Events<E> {
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
