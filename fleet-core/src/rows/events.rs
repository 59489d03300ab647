//! Lists of decoded events on their way to the shards of their keys.

use std::ops::Deref;

use super::log_times::LogTimes;
use crate::data::{EventTime, Offset};

/// Events with the offsets and log times of their records, in the order of the input.
///
/// # Shape
/// Taking an event out leaves an old one in its place, which the next event overwrites. So filling
/// and emptying a list repeatedly neither drops nor allocates events.
#[derive(Debug)]
pub(crate) struct Events<E> {
    /// From `len` on: old events, to be overwritten.
    rows: Vec<(Offset, E)>,
    len: usize,
    log_times: LogTimes,
}

impl<E> Default for Events<E> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            len: 0,
            log_times: LogTimes::default(),
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
        let (len, log_times) = (rows.len(), LogTimes::default());
        Self {
            rows,
            len,
            log_times,
        }
    }
}

impl<E> Events<E> {
    /// The number of events.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Sets the log time of the events that are appended next.
    #[inline]
    pub(crate) fn set_log_time(&mut self, time: Option<EventTime>) {
        self.log_times.set(self.len, time);
    }

    /// The log times of all events, by index.
    pub(super) fn log_times(&mut self) -> &mut LogTimes {
        &mut self.log_times
    }

    /// Returns the events in runs of equal log times, in order.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (Option<EventTime>, &[(Offset, E)])> {
        let runs = self.log_times.runs(self.len);
        runs.map(|(run, time)| (time, self.get(run).unwrap_or_default()))
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
        self.clear();
    }

    /// Removes and returns the events before a record.
    pub(crate) fn take_before(&mut self, end: Offset) -> Self {
        let before = self.partition_point(|(offset, _)| *offset < end);
        let mut taken: Self = self.rows.drain(..before).collect();
        taken.log_times = self.log_times.take_first(before);
        self.len -= before;
        taken
    }

    pub(crate) fn retain(&mut self, mut is_kept: impl FnMut(Offset) -> bool) {
        self.rows.truncate(self.len);
        let log_times = std::mem::take(&mut self.log_times);
        let (mut index, mut kept) = (0, 0);
        self.rows.retain(|(offset, _)| {
            let stays = is_kept(*offset);
            if stays {
                self.log_times.set(kept, log_times.at(index));
                kept += 1;
            }
            index += 1;
            stays
        });
        self.len = kept;
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.log_times.truncate(self.len);
    }

    pub(crate) fn clear(&mut self) {
        self.len = 0;
        self.log_times.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns events with these names, offsets from 0 and log times in seconds.
    fn events(of: &[(char, Option<i64>)]) -> Events<char> {
        let mut events = Events::default();
        for (at, (name, time)) in (0..).zip(of) {
            events.set_log_time(time.map(EventTime::from_micros));
            events.push(Offset(at), *name);
        }
        events
    }

    /// Returns the offset, name and log time of each event.
    fn all(events: &Events<char>) -> Vec<(u64, char, Option<i64>)> {
        let of_run = |(time, run): (Option<EventTime>, &[(Offset, char)])| {
            let time = time.map(EventTime::as_micros);
            let run = run.iter().map(move |(at, name)| (at.0, *name, time));
            run.collect::<Vec<_>>()
        };
        events.runs().flat_map(of_run).collect()
    }

    #[test]
    fn events_are_taken_out_before_a_record_or_by_their_offsets() {
        let one = Some(1);
        let mut events = events(&[
            ('a', None),
            ('b', one),
            ('c', one),
            ('d', Some(2)),
            ('e', one),
        ]);
        let before = events.take_before(Offset(2));
        assert_eq!(all(&before), [(0, 'a', None), (1, 'b', one)]);
        events.retain(|at| at != Offset(3));
        assert_eq!(all(&events), [(2, 'c', one), (4, 'e', one)]);
        assert_eq!(events.runs().count(), 1);
        events.truncate(1);
        events.retain(|_| true);
        assert_eq!(
            all(&events),
            [(2, 'c', one)],
            "an old one does not come back"
        );
        events.take_each(|_, _| ());
        events.push(Offset(9), 'z');
        assert_eq!(all(&events), [(9, 'z', None)]);
    }
}
