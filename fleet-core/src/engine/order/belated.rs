//! Rows that are older than their key's clock but within the allowed lateness.

use std::time::Duration;

use super::seen::{Seen, span_of};
use crate::{
    contracts::checkpoint::Saved,
    data::EventTime,
    engine::entries,
    event::Event,
    rows::{KeyId, Keys, Place, Row, Rows, Slab},
};

/// Takes belated rows, and knows by content what came before them.
///
/// Until the pass takes them, the clock of their key says [`EventTime::AFTER_ALL`]: whatever comes next of
/// this key comes here too, and a row that is not belated waits until they are through. So each belated row
/// meets the state that its key had when it came, in any batching, and rows in order pay nothing.
#[derive(Debug)]
pub(super) struct Belated {
    lateness: Duration,
    span: Duration,
    /// By key number.
    keys: Vec<Key>,
    rows: Vec<Place>,
    /// Keys with belated rows that wait for the pass.
    held: Vec<KeyId>,
    /// Keys whose rows changed since the last seal.
    dirty: Vec<KeyId>,
}

#[derive(Debug)]
struct Key {
    /// The clock, while the key is held.
    clock: EventTime,
    seen: Seen,
    dirty: bool,
}

/// What becomes of a row behind the clock.
pub(super) enum Behind {
    Belated,
    Late,
    /// The key's belated rows go first.
    Postponed,
}

/// How many belated rows were taken, and how many were there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Admitted {
    pub(crate) accepted: u64,
    pub(crate) duplicate: u64,
}

impl Belated {
    pub(super) fn new(lateness: Duration) -> Self {
        Self {
            lateness,
            span: span_of(lateness),
            keys: Vec::new(),
            rows: Vec::new(),
            held: Vec::new(),
            dirty: Vec::new(),
        }
    }

    /// A key exists from now on.
    pub(super) fn add_key(&mut self) {
        self.keys.push(Key {
            clock: EventTime::BEFORE_ALL,
            seen: Seen::default(),
            dirty: false,
        });
    }

    /// Takes a row behind the clock of its key.
    pub(super) fn take<E>(&mut self, clock: &mut EventTime, row: &Row<E>, place: Place) -> Behind {
        let Some(key) = self.keys.get_mut(row.key.index()) else {
            return Behind::Late;
        };
        let is_held = *clock == EventTime::AFTER_ALL;
        if !is_held {
            key.clock = *clock;
        }
        if row.at >= key.clock {
            return Behind::Postponed;
        }
        if row.at < key.clock - self.lateness {
            return Behind::Late;
        }
        if !is_held {
            *clock = EventTime::AFTER_ALL;
            self.held.push(row.key);
        }
        self.rows.push(place);
        Behind::Belated
    }

    /// Begins a pass: the keys have their clocks again.
    pub(super) fn release(&mut self, clocks: &mut [EventTime]) {
        for id in self.held.drain(..) {
            if let (Some(clock), Some(key)) =
                (clocks.get_mut(id.index()), self.keys.get(id.index()))
            {
                *clock = key.clock;
            }
        }
    }

    /// Notes rows that left in their order.
    pub(super) fn remember<E: Event>(&mut self, rows: Rows<'_, E>, clocks: &[EventTime]) {
        for row in rows.iter() {
            self.insert(row);
            let clock = clocks.get(row.key.index());
            if let (Some(key), Some(clock)) = (self.keys.get_mut(row.key.index()), clock) {
                key.seen.forget_before(*clock - self.lateness, self.span);
            }
        }
    }

    fn insert<E: Event>(&mut self, row: &Row<E>) -> bool {
        let Some(key) = self.keys.get_mut(row.key.index()) else {
            return false;
        };
        let is_new = key.seen.insert(row.at, row.value.identity(), self.span);
        if is_new && !std::mem::replace(&mut key.dirty, true) {
            self.dirty.push(row.key);
        }
        is_new
    }

    /// Whether rows wait for the pass.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Gives copies of the rows that are no duplicates, in the order of arrival; their places are free then.
    /// Rows of this pass were remembered before.
    pub(super) fn give<E: Event>(&mut self, slab: &mut Slab<E>, to: &mut Slab<E>) -> Admitted {
        let mut admitted = Admitted::default();
        for place in std::mem::take(&mut self.rows) {
            if let Some(row) = slab.get(place) {
                if self.insert(row) {
                    admitted.accepted += 1;
                    to.put_released(row.clone());
                } else {
                    admitted.duplicate += 1;
                }
            }
            slab.give_back(place);
        }
        admitted
    }

    /// The input has ended: no row will be compared any more.
    pub(super) fn end(&mut self, keys: &[KeyId]) {
        for id in keys {
            let Some(key) = self.keys.get_mut(id.index()) else {
                continue;
            };
            let forgot = key.seen.forget_before(EventTime::AFTER_ALL, self.span);
            if forgot && !std::mem::replace(&mut key.dirty, true) {
                self.dirty.push(*id);
            }
        }
    }

    /// What was seen of a key.
    pub(super) fn seen(&self, id: KeyId) -> Option<Seen> {
        self.keys.get(id.index()).map(|key| key.seen.clone())
    }

    /// This was seen of a key, and nothing else.
    pub(super) fn put_back(&mut self, id: KeyId, seen: Seen) {
        if let Some(key) = self.keys.get_mut(id.index()) {
            key.seen = seen;
            if !std::mem::replace(&mut key.dirty, true) {
                self.dirty.push(id);
            }
        }
    }

    /// Forgets a key for good, and says which entries are gone with it.
    pub(super) fn forget(&mut self, id: KeyId, name: &str, gone: &mut Vec<Saved>) {
        if let Some(key) = self.keys.get_mut(id.index()) {
            let seen = std::mem::take(&mut key.seen);
            let starts = seen.starts().collect::<std::collections::BTreeSet<_>>();
            gone.extend(
                starts
                    .into_iter()
                    .map(|start| entries::seen(name, start, None)),
            );
        }
    }

    /// Drops the rows of a pass that came to nothing. The clocks of their keys are put back by themselves.
    pub(super) fn abandon(&mut self) {
        self.rows.clear();
        self.held.clear();
    }

    pub(super) fn seal(&mut self, names: &Keys, to: &mut Vec<Saved>) {
        for id in self.dirty.drain(..) {
            let Some(key) = self.keys.get_mut(id.index()) else {
                continue;
            };
            key.dirty = false;
            if !names.has(id) {
                continue;
            }
            let name = names.name_str(id);
            key.seen
                .seal(|start, bytes| to.push(entries::seen(name, start, bytes)));
        }
    }

    /// Takes back one span of a key.
    pub(super) fn restore(&mut self, id: KeyId, start: EventTime, bytes: &[u8]) -> Option<()> {
        let key = self.keys.get_mut(id.index())?;
        key.seen.restore(start, &mut &*bytes)
    }
}
