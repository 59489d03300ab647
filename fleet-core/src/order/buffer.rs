use super::{
    Admitted, Keys, Order,
    belated::{Behind, Belated},
    saved::{self, Entry},
    wait::{Taken, Wait},
};
use crate::{
    EventTime,
    checkpoint::{Counts, Saved},
    event::Event,
    row::KeyId,
    slab::{Place, Slab},
    time::micros,
};

/// What becomes of an event at the entry of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Accepted,
    Late,
    Duplicate,
    /// Older than the clock, within the allowed lateness: the [pass](OrderBuffer::give_belated) tells
    /// duplicates from the others.
    Belated,
    /// Belated rows of its key go first: after a pass, it is to be admitted again.
    Postponed,
    /// Its time is none that is accepted.
    OutOfRange,
}

impl Fate {
    /// Counts it, where it is decided already.
    pub(crate) fn count(self, counts: &mut Counts) {
        match self {
            Self::Accepted => counts.accepted += 1,
            Self::Late => counts.late += 1,
            Self::Duplicate => counts.duplicate += 1,
            Self::Belated | Self::Postponed | Self::OutOfRange => {}
        }
    }
}

/// The order buffer of one shard: numbers keys, says which of their rows wait, keeps their clocks.
#[derive(Debug)]
pub(crate) struct OrderBuffer {
    /// Microseconds.
    pub(super) bound: i64,
    pub(super) keys: Keys,
    pub(super) clocks: Vec<EventTime>,
    pub(super) waits: Vec<Wait>,
    /// Keys with a row since the last release.
    pub(super) moved: Vec<KeyId>,
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

    /// Says whose and when a fresh row is, and what becomes of it. With a bound of 0 it is released here; one
    /// that is late or there already gives its place back.
    #[inline]
    pub(crate) fn admit<E: Event>(&mut self, place: Place, slab: &mut Slab<E>) -> Fate {
        let Some(row) = slab.get_mut(place) else {
            return Fate::OutOfRange;
        };
        let at = row.value.at();
        if !(EventTime::MIN..=self.latest).contains(&at) {
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
            return self.behind(place, slab);
        }
        let newest = wait.newest.max(at);
        let next = (*clock).max(newest.min(self.log).before_by(self.bound));
        let by_arrival = self.bound == 0;
        let taken = if by_arrival {
            wait.pass(at, next, row.value.identity())
        } else {
            wait.hold(at, place, slab)
        };
        if taken == Taken::Duplicate {
            slab.give_back(place);
            return Fate::Duplicate;
        }
        if by_arrival {
            slab.release(place);
        }
        wait.newest = newest;
        *clock = next;
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

    #[cold]
    fn behind<E: Event>(&mut self, place: Place, slab: &mut Slab<E>) -> Fate {
        let behind = slab.get(place).and_then(|row| {
            let clock = self.clocks.get_mut(row.key.index())?;
            Some(self.belated.as_mut()?.take(clock, row, place))
        });
        match behind {
            Some(Behind::Belated) => Fate::Belated,
            Some(Behind::Postponed) => Fate::Postponed,
            Some(Behind::Late) | None => {
                slab.give_back(place);
                Fate::Late
            }
        }
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
    pub(crate) fn release<E: Event>(&mut self, slab: &mut Slab<E>) {
        if let Some(belated) = &mut self.belated {
            belated.release(&mut self.clocks);
        }
        for id in &self.moved {
            let (Some(wait), Some(clock)) =
                (self.waits.get_mut(id.index()), self.clocks.get(id.index()))
            else {
                continue;
            };
            wait.release(*clock, slab);
        }
        if let Some(belated) = &mut self.belated {
            belated.remember(slab.released(), &self.clocks);
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
        if !std::mem::replace(&mut wait.moved, true) {
            self.moved.push(id);
        }
        let is_saved = save == Save::Always || !wait.is_empty();
        if is_saved && !std::mem::replace(&mut wait.dirty, true) {
            self.dirty.push(id);
        }
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
        Some(saved::wait(key, E::VERSION, scratch.clone()))
    }

    /// Takes back what [`seal`](Self::seal) saved; `None` when it cannot be read.
    pub(crate) fn restore<E: Event>(
        &mut self,
        entry: &Entry<'_>,
        saved: &Saved,
        ended: bool,
        slab: &mut Slab<E>,
    ) -> Option<()> {
        let id = self.number(entry.key()?);
        let bytes = saved.bytes.as_deref()?;
        match entry {
            Entry::Wait(_) => {
                let whose = (id, self.bound);
                let (wait, clock) = Wait::decode(saved.version, whose, slab, &mut &*bytes)?;
                let clock = if ended { EventTime::AFTER_ALL } else { clock };
                *self.clocks.get_mut(id.index())? = clock;
                *self.waits.get_mut(id.index())? = wait;
            }
            Entry::Seen(_, start) => {
                if let Some(belated) = &mut self.belated {
                    belated.restore(id, *start, bytes)?;
                }
            }
            Entry::Floor(_) | Entry::Node(_) => {}
        }
        Some(())
    }
}
