//! Where the rows of one task lie, from their decoder to their last reader.

mod places;

pub(crate) use places::{Place, Places, Rows, RowsMut, Segment};

use crate::{
    data::{EventTime, Offset},
    rows::Row,
};

/// The rows of one task, each in one place: queues and nodes name them by number, so that no row is moved.
///
/// # Shape
/// A place that was given back keeps its row until the next one takes it; the slab is as large as the most
/// rows that ever lay in it at once. Where no row outlives its pass, each batch lies from the front on, one row
/// behind the other, and nobody keeps lists of its places.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    rows: Vec<Row<T>>,
    /// Given back, before `end`.
    free: Vec<Place>,
    /// Every place from here on is free.
    end: u32,
    /// Put in and not yet judged, in the order of the input.
    fresh: Places,
    /// What the nodes read in this pass, in this order.
    released: Places,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            free: Vec::new(),
            end: 0,
            fresh: Places::default(),
            released: Places::default(),
        }
    }
}

impl<T> Slab<T> {
    /// Puts a row in; whose and when it is, [`admit`](crate::engine::order::OrderBuffer::admit) finds out.
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
            // Four thousand million rows do not fit into memory.
            self.end += 1;
            Place(self.end - 1)
        })
    }

    /// Puts a row in for [`take_fresh`](Self::take_fresh).
    #[inline]
    pub(crate) fn put_fresh(&mut self, offset: Offset, value: T) {
        let place = self.put(offset, value);
        self.fresh.push(place);
    }

    /// As [`put_fresh`](Self::put_fresh), of an event that is moved in; what it leaves is an old one.
    #[inline]
    pub(crate) fn swap_fresh(&mut self, offset: Offset, value: &mut T)
    where
        T: Clone,
    {
        let place = self.take_place();
        self.fresh.push(place);
        if let Some(row) = self.rows.get_mut(place.index()) {
            row.offset = offset;
            std::mem::swap(&mut row.value, value);
        } else {
            self.rows
                .push(Row::detached(EventTime::BEFORE_ALL, offset, value.clone()));
        }
    }

    /// As [`put_fresh`](Self::put_fresh), of a row that is built in its place: from an old one that is cleaned,
    /// or from a blank one where there is none.
    #[inline]
    pub(crate) fn build_fresh(
        &mut self,
        offset: Offset,
        clean: impl FnOnce(&mut T),
        blank: impl FnOnce() -> T,
    ) -> Option<&mut T> {
        let place = self.take_place();
        self.fresh.push(place);
        if place.index() == self.rows.len() {
            self.rows
                .push(Row::detached(EventTime::BEFORE_ALL, offset, blank()));
        }
        let row = self.rows.get_mut(place.index())?;
        row.offset = offset;
        clean(&mut row.value);
        Some(&mut row.value)
    }

    /// Puts a row in for the nodes of this pass.
    pub(crate) fn put_released(&mut self, row: Row<T>) {
        let place = self.put(row.offset, row.value);
        if let Some(put) = self.rows.get_mut(place.index()) {
            (put.key, put.at) = (row.key, row.at);
        }
        self.released.push(place);
    }

    /// Takes back the last fresh row: it is no event after all.
    #[inline]
    pub(crate) fn drop_last_fresh(&mut self) {
        if let Some(place) = self.fresh.pop() {
            self.give_back(place);
        }
    }

    /// The rows that were put in since the last call. The list is to be [returned](Self::return_fresh).
    pub(crate) fn take_fresh(&mut self) -> Places {
        std::mem::take(&mut self.fresh)
    }

    /// Gives the list of [`take_fresh`](Self::take_fresh) back, so that its memory is used again.
    pub(crate) fn return_fresh(&mut self, mut list: Places) {
        list.clear();
        self.fresh = list;
    }

    /// The rows in these places, to be changed.
    pub(crate) fn rows_mut<'a>(&'a mut self, places: &'a Places) -> RowsMut<'a, T> {
        places.of_mut(&mut self.rows)
    }

    #[inline]
    pub(crate) fn get(&self, place: Place) -> Option<&Row<T>> {
        self.rows.get(place.index())
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, place: Place) -> Option<&mut Row<T>> {
        self.rows.get_mut(place.index())
    }

    /// The row is not needed: it was late, or there already.
    #[inline]
    pub(crate) fn give_back(&mut self, place: Place) {
        if place.0 + 1 == self.end {
            self.end -= 1;
        } else {
            self.free.push(place);
        }
    }

    /// Gives the row to the nodes of this pass, after those released before.
    #[inline]
    pub(crate) fn release(&mut self, place: Place) {
        self.released.push(place);
    }

    /// How many rows the nodes see in this pass.
    pub(crate) fn released_len(&self) -> usize {
        self.released.len()
    }

    /// What the nodes see in this pass.
    pub(crate) fn released(&self) -> Rows<'_, T> {
        self.released.of(&self.rows)
    }

    /// Leaves rows out of this pass.
    pub(crate) fn leave_out(&mut self, mut is_out: impl FnMut(&Row<T>) -> bool) {
        for place in std::mem::take(&mut self.released).iter() {
            if self.get(place).is_some_and(&mut is_out) {
                self.give_back(place);
            } else {
                self.release(place);
            }
        }
    }

    /// Frees every place but these: after a pass that came to nothing, nobody else knows of its rows.
    pub(crate) fn keep_only(&mut self, places: impl Iterator<Item = Place>) {
        let mut is_kept = vec![false; self.rows.len()];
        for place in places {
            if let Some(kept) = is_kept.get_mut(place.index()) {
                *kept = true;
            }
        }
        self.fresh.clear();
        self.released.clear();
        let all = is_kept.into_iter().zip(0..);
        self.free = all
            .filter(|(kept, _)| !kept)
            .map(|(_, number)| Place(number))
            .collect();
        self.end = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.end_pass();
    }

    /// Ends a pass: the places of its rows are free.
    pub(crate) fn end_pass(&mut self) {
        if self.free.len() + self.released.len() == self.end as usize {
            // Nothing else lies here: the next batch begins at the front.
            self.free.clear();
            self.end = 0;
        } else {
            self.free.extend(self.released.iter());
        }
        self.released.clear();
    }
}
