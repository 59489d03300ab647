//! The storage for the rows of one task, from their decoder to their last reader.

mod places;

pub(crate) use places::{Place, Places, Rows, RowsMut, Segment};

use std::ops::Range;

use super::{Events, log_times::LogTimes};
use crate::{
    data::{EventTime, Offset},
    rows::Row,
};

/// Rows that have not been admitted yet, in input order.
#[derive(Debug, Default)]
pub(crate) struct Fresh {
    places: Places,
    log_times: LogTimes,
}

impl Fresh {
    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// The places of these rows, by index.
    pub(crate) fn within(&self, rows: Range<usize>) -> Segment<'_> {
        self.places.within(rows)
    }

    /// The places of all rows.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Place> {
        self.places.iter()
    }

    /// Returns the runs of equal log times, in order.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (Range<usize>, Option<EventTime>)> {
        self.log_times.runs(self.len())
    }
}

/// The rows of one task. Queues and nodes refer to rows by number, so no row is moved.
///
/// # Shape
/// A freed place keeps its old row until the next one overwrites it. The slab is as large as the
/// largest number of rows that it held at one time. If no row outlives its pass, each batch
/// occupies consecutive places from the front, and no list of places is needed.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    rows: Vec<Row<T>>,
    /// Free places below `end`.
    free: Vec<Place>,
    /// All places from here on are free.
    end: u32,
    fresh: Fresh,
    /// The rows that the nodes read in this pass, in this order.
    released: Places,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            free: Vec::new(),
            end: 0,
            fresh: Fresh::default(),
            released: Places::default(),
        }
    }
}

impl<T> Slab<T> {
    /// Stores a row. Its key and time are set later, when the order buffer identifies it.
    #[inline]
    pub(crate) fn put(&mut self, offset: Offset, value: T) -> Place {
        let place = self.take_place();
        if let Some(row) = self.rows.get_mut(place.index()) {
            row.offset = offset;
            row.value = value;
        } else {
            self.rows
                .push(Row::detached(EventTime::BEFORE_ALL, offset, value));
        }
        place
    }

    #[inline]
    fn take_place(&mut self) -> Place {
        self.free.pop().unwrap_or_else(|| {
            // Four billion rows do not fit into memory, so this cannot overflow.
            self.end += 1;
            Place(self.end - 1)
        })
    }

    /// Stores a row to be returned by [`take_fresh`](Self::take_fresh).
    #[inline]
    pub(crate) fn put_fresh(&mut self, offset: Offset, value: T) {
        let place = self.put(offset, value);
        self.fresh.places.push(place);
    }

    /// Sets the log time of the fresh rows that are stored next.
    pub(crate) fn set_log_time(&mut self, time: Option<EventTime>) {
        let next = self.fresh.len();
        self.fresh.log_times.set(next, time);
    }

    /// Takes the events of a list as the only fresh rows, and leaves old ones to be reused.
    pub(crate) fn take_events(&mut self, events: &mut Events<T>)
    where
        T: Clone,
    {
        std::mem::swap(&mut self.fresh.log_times, events.log_times());
        events.take_each(|offset, event| self.swap_fresh(offset, event));
    }

    /// Like [`put_fresh`](Self::put_fresh), but swaps the event with an old one.
    #[inline]
    fn swap_fresh(&mut self, offset: Offset, value: &mut T)
    where
        T: Clone,
    {
        let place = self.take_place();
        self.fresh.places.push(place);
        if let Some(row) = self.rows.get_mut(place.index()) {
            row.offset = offset;
            std::mem::swap(&mut row.value, value);
        } else {
            self.rows
                .push(Row::detached(EventTime::BEFORE_ALL, offset, value.clone()));
        }
    }

    /// Like [`put_fresh`](Self::put_fresh), but builds the row in place: by `clean` from an old
    /// event, or by `blank` if there is none.
    #[inline]
    pub(crate) fn build_fresh(
        &mut self,
        offset: Offset,
        clean: impl FnOnce(&mut T),
        blank: impl FnOnce() -> T,
    ) -> Option<&mut T> {
        let place = self.take_place();
        self.fresh.places.push(place);
        if place.index() == self.rows.len() {
            self.rows
                .push(Row::detached(EventTime::BEFORE_ALL, offset, blank()));
        }
        let row = self.rows.get_mut(place.index())?;
        row.offset = offset;
        clean(&mut row.value);
        Some(&mut row.value)
    }

