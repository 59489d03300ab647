use super::{Admitted, Order, belated::Belated, wait::Wait};
use crate::{
    contracts::checkpoint::Saved,
    data::{EventTime, time::micros},
    engine::entries::{self, SnapshotEntry},
    event::Event,
    rows::{KeyId, Keys, Slab},
};

/// The order buffer of one shard: numbers keys, says which of their rows wait, keeps their clocks.
#[derive(Debug)]
pub(crate) struct OrderBuffer {
    /// Microseconds.
    pub(super) bound: i64,
    pub(super) keys: Keys,
    pub(super) clocks: Vec<EventTime>,
    pub(super) waits: Vec<Wait>,
    /// Keys whose clocks have moved since the last release.
    pub(super) moved: Vec<KeyId>,
    /// The latest of their clocks.
    pub(super) highest: EventTime,
    /// The number of the next pass: a key that carries it is among `moved`.
    pub(super) pass: u64,
    /// Some clock has passed the last row of its key since the last release.
    pub(super) ahead: bool,
    /// Rows may wait: always, but with a bound of 0 only those of a snapshot that was made with another.
    pub(super) holds: bool,
    /// Keys with a row since the last seal.
    pub(super) dirty: Vec<KeyId>,
    /// When the log took the rows at hand: they move no clock past it.
    pub(super) log: EventTime,
    /// The latest time that is accepted of them.
    pub(super) latest: EventTime,
    /// No clock is before this since the last tick, but for those of keys with a newer row.
    pub(super) floor: EventTime,
    /// What became of forgotten keys since the last seal: none of their entries is left.
    pub(super) gone: Vec<Saved>,
    /// With an allowed lateness.
    pub(super) belated: Option<Box<Belated>>,
}

/// Whether a clock that moves changes an entry of the snapshot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Save {
    Always,
    /// The clock alone can be told from the floor.
    IfRowsLeave,
}

impl OrderBuffer {
    pub(crate) fn new(order: Order) -> Self {
        Self {
            bound: micros(order.out_of_orderness),
            keys: Keys::default(),
            clocks: Vec::new(),
            waits: Vec::new(),
            moved: Vec::new(),
            highest: EventTime::BEFORE_ALL,
            pass: 1,
            ahead: false,
            holds: !order.out_of_orderness.is_zero(),
            dirty: Vec::new(),
            log: EventTime::AFTER_ALL,
            latest: EventTime::MAX,
            floor: EventTime::BEFORE_ALL,
            gone: Vec::new(),
            belated: (!order.allowed_lateness.is_zero())
                .then(|| Box::new(Belated::new(order.allowed_lateness))),
        }
    }

