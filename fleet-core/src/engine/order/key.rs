//! One key of an order buffer by itself: taken back to where it was, or forgotten.

use compact_str::CompactString;

use super::{OrderBuffer, seen::Seen, wait::Wait};
use crate::{
    contracts::checkpoint::Saved,
    data::EventTime,
    engine::entries::{self, SnapshotEntry},
    event::Event,
    rows::{KeyId, Place, Slab},
};

/// One key as it was at some moment.
#[derive(Debug)]
pub(crate) struct Image {
    wait: Saved,
    seen: Option<Seen>,
}

impl OrderBuffer {
    /// The newest time of a key.
    pub(crate) fn newest(&self, key: &str) -> Option<EventTime> {
        let id = self.keys.find(key)?;
        self.waits.get(id.index()).map(|wait| wait.newest)
    }

    /// The keys whose newest row is older than `horizon`, in the order of their names.
    pub(crate) fn silent_since(&self, horizon: EventTime) -> Vec<KeyId> {
        let is_silent = |id: &KeyId| {
            let wait = self.waits.get(id.index());
            wait.is_some_and(|wait| wait.newest < horizon)
        };
        let mut silent = self.keys.in_name_order();
        silent.retain(is_silent);
        silent
    }

    /// Forgets a key for good, after its last pass; the next seal says so. Gives its name.
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

    /// What is known of one key, to be [put back](Self::put_back) by this process. Between passes.
    pub(crate) fn save<E: Event>(&self, id: KeyId, slab: &Slab<E>) -> Option<Image> {
        Some(Image {
            wait: self.encode(id, slab, &mut Vec::new())?,
            seen: self.belated.as_ref().and_then(|belated| belated.seen(id)),
        })
    }

    /// Forgets what is known of one key, but not its number. The places of its rows are free when
    /// [`Slab::keep_only`] has heard of it.
    pub(crate) fn clear(&mut self, id: KeyId) {
        let (wait, clock) = (
            self.waits.get_mut(id.index()),
            self.clocks.get_mut(id.index()),
        );
        if let (Some(wait), Some(clock)) = (wait, clock) {
            *wait = Wait::default();
            *clock = self.floor;
        }
        if let Some(belated) = &mut self.belated {
            belated.put_back(id, Seen::default());
        }
        self.save_later(id);
    }

    /// Takes one key back to where it was.
    pub(crate) fn put_back<E: Event>(&mut self, id: KeyId, image: &Image, slab: &mut Slab<E>) {
        self.clear(id);
        // It was encoded by this process, so it can be read.
        if let Some(entry) = SnapshotEntry::of(&image.wait) {
            self.restore(&entry, &image.wait, false, slab);
        }
        if let (Some(belated), Some(seen)) = (&mut self.belated, &image.seen) {
            belated.put_back(id, seen.clone());
        }
        self.lift(id);
    }

    /// A key that was restored has the clock that the last tick gave it, if that is later than its own.
    pub(crate) fn lift(&mut self, id: KeyId) {
        self.raise_key(id, self.floor);
        self.settle();
        self.save_later(id);
    }

    fn save_later(&mut self, id: KeyId) {
        if let Some(wait) = self.waits.get_mut(id.index())
            && !std::mem::replace(&mut wait.dirty, true)
        {
            self.dirty.push(id);
        }
    }

    /// Leaves a pass that came to nothing.
    pub(crate) fn abandon(&mut self) {
        self.settle();
        if let Some(belated) = &mut self.belated {
            belated.abandon();
        }
    }

    /// Where the rows that wait lie.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place> {
        self.waits.iter().flat_map(Wait::places)
    }
}
