//! The order buffer of one shard.

use super::{BelatedCounts, Order, belated::Belated, waiting::WaitingRows};
use crate::{
    contracts::checkpoint::Saved,
    data::{EventTime, time::micros},
    engine::entries::{self, SnapshotEntry},
    event::Event,
    rows::{KeyId, Keys, Slab},
};

/// The order buffer of one shard. It numbers keys, maintains their clocks, and decides which of
/// their rows wait.
#[derive(Debug)]
pub(crate) struct OrderBuffer {
    /// In microseconds.
    pub(super) bound: i64,
    pub(super) keys: Keys,
    pub(super) clocks: Vec<EventTime>,
    pub(super) waiting: Vec<WaitingRows>,
    /// Keys with clocks that have moved since the last release.
    pub(super) moved: Vec<KeyId>,
    /// The latest of the moved clocks.
    pub(super) highest: EventTime,
    /// The number of the next pass. A key that carries it is already in `moved`.
    pub(super) pass: u64,
    /// Some clock has moved past the last row of its key since the last release.
    pub(super) ahead: bool,
    /// Whether rows may wait. With a bound of 0 only those do that are ahead of their log.
    pub(super) holds: bool,
    /// Keys with a row since the last seal.
    pub(super) dirty: Vec<KeyId>,
    /// The time at which the log received the current rows. They move no clock past it.
    pub(super) log: EventTime,
    /// With a bound of 0: the latest time at which these rows are released immediately if they are
    /// the newest of their key. It is the log time, or before all times if rows may wait: then each
    /// key has to be asked.
    pub(super) prompt: EventTime,
    /// The latest time at which these rows are accepted.
    pub(super) latest: EventTime,
    /// A lower bound on all clocks since the last tick, except for keys with a newer row.
    pub(super) floor: EventTime,
    /// The removals of the entries of keys that were forgotten since the last seal.
    pub(super) gone: Vec<Saved>,
    /// Present if there is an allowed lateness.
    pub(super) belated: Option<Box<Belated>>,
}

/// Whether moving a clock changes a snapshot entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Save {
    Always,
    /// Only if rows wait: the clock alone can be derived from the floor.
    IfRowsLeave,
}

impl OrderBuffer {
    pub(crate) fn new(order: Order) -> Self {
        Self {
            bound: micros(order.out_of_orderness),
            keys: Keys::default(),
            clocks: Vec::new(),
            waiting: Vec::new(),
            moved: Vec::new(),
            highest: EventTime::BEFORE_ALL,
            pass: 1,
            ahead: false,
            holds: !order.out_of_orderness.is_zero(),
            dirty: Vec::new(),
            log: EventTime::AFTER_ALL,
            prompt: EventTime::AFTER_ALL,
            latest: EventTime::MAX,
            floor: EventTime::BEFORE_ALL,
            gone: Vec::new(),
            belated: (!order.allowed_lateness.is_zero())
                .then(|| Box::new(Belated::new(order.allowed_lateness))),
        }
    }