    /// Tells when the log took the rows that come next, see [`Batch::time`](crate::source::Batch::time), and
    /// up to which time of their own they are accepted.
    pub(crate) fn set_log_time(&mut self, time: Option<EventTime>, latest: EventTime) {
        self.log = time.unwrap_or(EventTime::AFTER_ALL);
        self.latest = latest;
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

    /// No clock of [`moved`](Self::moved) is later.
    pub(crate) fn highest_moved(&self) -> EventTime {
        self.highest
    }

    /// The number of a key, which exists from now on.
    #[inline]
    pub(crate) fn number(&mut self, key: &str) -> KeyId {
        self.keys.find(key).unwrap_or_else(|| self.new_key(key))
    }

    #[cold]
    fn new_key(&mut self, key: &str) -> KeyId {
        let id = self.keys.insert(key);
        if id.index() == self.waits.len() {
            self.clocks.push(self.floor);
            self.waits.push(Wait::default());
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

    /// Gives the belated rows of `slab`, after those in order have been through the graph.
    pub(crate) fn give_belated<E: Event>(
        &mut self,
        slab: &mut Slab<E>,
        to: &mut Slab<E>,
    ) -> Admitted {
        let belated = self.belated.as_mut();
        belated.map_or_else(Admitted::default, |rows| rows.give(slab, to))
    }

    /// Begins a pass: gives the rows that their clocks have passed, key by key, each key in event-time order.
    ///
    /// With a bound of 0 the keys with rows are only among [`moved`](Self::moved) where someone looks: `is_followed`
    /// says that a node has to hear of clocks of which it reads no row.
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
        let mut highest = self.highest;
        for id in &self.moved {
            let (wait, clock) = (self.waits.get_mut(id.index()), self.clocks.get(id.index()));
            if let (Some(wait), Some(clock)) = (wait, clock) {
                wait.release(*clock, slab);
                highest = highest.max(*clock);
            }
        }
        self.highest = highest;
        // They left before their clocks.
        self.ahead = true;
    }

    /// Whether each clock that moved stands at the last row of its key that is in this pass.
    pub(crate) fn is_at_rows(&self) -> bool {
        !self.ahead
    }

    /// Ends a pass: the clocks of [`moved`](Self::moved) are known to all nodes now.
    pub(crate) fn settle(&mut self) {
        self.moved.clear();
        self.highest = EventTime::BEFORE_ALL;
        self.pass += 1;
        self.ahead = false;
    }

    /// The input has ended: every clock passes everything, in the order of the keys' names.
    pub(crate) fn end(&mut self) {
        for id in self.keys.in_name_order() {
            self.end_key(id);
        }
    }

    /// Nothing more comes of this key.
    pub(crate) fn end_key(&mut self, id: KeyId) {
        self.move_clock(id, EventTime::AFTER_ALL, Save::Always);
        if let Some(belated) = &mut self.belated {
            belated.end(&[id]);
        }
    }

    /// No clock is before this, but for those of keys with a newer row.
    pub(crate) fn floor(&self) -> EventTime {
        self.floor
    }

    /// Moves the clocks of the keys that have no newer row to `floor`, and lets new ones begin there. Returns
    /// whether any moved. It changes no entry of a snapshot by itself: it can be told from the floor.
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

    /// As [`raise`](Self::raise), of one key.
    pub(crate) fn raise_key(&mut self, id: KeyId, floor: EventTime) {
        let (wait, clock) = (self.waits.get(id.index()), self.clocks.get(id.index()));
        if let (Some(wait), Some(clock)) = (wait, clock)
            && wait.newest < floor
            && *clock < floor
        {
            self.move_clock(id, floor, Save::IfRowsLeave);
        }
    }

    fn move_clock(&mut self, id: KeyId, to: EventTime, save: Save) {
        let (wait, clock) = (
            self.waits.get_mut(id.index()),
            self.clocks.get_mut(id.index()),
        );
        let (Some(wait), Some(clock)) = (wait, clock) else {
            return;
        };
        *clock = to;
        self.ahead = true;
        if std::mem::replace(&mut wait.moved_in, self.pass) != self.pass {
            self.moved.push(id);
        }
        let is_saved = save == Save::Always || !wait.is_empty();
        if is_saved && !std::mem::replace(&mut wait.dirty, true) {
            self.dirty.push(id);
        }
    }

    /// How many keys have changed since the last seal.
    pub(crate) fn changed(&self) -> usize {
        self.dirty.len()
    }

    pub(crate) fn seal<E: Event>(&mut self, slab: &Slab<E>, to: &mut Vec<Saved>) {
        // Encoded here and copied out at their length: growing a buffer for each key costs more.
        let (mut scratch, mut dirty) = (Vec::new(), std::mem::take(&mut self.dirty));
        to.append(&mut self.gone);
        for id in dirty.drain(..) {
            if !self.keys.has(id) {
                continue;
            }
            if let Some(wait) = self.waits.get_mut(id.index()) {
                wait.dirty = false;
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
        let (wait, clock) = (self.waits.get(id.index())?, self.clocks.get(id.index())?);
        scratch.clear();
        wait.encode(*clock, slab, scratch);
        let key = self.keys.name(id);
        Some(entries::waiting(key, E::VERSION, Some(scratch.clone())))
    }

    /// Takes back what [`seal`](Self::seal) saved; `None` when it cannot be read.
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
                let whose = (id, self.bound);
                let (wait, clock) = Wait::decode(saved.version, whose, slab, &mut &*bytes)?;
                let clock = if ended { EventTime::AFTER_ALL } else { clock };
                *self.clocks.get_mut(id.index())? = clock;
                self.holds |= !wait.is_empty();
                *self.waits.get_mut(id.index())? = wait;
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
