//! Lists of decoded events on their way to the shards of their keys.

use std::ops::Deref;

use crate::data::{EventTime, Offset};

/// Events with the offsets of their records, in the order of the input.
///
/// # Shape
/// Taking an event out leaves an old one in its place, which the next event overwrites. So filling
/// and emptying a list repeatedly neither drops nor allocates events.
#[derive(Debug)]
pub(crate) struct Events<E> {
    /// From `len` on: old events, to be overwritten.
    rows: Vec<(Offset, E)>,
    len: usize,
}

/// Events with the time at which the log received them.
pub(crate) type TimedEvents<E> = (Option<EventTime>, Events<E>);

impl<E> Default for Events<E> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            len: 0,
        }
    }
}

impl<E> Deref for Events<E> {
    type Target = [(Offset, E)];

    fn deref(&self) -> &Self::Target {
        self.rows.get(..self.len).unwrap_or_default()
    }
}

impl<E> FromIterator<(Offset, E)> for Events<E> {
    fn from_iter<I: IntoIterator<Item = (Offset, E)>>(events: I) -> Self {
        let rows = Vec::from_iter(events);
        let len = rows.len();
        Self { rows, len }
    }
}

impl<E> Events<E> {
    /// The number of events.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn push(&mut self, offset: Offset, event: E) {
        match self.rows.get_mut(self.len) {
            Some(old) => *old = (offset, event),
            None => self.rows.push((offset, event)),
        }
        self.len += 1;
    }

    /// Appends an event that is built in place: by `clean` from an old event, or by `blank` if
    /// there is none.
    #[inline]
    pub(crate) fn build(
        &mut self,
        offset: Offset,
        clean: impl FnOnce(&mut E),
        blank: impl FnOnce() -> E,
    ) -> Option<&mut E> {
        if self.len == self.rows.len() {
            self.rows.push((offset, blank()));
        }
        let (at, event) = self.rows.get_mut(self.len)?;
        *at = offset;
        clean(event);
        self.len += 1;
        Some(event)
    }

    /// Appends an event by swapping it with an old one.
    #[inline]
    pub(super) fn swap_in(&mut self, offset: Offset, event: &mut E)
    where
        E: Clone,
    {
        match self.rows.get_mut(self.len) {
            Some(old) => {
                old.0 = offset;
                std::mem::swap(&mut old.1, event);
            }
            None => self.rows.push((offset, event.clone())),
        }
        self.len += 1;
    }

    /// Empties the list, passing each event to `take`. What `take` leaves behind is reused as an
    /// old event.
    #[inline]
    pub(crate) fn take_each(&mut self, mut take: impl FnMut(Offset, &mut E)) {
        for (offset, event) in self.rows.iter_mut().take(self.len) {
            take(*offset, event);
        }
        self.len = 0;
    }

    /// Removes and returns the events before a record.
    pub(crate) fn take_before(&mut self, end: Offset) -> Self {
        let before = self.partition_point(|(offset, _)| *offset < end);
        let taken = self.rows.drain(..before).collect();
        self.len -= before;
        taken
    }

    pub(crate) fn retain(&mut self, mut is_kept: impl FnMut(Offset) -> bool) {
        self.rows.truncate(self.len);
        self.rows.retain(|(offset, _)| is_kept(*offset));
        self.len = self.rows.len();
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_taken_out_before_a_record_or_by_their_offsets() {
        let named = ('a'..='e').zip(0..).map(|(name, at)| (Offset(at), name));
        let mut events: Events<char> = named.collect();
        let before = events.take_before(Offset(2));
        assert_eq!(&*before, [(Offset(0), 'a'), (Offset(1), 'b')]);
        events.retain(|at| at != Offset(3));
        assert_eq!(&*events, [(Offset(2), 'c'), (Offset(4), 'e')]);
        events.truncate(1);
        events.retain(|_| true);
        assert_eq!(
            &*events,
            [(Offset(2), 'c')],
            "an old one does not come back"
        );
    }
}
