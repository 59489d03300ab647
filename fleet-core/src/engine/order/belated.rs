//! Rows that are older than the clock of their key but within the allowed lateness.

use std::time::Duration;

use super::seen::{SeenRows, span_of};
use crate::{
    contracts::checkpoint::Saved,
    data::EventTime,
    engine::entries,
    event::Event,
    rows::{KeyId, Keys, Place, Row, Rows, Slab},
};

/// Collects belated rows, and finds duplicates among them by the content of earlier rows.
///
/// While a key has collected rows, its clock is set to [`EventTime::AFTER_ALL`]. So every further
/// row of the key comes here too, and a row that is not belated is postponed until the pass has
/// processed the collected ones. Each belated row therefore meets the state that its key had on
/// arrival, in any batching, and rows in order pay nothing.
#[derive(Debug)]
pub(super) struct Belated {
    lateness: Duration,
    span: Duration,
    /// Indexed by key number.
    keys: Vec<BelatedKey>,
    rows: Vec<Place>,
    /// Keys with belated rows that wait for the pass.
    held: Vec<KeyId>,
    /// Keys with changes since the last seal.
    dirty: Vec<KeyId>,
}

#[derive(Debug)]
struct BelatedKey {
    /// The actual clock, while the key is held.
    clock: EventTime,
    seen: SeenRows,
    dirty: bool,
}

/// The outcome for a row behind the clock.
pub(super) enum BehindClock {
    Belated,
    Late,
    /// The belated rows of its key have to be processed first.
    Postponed,
}

/// The numbers of belated rows that were accepted and that were duplicates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BelatedCounts {
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

    /// Adds the next key number.
    pub(super) fn add_key(&mut self) {
        self.keys.push(BelatedKey {
            clock: EventTime::BEFORE_ALL,
            seen: SeenRows::default(),
            dirty: false,
        });
    }

    /// Takes a row that is older than the clock of its key.
    pub(super) fn take<E>(
        &mut self,
        clock: &mut EventTime,
        row: &Row<E>,
        place: Place,
    ) -> BehindClock {
        let Some(key) = self.keys.get_mut(row.key.index()) else {
            return BehindClock::Late;
        };
        let is_held = *clock == EventTime::AFTER_ALL;
        if !is_held {
            key.clock = *clock;
        }
        if row.at >= key.clock {
            return BehindClock::Postponed;
        }
        if row.at < key.clock - self.lateness {
            return BehindClock::Late;
        }
        if !is_held {
            *clock = EventTime::AFTER_ALL;
            self.held.push(row.key);
        }
        self.rows.push(place);
        BehindClock::Belated
    }

    /// Begins a pass: restores the clocks of the held keys.
    pub(super) fn release(&mut self, clocks: &mut [EventTime]) {
        for id in self.held.drain(..) {
            if let (Some(clock), Some(key)) =
                (clocks.get_mut(id.index()), self.keys.get(id.index()))
            {
                *clock = key.clock;
            }
        }
    }

    /// Records rows that were released in order.
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

    /// Whether no row waits for the pass.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Releases copies of the rows that are not duplicates, in the order of arrival, and frees
    /// their places. The rows that this pass released in order have to be recorded before.
    pub(super) fn give<E: Event>(&mut self, slab: &mut Slab<E>, to: &mut Slab<E>) -> BelatedCounts {
        let mut counts = BelatedCounts::default();
        for place in std::mem::take(&mut self.rows) {
            if let Some(row) = slab.get(place) {
                if self.insert(row) {
                    counts.accepted += 1;
                    to.put_released(row.clone());
                } else {
                    counts.duplicate += 1;
                }
            }
            slab.give_back(place);
        }
        counts
    }

    /// Forgets what was seen of these keys, because the input has ended and no row will be
    /// compared.
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

    /// Returns what was seen of a key.
    pub(super) fn seen(&self, id: KeyId) -> Option<SeenRows> {
        self.keys.get(id.index()).map(|key| key.seen.clone())
    }

    /// Replaces what was seen of a key.
    pub(super) fn put_back(&mut self, id: KeyId, seen: SeenRows) {
        if let Some(key) = self.keys.get_mut(id.index()) {
            key.seen = seen;
            if !std::mem::replace(&mut key.dirty, true) {
                self.dirty.push(id);
            }
        }
    }

    /// Forgets a key for good and appends the removal of its entries to `gone`.
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

    /// Drops the rows of an abandoned pass. The clocks of their keys are restored separately.
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

    /// Restores one span of a key.
    pub(super) fn restore(&mut self, id: KeyId, start: EventTime, bytes: &[u8]) -> Option<()> {
        let key = self.keys.get_mut(id.index())?;
        key.seen.restore(start, &mut &*bytes)
    }
}