    /// Stores a row and releases it to the nodes of this pass.
    pub(crate) fn put_released(&mut self, row: Row<T>) {
        let place = self.put(row.offset, row.value);
        if let Some(put) = self.rows.get_mut(place.index()) {
            (put.key, put.at) = (row.key, row.at);
        }
        self.released.push(place);
    }

    /// Removes the last fresh row, which turned out not to be an event.
    #[inline]
    pub(crate) fn drop_last_fresh(&mut self) {
        if let Some(place) = self.fresh.places.pop() {
            self.give_back(place);
        }
    }

    /// Takes the list of rows stored since the last call. The caller [returns](Self::return_fresh)
    /// the list.
    pub(crate) fn take_fresh(&mut self) -> Fresh {
        std::mem::take(&mut self.fresh)
    }

    /// Returns the list of [`take_fresh`](Self::take_fresh), so that its memory is reused.
    pub(crate) fn return_fresh(&mut self, mut list: Fresh) {
        list.places.clear();
        list.log_times.clear();
        self.fresh = list;
    }

    /// Mutable access to some fresh rows, by index.
    pub(crate) fn fresh_mut<'a>(
        &'a mut self,
        fresh: &'a Fresh,
        rows: Range<usize>,
    ) -> RowsMut<'a, T> {
        fresh.places.of_mut(&mut self.rows, rows)
    }

    #[inline]
    pub(crate) fn get(&self, place: Place) -> Option<&Row<T>> {
        self.rows.get(place.index())
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, place: Place) -> Option<&mut Row<T>> {
        self.rows.get_mut(place.index())
    }

    /// Frees the place of a row.
    #[inline]
    pub(crate) fn give_back(&mut self, place: Place) {
        if place.0 + 1 == self.end {
            self.end -= 1;
        } else {
            self.free.push(place);
        }
    }

    /// Appends the row to those that the nodes read in this pass.
    #[inline]
    pub(crate) fn release(&mut self, place: Place) {
        self.released.push(place);
    }

    /// The number of places in use. Between two passes, these are the rows that wait.
    pub(crate) fn used(&self) -> usize {
        (self.end as usize).saturating_sub(self.free.len())
    }

    /// The number of rows that the nodes read in this pass.
    pub(crate) fn released_len(&self) -> usize {
        self.released.len()
    }

    /// The rows that the nodes read in this pass.
    pub(crate) fn released(&self) -> Rows<'_, T> {
        self.released_from(0)
    }

    /// Like [`released`](Self::released), without the first ones.
    pub(crate) fn released_from(&self, first: usize) -> Rows<'_, T> {
        self.released.of(&self.rows, first..self.released.len())
    }

    /// Removes rows from this pass.
    pub(crate) fn leave_out(&mut self, mut is_out: impl FnMut(&Row<T>) -> bool) {
        for place in std::mem::take(&mut self.released).iter() {
            if self.get(place).is_some_and(&mut is_out) {
                self.give_back(place);
            } else {
                self.release(place);
            }
        }
    }

    /// Frees all places but these. After an abandoned pass nothing else refers to its rows.
    pub(crate) fn keep_only(&mut self, places: impl Iterator<Item = Place>) {
        let mut is_kept = vec![false; self.rows.len()];
        for place in places {
            if let Some(kept) = is_kept.get_mut(place.index()) {
                *kept = true;
            }
        }
        let fresh = self.take_fresh();
        self.return_fresh(fresh);
        self.released.clear();
        let all = is_kept.into_iter().zip(0..);
        self.free = all
            .filter(|(kept, _)| !kept)
            .map(|(_, number)| Place(number))
            .collect();
        self.end = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.end_pass();
    }

    /// Ends a pass and frees the places of its rows.
    pub(crate) fn end_pass(&mut self) {
        if self.free.len() + self.released.len() == self.end as usize {
            // The slab is empty, so the next batch starts at the front.
            self.free.clear();
            self.end = 0;
        } else {
            self.free.extend(self.released.iter());
        }
        self.released.clear();
    }
}
