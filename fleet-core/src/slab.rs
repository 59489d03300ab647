//! Where the rows of one task lie, from their decoder to their last reader.

use crate::{
    EventTime, Offset,
    row::{KeyId, Row},
};

/// The rows of one task, each in one place: queues and nodes name them by number, so that no row is moved.
///
/// # Shape
/// A place that was given back keeps its row until the next one takes it; the slab is as large as the most
/// rows that ever lay in it at once.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    rows: Vec<Row<T>>,
    free: Vec<Place>,
    /// Put in and not yet judged, in the order of the input.
    fresh: Vec<Place>,
    /// What the nodes read in this pass, in this order.
    released: Vec<Place>,
}

/// The number of a row's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(u32);

impl Place {
    fn index(self) -> usize {
        self.0 as usize
    }
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            free: Vec::new(),
            fresh: Vec::new(),
            released: Vec::new(),
        }
    }
}

impl<T> Slab<T> {
    /// Puts a row in; whose and when it is, [`admit`](crate::order::OrderBuffer::admit) finds out.
    #[inline]
    pub(crate) fn put(&mut self, offset: Offset, value: T) -> Place {
        if let Some(place) = self.free.pop()
            && let Some(row) = self.rows.get_mut(place.index())
        {
            row.offset = offset;
            row.value = value;
            return place;
        }
        self.grow(offset, value)
    }

    fn grow(&mut self, offset: Offset, value: T) -> Place {
        // Four thousand million rows do not fit into memory.
        let place = Place(u32::try_from(self.rows.len()).unwrap_or(u32::MAX));
        self.rows.push(Row {
            key: KeyId(u32::MAX),
            at: EventTime::BEFORE_ALL,
            offset,
            value,
        });
        place
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
        let Some(place) = self.free.pop() else {
            return self.put_fresh(offset, value.clone());
        };
        self.fresh.push(place);
        if let Some(row) = self.rows.get_mut(place.index()) {
            row.offset = offset;
            std::mem::swap(&mut row.value, value);
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
        let place = match self.free.pop() {
            Some(place) => place,
            None => self.grow(offset, blank()),
        };
        self.fresh.push(place);
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
        self.free.extend(self.fresh.pop());
    }

    /// The rows that were put in since the last call. The list is to be [returned](Self::return_fresh).
    pub(crate) fn take_fresh(&mut self) -> Vec<Place> {
        std::mem::take(&mut self.fresh)
    }

    /// Gives the list of [`take_fresh`](Self::take_fresh) back, so that its memory is used again.
    pub(crate) fn return_fresh(&mut self, mut list: Vec<Place>) {
        list.clear();
        self.fresh = list;
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
        self.free.push(place);
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
        Rows {
            rows: &self.rows,
            order: Some(&self.released),
        }
    }

    /// Leaves rows out of this pass.
    pub(crate) fn leave_out(&mut self, mut is_out: impl FnMut(&Row<T>) -> bool) {
        let rows = &self.rows;
        let free = &mut self.free;
        self.released.retain(|place| {
            let is_out = rows.get(place.index()).is_some_and(&mut is_out);
            if is_out {
                free.push(*place);
            }
            !is_out
        });
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
    }

    /// Ends a pass: the places of its rows are free.
    pub(crate) fn end_pass(&mut self) {
        self.free.append(&mut self.released);
    }
}

/// The rows of one stream in one pass.
#[derive(Debug)]
pub(crate) struct Rows<'a, T> {
    rows: &'a [Row<T>],
    /// `None` when they lie in order.
    order: Option<&'a [Place]>,
}

impl<T> Clone for Rows<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Rows<'_, T> {}

impl<'a, T> From<&'a [Row<T>]> for Rows<'a, T> {
    fn from(rows: &'a [Row<T>]) -> Self {
        Self { rows, order: None }
    }
}

impl<'a, T> Rows<'a, T> {
    /// Calls `see` with each row.
    #[inline]
    pub(crate) fn each(self, mut see: impl FnMut(&'a Row<T>)) {
        match self.order {
            None => self.rows.iter().for_each(see),
            Some(order) => {
                for place in order {
                    if let Some(row) = self.rows.get(place.index()) {
                        see(row);
                    }
                }
            }
        }
    }

    /// Appends copies of the rows.
    pub(crate) fn copy_to(self, to: &mut Vec<Row<T>>)
    where
        T: Clone,
    {
        match self.order {
            None => to.extend_from_slice(self.rows),
            Some(order) => to.extend(
                order
                    .iter()
                    .filter_map(|place| self.rows.get(place.index()))
                    .cloned(),
            ),
        }
    }
}
