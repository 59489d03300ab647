//! Admission of rows to the order buffer.

use super::{OrderBuffer, belated::BehindClock, waiting::Insertion};
use crate::{
    data::EventTime,
    event::Event,
    rows::{KeyId, Place, Row, RowsMut, Slab},
};

/// The outcome of admitting an event to a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Accepted,
    Late,
    Duplicate,
    /// Older than the clock but within the allowed lateness. Duplicates are found later, [during
    /// the pass](OrderBuffer::give_belated).
    Belated,
    /// Belated rows of its key have to be processed first. It has to be admitted again after a
    /// pass.
    Postponed,
    /// Its time is outside the accepted range.
    OutOfRange,
}

impl OrderBuffer {
    /// Sets the keys and times of rows before they are [admitted](Self::admit). This is a separate
    /// loop, so that the lookups of several keys overlap instead of each waiting for the one
    /// before.
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

    /// Admits a row that was [identified](Self::identify). With a bound of 0 the row is released
    /// here, unless it is ahead of its log. A duplicate row frees its place. The place of a late
    /// one, or of one out of range, is left to the caller.
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

    /// Releases a row immediately.
    #[inline]
    fn pass<E: Event>(&mut self, id: KeyId, place: Place, slab: &mut Slab<E>) -> Fate {
        let Some(row) = slab.get(place) else {
            return Fate::OutOfRange;
        };
        let (at, identity) = (row.at, row.value.identity());
        let (Some(waiting), Some(clock)) = (
            self.waiting.get_mut(id.index()),
            self.clocks.get_mut(id.index()),
        ) else {
            return Fate::OutOfRange;
        };
        if at <= waiting.newest || at > self.prompt {
            return self.pass_rare((id, at, identity), place, slab);
        }
        // Nearly every row: it moves the clock of its key to its own time.
        waiting.pass_newest(at, identity);
        *clock = at;
        if !waiting.dirty {
            waiting.dirty = true;
            self.dirty.push(id);
        }
        slab.release(place);
        Fate::Accepted
    }

    /// Like [`pass`](Self::pass), for a row that is not the newest of its key, or that is ahead of
    /// its log, or behind which rows that were ahead may wait.
    #[inline(never)]
    fn pass_rare<E: Event>(
        &mut self,
        (id, at, identity): (KeyId, EventTime, u64),
        place: Place,
        slab: &mut Slab<E>,
    ) -> Fate {
        let (Some(waiting), Some(clock)) = (
            self.waiting.get_mut(id.index()),
            self.clocks.get_mut(id.index()),
        ) else {
            return Fate::OutOfRange;
        };
        let next = waiting.newest.max(at).min(self.log).max(*clock);
        let is_alone = waiting.is_empty() && at <= self.log;
        let insertion = if !is_alone {
            waiting.hold_ahead((at, identity), next, place, slab)
        } else if at > waiting.newest {
            waiting.pass_newest(at, identity);
            Insertion::New
        } else {
            waiting.pass(at, next, identity)
        };
        if insertion == Insertion::Duplicate {
            slab.give_back(place);
            return Fate::Duplicate;
        }
        *clock = next;
        if is_alone {
            slab.release(place);
            self.ahead |= next > at;
        } else {
            waiting.release_at(next, slab);
            self.ahead = true;
            self.holds = true;
            self.prompt = EventTime::BEFORE_ALL;
            if waiting.moved_in != self.pass {
                waiting.moved_in = self.pass;
                self.moved.push(id);
            }
        }
        self.save_later(id);
        Fate::Accepted
    }

    /// Holds a row until the clock of its key has passed it.
    #[inline]
    fn hold<E: Event>(
        &mut self,
        (id, at): (KeyId, EventTime),
        place: Place,
        slab: &mut Slab<E>,
    ) -> Fate {
        let (Some(waiting), Some(clock)) = (
            self.waiting.get_mut(id.index()),
            self.clocks.get_mut(id.index()),
        ) else {
            return Fate::OutOfRange;
        };
        if waiting.hold(at, place, slab) == Insertion::Duplicate {
            slab.give_back(place);
            return Fate::Duplicate;
        }
        waiting.newest = waiting.newest.max(at);
        let next = waiting.newest.min(self.log).before_by(self.bound);
        *clock = next.max(*clock);
        if waiting.moved_in != self.pass {
            waiting.moved_in = self.pass;
            self.moved.push(id);
        }
        if !waiting.dirty {
            waiting.dirty = true;
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
            Some(BehindClock::Belated) => Fate::Belated,
            Some(BehindClock::Postponed) => Fate::Postponed,
            Some(BehindClock::Late) | None => Fate::Late,
        }
    }
}