    /// Sets the time at which the log received the following rows (see
    /// [`Batch::time`](crate::source::Batch::time)) and the latest time at which they are accepted.
    pub(crate) fn set_log_time(&mut self, time: Option<EventTime>, latest: EventTime) {
        self.log = time.unwrap_or(EventTime::AFTER_ALL);
        self.prompt = if self.holds {
            EventTime::BEFORE_ALL
        } else {
            self.log
        };
        self.latest = latest;
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Whether rows are released immediately, in the order of arrival. Only rows ahead of their log
    /// wait.
    pub(crate) fn is_by_arrival(&self) -> bool {
        self.bound == 0
    }

    /// The clocks of all keys, indexed by key number.
    pub(crate) fn clocks(&self) -> &[EventTime] {
        &self.clocks
    }

    /// The keys with clocks that may have moved since the last [`settle`](Self::settle).
    pub(crate) fn moved(&self) -> &[KeyId] {
        &self.moved
    }

    /// The latest clock of [`moved`](Self::moved).
    pub(crate) fn highest_moved(&self) -> EventTime {
        self.highest
    }

    /// Returns the number of a key, adding the key if it is new.
    #[inline]
    pub(crate) fn number(&mut self, key: &str) -> KeyId {
        self.keys.find(key).unwrap_or_else(|| self.new_key(key))
    }

    #[cold]
    fn new_key(&mut self, key: &str) -> KeyId {
        let id = self.keys.insert(key);
        if id.index() == self.waiting.len() {
            self.clocks.push(self.floor);
            self.waiting.push(WaitingRows::default());
            if let Some(belated) = &mut self.belated {
                belated.add_key();
            }
        } else {
            self.clear(id);
        }
        id
    }

    /// Whether belated rows wait for a pass.
    pub(crate) fn has_belated(&self) -> bool {
        self.belated.as_ref().is_some_and(|rows| !rows.is_empty())
    }

    /// Releases the belated rows of `slab`, after the rows in order have passed through the graph.
    pub(crate) fn give_belated<E: Event>(
        &mut self,
        slab: &mut Slab<E>,
        to: &mut Slab<E>,
    ) -> BelatedCounts {
        let belated = self.belated.as_mut();
        belated.map_or_else(BelatedCounts::default, |rows| rows.give(slab, to))
    }

    /// Begins a pass: releases the rows that their clocks have passed, key by key, each key in
    /// event-time order.
    ///
    /// With a bound of 0 the keys with rows are added to [`moved`](Self::moved) only if something
    /// reads it. `is_followed` states that a node has to be told of clocks of keys for which it
    /// reads no row.
    pub(crate) fn release<E: Event>(&mut self, slab: &mut Slab<E>, is_followed: bool) {
        if let Some(belated) = &mut self.belated {
            belated.release(&mut self.clocks);
        }
        if self.bound == 0 && (is_followed || self.ahead || self.holds) {
            let keys = slab.released().iter().map(|row| row.key);
            self.moved.extend(keys);
        }
        if self.holds {
            self.release_held(slab);
        } else {
            let clocks = self
                .moved
                .iter()
                .filter_map(|id| self.clocks.get(id.index()));
            self.highest = clocks.max().copied().unwrap_or(self.highest);
        }
        if let Some(belated) = &mut self.belated {
            belated.remember(slab.released(), &self.clocks);
        }
    }

    fn release_held<E: Event>(&mut self, slab: &mut Slab<E>) {
        let (mut highest, before) = (self.highest, slab.released_len());
        for id in &self.moved {
            let (waiting, clock) = (
                self.waiting.get_mut(id.index()),
                self.clocks.get(id.index()),
            );
            if let (Some(waiting), Some(clock)) = (waiting, clock) {
                waiting.release(*clock, slab);
                highest = highest.max(*clock);
            }
        }
        self.highest = highest;
        // These rows were released because their clocks are past them.
        self.ahead |= self.bound > 0 || slab.released_len() > before;
    }

    /// Whether each moved clock stands at the last row of its key in this pass.
    pub(crate) fn is_at_rows(&self) -> bool {
        !self.ahead
    }

    /// Ends a pass: all nodes know the clocks of [`moved`](Self::moved) now.
    pub(crate) fn settle(&mut self) {
        self.moved.clear();
        self.highest = EventTime::BEFORE_ALL;
        self.pass += 1;
        self.ahead = false;
    }

    /// Ends the input: every clock passes all times, in the order of the key names.
    pub(crate) fn end(&mut self) {
        for id in self.keys.in_name_order() {
            self.end_key(id);
        }
    }

    /// Ends one key: its clock passes all times.
    pub(crate) fn end_key(&mut self, id: KeyId) {
        self.move_clock(id, EventTime::AFTER_ALL, Save::Always);
        if let Some(belated) = &mut self.belated {
            belated.end(&[id]);
        }
    }

    /// A lower bound on all clocks, except for keys with a newer row.
    pub(crate) fn floor(&self) -> EventTime {
        self.floor
    }

    /// Moves the clocks of the keys without a newer row to `floor`, and starts new keys there.
    /// Returns whether any clock moved. No snapshot entry changes by this alone, because the clocks
    /// can be derived from the floor.
    pub(crate) fn raise(&mut self, floor: EventTime) -> bool {
        if floor <= self.floor {
            return false;
        }
        self.floor = floor;
        for id in self.keys.all() {
            self.raise_key(id, floor);
        }
        !self.moved.is_empty()
    }

    /// Like [`raise`](Self::raise), for one key.
    pub(crate) fn raise_key(&mut self, id: KeyId, floor: EventTime) {
        let (waiting, clock) = (self.waiting.get(id.index()), self.clocks.get(id.index()));
        if let (Some(waiting), Some(clock)) = (waiting, clock)
            && waiting.newest < floor
            && *clock < floor
        {
            self.move_clock(id, floor, Save::IfRowsLeave);
        }
    }

    pub(super) fn move_clock(&mut self, id: KeyId, to: EventTime, save: Save) {
        let (waiting, clock) = (
            self.waiting.get_mut(id.index()),
            self.clocks.get_mut(id.index()),
        );
        let (Some(waiting), Some(clock)) = (waiting, clock) else {
            return;
        };
        *clock = to;
        self.ahead = true;
        if std::mem::replace(&mut waiting.moved_in, self.pass) != self.pass {
            self.moved.push(id);
        }
        let is_saved = save == Save::Always || !waiting.is_empty();
        if is_saved && !std::mem::replace(&mut waiting.dirty, true) {
            self.dirty.push(id);
        }
    }

    /// The number of keys that changed since the last seal.
    pub(crate) fn changed(&self) -> usize {
        self.dirty.len()
    }

    pub(crate) fn seal<E: Event>(&mut self, slab: &Slab<E>, to: &mut Vec<Saved>) {
        // Encoded into a scratch buffer and copied exactly: growing one buffer per key is slower.
        let (mut scratch, mut dirty) = (Vec::new(), std::mem::take(&mut self.dirty));
        to.append(&mut self.gone);
        for id in dirty.drain(..) {
            if !self.keys.has(id) {
                continue;
            }
            if let Some(waiting) = self.waiting.get_mut(id.index()) {
                waiting.dirty = false;
            }
            to.extend(self.encode(id, slab, &mut scratch));
        }
        self.dirty = dirty;
        if let Some(belated) = &mut self.belated {
            belated.seal(&self.keys, to);
        }
    }

    pub(super) fn encode<E: Event>(
        &self,
        id: KeyId,
        slab: &Slab<E>,
        scratch: &mut Vec<u8>,
    ) -> Option<Saved> {
        let (waiting, clock) = (self.waiting.get(id.index())?, self.clocks.get(id.index())?);
        scratch.clear();
        waiting.encode(*clock, slab, scratch);
        let key = self.keys.name(id);
        Some(entries::waiting(key, E::VERSION, Some(scratch.clone())))
    }

    /// Restores what [`seal`](Self::seal) saved; `None` if it cannot be decoded.
    pub(crate) fn restore<E: Event>(
        &mut self,
        entry: &SnapshotEntry<'_>,
        saved: &Saved,
        ended: bool,
        slab: &mut Slab<E>,
    ) -> Option<()> {
        let id = self.number(entry.key()?);
        let bytes = saved.bytes.as_deref()?;
        match entry {
            SnapshotEntry::Waiting(_) => {
                let key_and_bound = (id, self.bound);
                let (waiting, clock) =
                    WaitingRows::decode(saved.version, key_and_bound, slab, &mut &*bytes)?;
                let clock = if ended { EventTime::AFTER_ALL } else { clock };
                *self.clocks.get_mut(id.index())? = clock;
                self.holds |= !waiting.is_empty();
                *self.waiting.get_mut(id.index())? = waiting;
            }
            SnapshotEntry::Seen(_, start) => {
                if let Some(belated) = &mut self.belated {
                    belated.restore(id, *start, bytes)?;
                }
            }
            _ => {}
        }
        Some(())
    }
}
