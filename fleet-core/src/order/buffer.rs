use super::{
    Keys, Order,
    wait::{Taken, Wait},
};
use crate::{
    EventTime, Offset,
    checkpoint::{Fates, Saved},
    event::Event,
    row::KeyId,
    slab::{Place, Slab},
    time::micros,
};

/// What becomes of an event at the entry of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Accepted,
    Late,
    Duplicate,
    /// Its time is none that a decoder accepts.
    OutOfRange,
}

/// The order buffer of one task: numbers keys, says which rows wait, keeps the clocks.
#[derive(Debug)]
pub(crate) struct OrderBuffer {
    /// Microseconds.
    bound: i64,
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
            bound: micros(order.out_of_orderness),
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
        self.bound == 0
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
    #[inline]
    pub(crate) fn number(&mut self, key: &str) -> KeyId {
        self.keys.find(key).unwrap_or_else(|| self.new_key(key))
    }

    #[cold]
    fn new_key(&mut self, key: &str) -> KeyId {
        self.clocks.push(EventTime::BEFORE_ALL);
        self.waits.push(Wait::default());
        self.keys.insert(key)
    }

    /// Gives each fresh row its key, its time and its fate. With a bound of 0 it is released here.
    pub(crate) fn admit<E: Event>(&mut self, slab: &mut Slab<E>, fates: &mut Fates) {
        let fresh = slab.take_fresh();
        for place in &fresh {
            let counts = &mut fates.counts;
            match self.judge(*place, slab) {
                Fate::Accepted => {
                    counts.accepted += 1;
                    continue;
                }
                Fate::Late => counts.late += 1,
                Fate::Duplicate => counts.duplicate += 1,
                // Decoders refuse such times themselves; a source of typed events may not.
                Fate::OutOfRange => {
                    let offset = slab.get(*place).map_or(Offset(0), |row| row.offset);
                    fates.dead_letter(offset, "order", "the time is outside 1970 to 9999");
                }
            }
            slab.give_back(*place);
        }
        slab.return_fresh(fresh);
    }

    #[inline]
    fn judge<E: Event>(&mut self, place: Place, slab: &mut Slab<E>) -> Fate {
        let Some(row) = slab.get_mut(place) else {
            return Fate::OutOfRange;
        };
        let at = row.value.at();
        if !at.is_in_range() {
            return Fate::OutOfRange;
        }
        let id = self.number(row.value.key());
        (row.key, row.at) = (id, at);
        let (Some(wait), Some(clock)) = (
            self.waits.get_mut(id.index()),
            self.clocks.get_mut(id.index()),
        ) else {
            return Fate::OutOfRange;
        };
        if at < *clock {
            return Fate::Late;
        }
        let by_arrival = self.bound == 0;
        let taken = if by_arrival {
            wait.pass(at, row.value.identity())
        } else {
            wait.hold(at, place, slab)
        };
        if taken == Taken::Duplicate {
            return Fate::Duplicate;
        }
        if by_arrival {
            slab.release(place);
        }
        if at > wait.newest {
            wait.newest = at;
            *clock = at.before_by(self.bound);
        }
        if !(wait.moved && wait.dirty) {
            if !std::mem::replace(&mut wait.moved, true) {
                self.moved.push(id);
            }
            if !std::mem::replace(&mut wait.dirty, true) {
                self.dirty.push(id);
            }
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
            wait.newest.before_by(self.bound)
        };
        *self.waits.get_mut(id.index())? = wait;
        Some(())
    }
}
