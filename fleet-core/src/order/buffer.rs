use std::time::Duration;

use super::{
    Keys, Order,
    wait::{Taken, Wait},
};
use crate::{
    EventTime,
    checkpoint::Saved,
    event::Event,
    row::KeyId,
    slab::{Place, Slab},
};

/// What becomes of an event at the entry of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Accepted,
    Late,
    Duplicate,
}

/// The order buffer of one task: numbers keys, says which rows wait, keeps the clocks.
#[derive(Debug)]
pub(crate) struct OrderBuffer {
    bound: Duration,
    keys: Keys,
    clocks: Vec<EventTime>,
    waits: Vec<Wait>,
    /// Keys with a row since the last release.
    moved: Vec<KeyId>,
    /// Keys with a row since the last seal.
    dirty: Vec<KeyId>,
}

/// The number of the order buffer among the nodes of a graph.
pub(crate) const ORDER_NODE: u16 = 0;

impl OrderBuffer {
    pub(crate) fn new(order: Order) -> Self {
        Self {
            bound: order.out_of_orderness,
            keys: Keys::default(),
            clocks: Vec::new(),
            waits: Vec::new(),
            moved: Vec::new(),
            dirty: Vec::new(),
        }
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Whether rows leave at once, in the order of arrival.
    pub(crate) fn is_by_arrival(&self) -> bool {
        self.bound.is_zero()
    }

    /// The clock of each key, by number.
    pub(crate) fn clocks(&self) -> &[EventTime] {
        &self.clocks
    }

    /// The keys whose clock may have moved since the last [`settle`](Self::settle).
    pub(crate) fn moved(&self) -> &[KeyId] {
        &self.moved
    }

    /// The number of a key, which exists from now on.
    pub(crate) fn number(&mut self, key: &str) -> KeyId {
        if let Some(id) = self.keys.find(key) {
            return id;
        }
        self.clocks.push(EventTime::BEFORE_ALL);
        self.waits.push(Wait::default());
        self.keys.insert(key)
    }

    /// Says whose and when a fresh row is, and what becomes of it. With a bound of 0 it is released here.
    #[inline]
    pub(crate) fn admit<E: Event>(&mut self, place: Place, slab: &mut Slab<E>) -> Fate {
        let Some(row) = slab.get_mut(place) else {
            return Fate::Late;
        };
        let (id, at) = (self.number(row.value.key()), row.value.at());
        (row.key, row.at) = (id, at);
        let (Some(wait), Some(clock)) = (
            self.waits.get_mut(id.index()),
            self.clocks.get_mut(id.index()),
        ) else {
            return Fate::Late;
        };
        if at < *clock {
            slab.give_back(place);
            return Fate::Late;
        }
        let taken = if self.bound.is_zero() {
            wait.pass(row)
        } else {
            slab.get(place)
                .map_or(Taken::Duplicate, |row| wait.hold(row, place, slab))
        };
        if taken == Taken::Duplicate {
            slab.give_back(place);
            return Fate::Duplicate;
        }
        if self.bound.is_zero() {
            slab.release(place);
        }
        if at > wait.newest {
            wait.newest = at;
            *clock = at - self.bound;
        }
        if !std::mem::replace(&mut wait.moved, true) {
            self.moved.push(id);
        }
        if !std::mem::replace(&mut wait.dirty, true) {
            self.dirty.push(id);
        }
        Fate::Accepted
    }

    /// Gives the rows that their clocks have passed, key by key, each key in event-time order.
    pub(crate) fn release<E: Event>(&mut self, slab: &mut Slab<E>) {
        for id in &self.moved {
            let (Some(wait), Some(clock)) =
                (self.waits.get_mut(id.index()), self.clocks.get(id.index()))
            else {
                continue;
            };
            wait.release(*clock, slab);
        }
    }

    /// Ends a pass: the clocks of [`moved`](Self::moved) are known to all nodes now.
    pub(crate) fn settle(&mut self) {
        for id in self.moved.drain(..) {
            if let Some(wait) = self.waits.get_mut(id.index()) {
                wait.moved = false;
            }
        }
    }

    /// The input has ended: every clock passes everything, in the order of the keys' names.
    pub(crate) fn end(&mut self) {
        self.moved = self.keys.in_name_order();
        self.dirty.clone_from(&self.moved);
        self.clocks.fill(EventTime::AFTER_ALL);
        for wait in &mut self.waits {
            wait.dirty = true;
            wait.moved = true;
        }
    }

    pub(crate) fn seal<E: Event>(&mut self, slab: &Slab<E>, to: &mut Vec<Saved>) {
        // Encoded here and copied out at their length: growing a buffer for each key costs more.
        let mut scratch = Vec::new();
        for id in self.dirty.drain(..) {
            let Some(wait) = self.waits.get_mut(id.index()) else {
                continue;
            };
            wait.dirty = false;
            scratch.clear();
            wait.encode(slab, &mut scratch);
            let (key, bytes) = (self.keys.name(id), scratch.clone());
            to.push(Saved {
                node: ORDER_NODE,
                key,
                version: E::VERSION,
                bytes: Some(bytes),
            });
        }
    }

    /// Takes back what [`seal`](Self::seal) saved; `None` when it cannot be read.
    pub(crate) fn restore<E: Event>(
        &mut self,
        saved: &Saved,
        ended: bool,
        slab: &mut Slab<E>,
    ) -> Option<()> {
        let id = self.number(&saved.key);
        let wait = Wait::decode(saved.version, id, slab, &mut saved.bytes.as_deref()?)?;
        *self.clocks.get_mut(id.index())? = if ended {
            EventTime::AFTER_ALL
        } else {
            wait.newest - self.bound
        };
        *self.waits.get_mut(id.index())? = wait;
        Some(())
    }
}
