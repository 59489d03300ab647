//! What moves clocks without a row: ticks, the end of the input, and keys that fall silent.

use super::Processor;
use crate::{data::EventTime, event::Event, rows::KeyId};

impl<E: Event> Processor<E> {
    /// No row before `floor` is under way for keys without a newer one: their clocks move there.
    /// Returns whether any of them moved.
    pub(in super::super) fn raise(&mut self, floor: EventTime) -> bool {
        self.order.raise(floor)
    }

    /// As [`raise`](Self::raise), after a restart: the timers before the floor have fired already.
    pub(in super::super) fn restore_floor(&mut self, floor: EventTime) {
        self.order.raise(floor);
        self.order.settle();
    }

    /// As [`raise`](Self::raise), for one key.
    pub(in super::super) fn raise_key(&mut self, id: KeyId, floor: EventTime) {
        self.order.raise_key(id, floor);
    }

    /// The input has ended: all clocks pass everything.
    pub(in super::super) fn end(&mut self) {
        self.order.end();
    }

    /// The input of one key has ended.
    pub(in super::super) fn end_key(&mut self, id: KeyId) {
        self.order.end_key(id);
    }

    /// The keys whose newest row is older than `horizon`, in the order of their names.
    pub(in super::super) fn silent_since(&self, horizon: EventTime) -> Vec<KeyId> {
        self.order.silent_since(horizon)
    }

    /// Forgets keys for good, after their last pass. Returns how many they were.
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

    /// The newest time of a key.
    pub(in super::super) fn newest(&self, key: &str) -> Option<EventTime> {
        self.order.newest(key)
    }
}
