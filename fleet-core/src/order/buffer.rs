use std::{sync::Arc, time::Duration};

use super::{
    Admitted, Keys, Order,
    belated::{Behind, Belated},
    saved::{self, Entry},
    seen::Seen,
    wait::{Taken, Wait},
};
use crate::{
    EventTime, Offset,
    checkpoint::{Counts, Saved},
    event::Event,
    row::{KeyId, Row},
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
    /// Belated rows of its key go first: after a pass, [`OrderBuffer::admit_postponed`] takes it.
    Postponed,
}

impl Fate {
    /// Counts it, where it is decided already.
    pub(crate) fn count(self, counts: &mut Counts) {
        match self {
            Self::Accepted => counts.accepted += 1,
            Self::Late => counts.late += 1,
            Self::Duplicate => counts.duplicate += 1,
            Self::Belated | Self::Postponed => {}
        }
    }
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
    /// When the log took the rows at hand: they move no clock past it.
    log: EventTime,
    /// No clock is before this since the last tick, but for those of keys with a newer row.
    floor: EventTime,
    /// What became of forgotten keys since the last seal: none of their entries is left.
    gone: Vec<Saved>,
    /// With an allowed lateness.
    belated: Option<Box<Belated<E>>>,
}

/// One key as it was at some moment.
#[derive(Debug)]
pub(crate) struct Image {
    wait: Saved,
    seen: Option<Seen>,
}

/// Whether a clock that moves changes an entry of the snapshot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Save {
    Always,
    /// The clock alone can be told from the floor.
    IfRowsLeave,
}

impl<E: Event> OrderBuffer<E> {
    pub(crate) fn new(order: Order) -> Self {
        Self {
            bound: order.out_of_orderness,
            keys: Keys::default(),
            clocks: Vec::new(),
            waits: Vec::new(),
            moved: Vec::new(),
            dirty: Vec::new(),
            log: EventTime::AFTER_ALL,
            floor: EventTime::BEFORE_ALL,
            gone: Vec::new(),
            belated: (!order.allowed_lateness.is_zero())
                .then(|| Box::new(Belated::new(order.allowed_lateness))),
        }
    }

    /// Tells when the log took the rows that come next; see [`Batch::time`](crate::source::Batch::time).
    pub(crate) fn set_log_time(&mut self, time: Option<EventTime>) {
        self.log = time.unwrap_or(EventTime::AFTER_ALL);
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// No clock is before this, but for those of keys with a newer row.
    pub(crate) fn floor(&self) -> EventTime {
        self.floor
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
            return self.behind(id, offset, event);
        }
        let next = (*clock).max(wait.newest.max(at).min(self.log) - self.bound);
        let taken = if self.bound.is_zero() {
            let taken = wait.pass(at, next, &event);
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
        wait.newest = wait.newest.max(at);
        *clock = next;
        if !std::mem::replace(&mut wait.moved, true) {
            self.moved.push(id);
        }
        if !std::mem::replace(&mut wait.dirty, true) {
            self.dirty.push(id);
        }
        Fate::Accepted
    }

    #[cold]
    fn behind(&mut self, key: KeyId, offset: Offset, value: E) -> Fate {
        let (Some(belated), Some(clock)) = (&mut self.belated, self.clocks.get_mut(key.index()))
        else {
            return Fate::Late;
        };
        let at = value.at();
        let row = Row {
            key,
            at,
            offset,
            value,
        };
        match belated.take(clock, row) {
            Behind::Belated => Fate::Belated,
            Behind::Late => Fate::Late,
            Behind::Postponed => Fate::Postponed,
        }
    }

    /// Takes the row that was postponed, if one was.
    pub(crate) fn admit_postponed(&mut self, released: &mut Vec<Row<E>>) -> Option<Fate> {
        let (offset, event) = self.belated.as_mut()?.take_postponed()?;
        Some(self.admit(offset, event, released))
    }

    /// Whether belated rows wait for a pass.
    pub(crate) fn has_belated(&self) -> bool {
        self.belated.as_ref().is_some_and(|rows| !rows.is_empty())
    }

    /// Gives the belated rows, after those in order have been through the graph.
    pub(crate) fn give_belated(&mut self, to: &mut Vec<Row<E>>) -> Admitted {
        let belated = self.belated.as_mut();
        belated.map_or_else(Admitted::default, |rows| rows.give(to))
    }

    /// Begins a pass: gives the rows that their clocks have passed, key by key, each key in event-time order.
    pub(crate) fn release(&mut self, to: &mut Vec<Row<E>>) {
        if let Some(belated) = &mut self.belated {
            belated.release(&mut self.clocks);
        }
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
        if let Some(belated) = &mut self.belated {
            belated.remember(to, &self.clocks);
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
    pub(crate) fn forget(&mut self, id: KeyId) -> Option<Arc<str>> {
        self.clear(id);
        let name = self.keys.remove(id)?;
        self.gone
            .push(saved::no_wait(Arc::clone(&name), E::VERSION));
        if let Some(belated) = &mut self.belated {
            belated.forget(id, &name, &mut self.gone);
        }
        Some(name)
    }

    /// What is known of one key, to be [put back](Self::put_back) by this process. Between passes.
    pub(crate) fn save(&self, id: KeyId) -> Option<Image> {
        Some(Image {
            wait: self.encode(id, &mut Vec::new())?,
            seen: self.belated.as_ref().and_then(|belated| belated.seen(id)),
        })
    }

    /// Forgets what is known of one key, but not its number.
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
    pub(crate) fn put_back(&mut self, id: KeyId, image: &Image) {
        self.clear(id);
        // It was encoded by this process, so it can be read.
        if let Some(entry) = Entry::of(&image.wait) {
            self.restore(&entry, &image.wait, false);
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

    pub(crate) fn seal(&mut self, to: &mut Vec<Saved>) {
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
            to.extend(self.encode(id, &mut scratch));
        }
        self.dirty = dirty;
        if let Some(belated) = &mut self.belated {
            belated.seal(&self.keys, to);
        }
    }

    fn encode(&self, id: KeyId, scratch: &mut Vec<u8>) -> Option<Saved> {
        let (wait, clock) = (self.waits.get(id.index())?, self.clocks.get(id.index())?);
        scratch.clear();
        wait.encode(*clock, scratch);
        Some(saved::wait(self.keys.name(id), E::VERSION, scratch.clone()))
    }

    /// Takes back what [`seal`](Self::seal) saved; `None` when it cannot be read.
    pub(crate) fn restore(&mut self, entry: &Entry<'_>, saved: &Saved, ended: bool) -> Option<()> {
        let id = self.number(entry.key()?);
        let bytes = saved.bytes.as_deref()?;
        match entry {
            Entry::Wait(_) => {
                let (wait, clock) = Wait::<E>::decode(saved.version, self.bound, &mut &*bytes)?;
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
