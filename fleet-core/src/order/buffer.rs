use std::{sync::Arc, time::Duration};

use super::{
    Keys, Order,
    wait::{Taken, Wait},
};
use crate::{
    EventTime, Offset,
    checkpoint::Saved,
    event::Event,
    row::{KeyId, Row},
};

/// What becomes of an event at the entry of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Accepted,
    Late,
    Duplicate,
}

/// The order buffer of one task: numbers keys, holds their rows, keeps their clocks.
#[derive(Debug)]
pub(crate) struct OrderBuffer<E> {
    bound: Duration,
    keys: Keys,
    clocks: Vec<EventTime>,
    waits: Vec<Wait<E>>,
    /// Keys with a row since the last release.
    moved: Vec<KeyId>,
    /// Keys with a row since the last seal.
    dirty: Vec<KeyId>,
}

/// The number of the order buffer among the nodes of a graph.
pub(crate) const ORDER_NODE: u16 = 0;

impl<E: Event> OrderBuffer<E> {
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

    /// Takes an event; with a bound of 0 it is released here.
    #[inline]
    pub(crate) fn admit(&mut self, offset: Offset, event: E, released: &mut Vec<Row<E>>) -> Fate {
        let id = self.number(event.key());
        let at = event.at();
        let (Some(wait), Some(clock)) = (
            self.waits.get_mut(id.index()),
            self.clocks.get_mut(id.index()),
        ) else {
            return Fate::Late;
        };
        if at < *clock {
            return Fate::Late;
        }
        let taken = if self.bound.is_zero() {
            let taken = wait.pass(at, &event);
            if taken == Taken::Yes {
                released.push(Row {
                    key: id,
                    at,
                    offset,
                    value: event,
                });
            }
            taken
        } else {
            wait.hold(at, offset, event)
        };
        if taken == Taken::Duplicate {
            return Fate::Duplicate;
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
    pub(crate) fn release(&mut self, to: &mut Vec<Row<E>>) {
        for id in &self.moved {
            let (Some(wait), Some(clock)) =
                (self.waits.get_mut(id.index()), self.clocks.get(id.index()))
            else {
                continue;
            };
            wait.release(*clock, |at, offset, value| {
                let key = *id;
                to.push(Row {
                    key,
                    at,
                    offset,
                    value,
                });
            });
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
        for id in self.keys.in_name_order() {
            self.end_key(id);
        }
    }

    /// Nothing more comes of this key.
    pub(crate) fn end_key(&mut self, id: KeyId) {
        if let Some(clock) = self.clocks.get_mut(id.index()) {
            *clock = EventTime::AFTER_ALL;
            self.touch(id);
        }
    }

    fn touch(&mut self, id: KeyId) {
        if let Some(wait) = self.waits.get_mut(id.index()) {
            if !std::mem::replace(&mut wait.moved, true) {
                self.moved.push(id);
            }
            if !std::mem::replace(&mut wait.dirty, true) {
                self.dirty.push(id);
            }
        }
    }

    /// Forgets the rows and the clock of a key, but not its number.
    pub(crate) fn clear(&mut self, id: KeyId) {
        let (wait, clock) = (
            self.waits.get_mut(id.index()),
            self.clocks.get_mut(id.index()),
        );
        if let (Some(wait), Some(clock)) = (wait, clock) {
            let was = std::mem::take(wait);
            (wait.moved, wait.dirty) = (was.moved, was.dirty);
            *clock = EventTime::BEFORE_ALL;
        }
    }

    pub(crate) fn seal(&mut self, to: &mut Vec<Saved>) {
        // Encoded here and copied out at their length: growing a buffer for each key costs more.
        let mut scratch = Vec::new();
        for id in self.dirty.drain(..) {
            if let Some(wait) = self.waits.get_mut(id.index()) {
                wait.dirty = false;
                to.push(encode(wait, self.keys.name(id), &mut scratch));
            }
        }
    }

    /// The state of one key as [`seal`](Self::seal) would write it.
    pub(crate) fn save(&self, id: KeyId) -> Option<Saved> {
        let wait = self.waits.get(id.index())?;
        Some(encode(wait, self.keys.name(id), &mut Vec::new()))
    }

    /// Takes back what [`seal`](Self::seal) saved; `None` when it cannot be read.
    pub(crate) fn restore(&mut self, saved: &Saved, ended: bool) -> Option<()> {
        let id = self.number(&saved.key);
        let wait = Wait::<E>::decode(saved.version, &mut saved.bytes.as_deref()?)?;
        *self.clocks.get_mut(id.index())? = if ended {
            EventTime::AFTER_ALL
        } else {
            wait.newest - self.bound
        };
        *self.waits.get_mut(id.index())? = wait;
        Some(())
    }
}

fn encode<E: Event>(wait: &Wait<E>, key: Arc<str>, scratch: &mut Vec<u8>) -> Saved {
    scratch.clear();
    wait.encode(scratch);
    Saved {
        node: ORDER_NODE,
        key,
        version: E::VERSION,
        bytes: Some(scratch.clone()),
    }
}
