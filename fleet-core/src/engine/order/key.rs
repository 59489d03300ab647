//! Operations on one key of an order buffer: saving, restoring, forgetting.

use compact_str::CompactString;

use super::{OrderBuffer, seen::SeenRows, waiting::WaitingRows};
use crate::{
    contracts::checkpoint::Saved,
    data::EventTime,
    engine::entries::{self, SnapshotEntry},
    event::Event,
    rows::{KeyId, Place, Slab},
};

/// The state of one key at some moment.
#[derive(Debug)]
pub(crate) struct KeySnapshot {
    waiting: Saved,
    seen: Option<SeenRows>,
}

impl OrderBuffer {
    /// The time of a key's newest row.
    pub(crate) fn newest(&self, key: &str) -> Option<EventTime> {
        let id = self.keys.find(key)?;
        self.waiting.get(id.index()).map(|waiting| waiting.newest)
    }

    /// The earliest time whose timers have not fired for a key, once its rows have passed.
    pub(crate) fn unfired(&self, id: KeyId) -> EventTime {
        let (waiting, clock) = (self.waiting.get(id.index()), self.clocks.get(id.index()));
        let clock = clock.copied().unwrap_or(EventTime::BEFORE_ALL);
        // With a bound of 0 the clock may stand at a row, and timers fire before it.
        if waiting.is_some_and(|waiting| waiting.has_released_at(clock)) {
            clock.next()
        } else {
            clock
        }
    }

    /// The keys without a row since `horizon`, in the order of their names.
    pub(crate) fn silent_since(&self, horizon: EventTime) -> Vec<KeyId> {
        let is_silent = |id: &KeyId| {
            let waiting = self.waiting.get(id.index());
            waiting.is_some_and(|waiting| waiting.newest < horizon)
        };
        let mut silent = self.keys.in_name_order();
        silent.retain(is_silent);
        silent
    }

    /// Forgets a key for good after its last pass, and returns its name. The next seal records the
    /// removal.
    pub(crate) fn forget(&mut self, id: KeyId) -> Option<CompactString> {
        self.forget_seen(id);
        self.clear(id);
        let name = self.keys.remove(id)?;
        self.gone.push(entries::waiting(name.clone(), 0, None));
        Some(name)
    }

    fn forget_seen(&mut self, id: KeyId) {
        if let Some(belated) = &mut self.belated {
            belated.forget(id, self.keys.name_str(id), &mut self.gone);
        }
    }

    /// Saves one key between passes, to be [restored](Self::put_back) by the same process.
    pub(crate) fn save<E: Event>(&self, id: KeyId, slab: &Slab<E>) -> Option<KeySnapshot> {
        Some(KeySnapshot {
            waiting: self.encode(id, slab, &mut Vec::new())?,
            seen: self.belated.as_ref().and_then(|belated| belated.seen(id)),
        })
    }

    /// Resets a key but keeps its number. The places of its rows become free with the next
    /// [`Slab::keep_only`].
    pub(crate) fn clear(&mut self, id: KeyId) {
        let (waiting, clock) = (
            self.waiting.get_mut(id.index()),
            self.clocks.get_mut(id.index()),
        );
        if let (Some(waiting), Some(clock)) = (waiting, clock) {
            *waiting = WaitingRows::default();
            *clock = self.floor;
        }
        if let Some(belated) = &mut self.belated {
            belated.put_back(id, SeenRows::default());
        }
        self.save_later(id);
    }

    /// Restores one key to a saved state.
    pub(crate) fn put_back<E: Event>(
        &mut self,
        id: KeyId,
        snapshot: &KeySnapshot,
        slab: &mut Slab<E>,
    ) {
        self.clear(id);
        // This process encoded it, so decoding cannot fail.
        if let Some(entry) = SnapshotEntry::of(&snapshot.waiting) {
            self.restore(&entry, &snapshot.waiting, false, slab);
        }
        if let (Some(belated), Some(seen)) = (&mut self.belated, &snapshot.seen) {
            belated.put_back(id, seen.clone());
        }
        self.lift(id);
    }

    /// Raises the clock of a restored key to the time of the last tick, if that is later.
    pub(crate) fn lift(&mut self, id: KeyId) {
        self.raise_key(id, self.floor);
        self.settle();
        self.save_later(id);
    }

    pub(super) fn save_later(&mut self, id: KeyId) {
        if let Some(waiting) = self.waiting.get_mut(id.index())
            && !std::mem::replace(&mut waiting.dirty, true)
        {
            self.dirty.push(id);
        }
    }

    /// Abandons the current pass.
    pub(crate) fn abandon(&mut self) {
        self.settle();
        if let Some(belated) = &mut self.belated {
            belated.abandon();
        }
    }

    /// The places of all waiting rows.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place> {
        self.waiting.iter().flat_map(WaitingRows::places)
    }
}
