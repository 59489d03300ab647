use std::time::Duration;

use super::{
    Admitted, Keys, Order,
    belated::{Behind, Belated},
    saved::{self, Entry},
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
    /// With an allowed lateness.
    belated: Option<Box<Belated<E>>>,
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
        self.clocks.push(self.floor);
        self.waits.push(Wait::default());
        if let Some(belated) = &mut self.belated {
            belated.add_key();
        }
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
        self.moved = self.keys.in_name_order();
        self.dirty.clone_from(&self.moved);
        self.clocks.fill(EventTime::AFTER_ALL);
        for wait in &mut self.waits {
            wait.dirty = true;
            wait.moved = true;
        }
        if let Some(belated) = &mut self.belated {
            belated.end(&self.moved);
        }
    }

    /// Moves the clocks of the keys that have no newer row to `floor`, and lets new ones begin there. Returns
    /// whether any moved. It changes no entry of a snapshot by itself: it can be told from the floor.
    pub(crate) fn raise(&mut self, floor: EventTime) -> bool {
        if floor <= self.floor {
            return false;
        }
        self.floor = floor;
        for ((id, clock), wait) in (0..).zip(&mut self.clocks).zip(&mut self.waits) {
            if wait.newest >= floor || *clock >= floor {
                continue;
            }
            *clock = floor;
            if !std::mem::replace(&mut wait.moved, true) {
                self.moved.push(KeyId(id));
            }
            // Its rows leave: that is to be saved.
            if !wait.is_empty() && !std::mem::replace(&mut wait.dirty, true) {
                self.dirty.push(KeyId(id));
            }
        }
        !self.moved.is_empty()
    }

    pub(crate) fn seal(&mut self, to: &mut Vec<Saved>) {
        // Encoded here and copied out at their length: growing a buffer for each key costs more.
        let mut scratch = Vec::new();
        for id in self.dirty.drain(..) {
            let Some(wait) = self.waits.get_mut(id.index()) else {
                continue;
            };
            wait.dirty = false;
            scratch.clear();
            let clock = self.clocks.get(id.index()).copied();
            wait.encode(clock.unwrap_or(EventTime::BEFORE_ALL), &mut scratch);
            to.push(saved::wait(self.keys.name(id), E::VERSION, scratch.clone()));
        }
        if let Some(belated) = &mut self.belated {
            belated.seal(&self.keys, to);
        }
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
