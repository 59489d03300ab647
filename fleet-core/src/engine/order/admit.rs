//! The way of a row into the order buffer.

use super::{OrderBuffer, belated::Behind, wait::Taken};
use crate::{
    data::EventTime,
    event::Event,
    rows::{KeyId, Place, Row, RowsMut, Slab},
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

impl OrderBuffer {
    /// Finds out whose and when rows are, before they are [admitted](Self::admit): in a loop of its own, so that
    /// the search for one key need not wait for the one before.
    pub(crate) fn identify<E: Event>(&mut self, rows: RowsMut<'_, E>) {
        match rows {
            RowsMut::Run(rows) => rows.iter_mut().for_each(|row| self.identify_row(row)),
            RowsMut::Places(rows, places) => {
                for place in places {
                    if let Some(row) = rows.get_mut(place.index()) {
                        self.identify_row(row);
                    }
                }
            }
        }
    }

    #[expect(
        clippy::inline_always,
        reason = "called in two loops, which are little else"
    )]
    #[inline(always)]
    fn identify_row<E: Event>(&mut self, row: &mut Row<E>) {
        row.at = row.value.at();
        row.key = if (EventTime::MIN..=self.latest).contains(&row.at) {
            self.number(row.value.key())
        } else {
            KeyId::NONE
        };
    }

    /// Says what becomes of a row that was [identified](Self::identify). With a bound of 0 it is released here;
    /// one that is late or there already gives its place back.
    #[inline]
    pub(crate) fn admit<E: Event>(&mut self, place: Place, slab: &mut Slab<E>) -> Fate {
        let Some(row) = slab.get(place) else {
            return Fate::OutOfRange;
        };
        let (id, at) = (row.key, row.at);
        match self.clocks.get(id.index()) {
            Some(clock) if at < *clock => self.behind(place, slab),
            Some(_) if self.bound == 0 => self.pass(id, place, slab),
            Some(_) => self.hold((id, at), place, slab),
            None => Fate::OutOfRange,
        }
    }

    /// Releases a row at once.
    #[inline]
    fn pass<E: Event>(&mut self, id: KeyId, place: Place, slab: &mut Slab<E>) -> Fate {
        let Some(row) = slab.get(place) else {
            return Fate::OutOfRange;
        };
        let (at, identity) = (row.at, row.value.identity());
        let (Some(wait), Some(clock)) = (
            self.waits.get_mut(id.index()),
            self.clocks.get_mut(id.index()),
        ) else {
            return Fate::OutOfRange;
        };
        if at > wait.newest && at <= self.log {
            // Nearly every row: its key's clock moves to it.
            wait.pass_newest(at, identity);
            *clock = at;
        } else {
            let next = wait.newest.max(at).min(self.log).max(*clock);
            if wait.pass(at, next, identity) == Taken::Duplicate {
                slab.give_back(place);
                return Fate::Duplicate;
            }
            *clock = next;
            self.ahead |= next > at;
        }
        if !wait.dirty {
            wait.dirty = true;
            self.dirty.push(id);
        }
        slab.release(place);
        Fate::Accepted
    }

    /// Keeps a row until the clock of its key has passed it.
    #[inline]
    fn hold<E: Event>(
        &mut self,
        (id, at): (KeyId, EventTime),
        place: Place,
        slab: &mut Slab<E>,
    ) -> Fate {
        let (Some(wait), Some(clock)) = (
            self.waits.get_mut(id.index()),
            self.clocks.get_mut(id.index()),
        ) else {
            return Fate::OutOfRange;
        };
        if wait.hold(at, place, slab) == Taken::Duplicate {
            slab.give_back(place);
            return Fate::Duplicate;
        }
        wait.newest = wait.newest.max(at);
        let next = wait.newest.min(self.log).before_by(self.bound);
        *clock = next.max(*clock);
        if wait.moved_in != self.pass {
            wait.moved_in = self.pass;
            self.moved.push(id);
        }
        if !wait.dirty {
            wait.dirty = true;
            self.dirty.push(id);
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
}
