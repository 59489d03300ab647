//! Advances clocks without a row: on ticks, at the end of the input, and for silent keys.

use super::Processor;
use crate::{data::EventTime, engine::order::Silent, event::Event, rows::KeyId};

impl<E: Event> Processor<E> {
    /// Advances the clocks of keys without a newer row to `floor`. Returns whether any clock moved.
    pub(in super::super) fn raise(&mut self, floor: EventTime) -> bool {
        self.order.raise(floor)
    }

    /// Like [`raise`](Self::raise), after a restart: timers before the floor have fired already.
    pub(in super::super) fn restore_floor(&mut self, floor: EventTime) {
        self.order.raise(floor);
        self.order.settle();
    }

    /// Like [`raise`](Self::raise), for one key.
    pub(in super::super) fn raise_key(&mut self, id: KeyId, floor: EventTime) {
        self.order.raise_key(id, floor);
    }

    /// Returns the keys whose rows have waited for so many looks, with the time that releases them.
    pub(in super::super) fn silent_for(&mut self, after: Silent) -> Vec<(KeyId, EventTime)> {
        self.order.silent_for(&mut self.silence, after)
    }

    /// Advances the clock of one key to `to`.
    pub(in super::super) fn advance_key(&mut self, id: KeyId, to: EventTime) {
        self.order.advance_key(id, to);
    }

    /// Returns how many rows wait in the order buffer.
    pub(in super::super) fn held(&self) -> usize {
        self.slots.used(self.events)
    }

    /// Returns the time of the oldest row that waits.
    pub(in super::super) fn oldest_held(&self) -> Option<EventTime> {
        self.order.oldest_waiting()
    }

    /// Ends the input: all clocks advance past every row and timer.
    pub(in super::super) fn end(&mut self) {
        self.order.end();
    }

    /// Like [`end`](Self::end), for one key.
    pub(in super::super) fn end_key(&mut self, id: KeyId) {
        self.order.end_key(id);
    }

    /// Returns the keys whose newest row is older than `horizon`, sorted by name.
    pub(in super::super) fn silent_since(&self, horizon: EventTime) -> Vec<KeyId> {
        self.order.silent_since(horizon)
    }

    /// Forgets keys, after their last pass. Returns how many were known.
    pub(in super::super) fn forget(&mut self, keys: Vec<KeyId>) -> u64 {
        let mut forgotten = 0;
        for id in keys {
            if let Some(name) = self.order.forget(id) {
                for (node, _) in &mut self.nodes {
                    node.forget_key(id, &name);
                }
                forgotten += 1;
            }
        }
        forgotten
    }

    /// Returns the newest time of a key.
    pub(in super::super) fn newest(&self, key: &str) -> Option<EventTime> {
        self.order.newest(key)
    }
}
