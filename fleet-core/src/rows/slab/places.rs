//! Places in a slab, and the rows that they refer to.

use std::ops::Range;

use crate::rows::Row;

/// The index of a row in the slab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(pub(crate) u32);

impl Place {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A sequence of places.
///
/// # Shape
/// As long as the places are consecutive, only the range is stored, so that the rows can be read as
/// a slice. Otherwise it is a list.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// The range; empty once there is a list.
    run: Range<u32>,
    list: Vec<Place>,
}

/// A part of a sequence of places.
pub(crate) enum Segment<'a> {
    /// Consecutive places.
    Run(Range<u32>),
    List(&'a [Place]),
}

impl Places {
    #[inline]
    pub(super) fn push(&mut self, place: Place) {
        if place.0 == self.run.end && self.list.is_empty() {
            self.run.end += 1;
        } else {
            self.push_apart(place);
        }
    }

    #[inline]
    fn push_apart(&mut self, place: Place) {
        if self.run.is_empty() && self.list.is_empty() {
            self.run = place.0..place.0 + 1;
            return;
        }
        self.end_run();
        self.list.push(place);
    }

    fn end_run(&mut self) {
        if !self.run.is_empty() {
            let run = std::mem::take(&mut self.run);
            self.list.extend(run.map(Place));
        }
    }

    pub(super) fn pop(&mut self) -> Option<Place> {
        match self.list.pop() {
            None => self.run.next_back().map(Place),
            last => last,
        }
    }

    pub(super) fn clear(&mut self) {
        self.run = 0..0;
        self.list.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.run.len() + self.list.len()
    }

    /// These numbers of the sequence.
    pub(crate) fn within(&self, numbers: Range<usize>) -> Segment<'_> {
        if self.list.is_empty() {
            Segment::Run(self.run_within(&numbers))
        } else {
            Segment::List(self.list.get(numbers).unwrap_or_default())
        }
    }

    fn run_within(&self, numbers: &Range<usize>) -> Range<u32> {
        let place = |number: usize| {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            self.run.start.saturating_add(number).min(self.run.end)
        };
        place(numbers.start)..place(numbers.end)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Place> {
        let run = self.run.clone().map(Place);
        run.chain(self.list.iter().copied())
    }

    /// Mutable access to the rows in these numbers of the sequence.
    pub(super) fn of_mut<'a, T>(
        &'a self,
        rows: &'a mut [Row<T>],
        numbers: Range<usize>,
    ) -> RowsMut<'a, T> {
        match self.within(numbers) {
            Segment::Run(run) => RowsMut::Run(rows.get_mut(indices(&run)).unwrap_or_default()),
            Segment::List(list) => RowsMut::Places(rows, list),
        }
    }

    /// The rows in these numbers of the sequence.
    pub(super) fn of<'a, T>(&'a self, rows: &'a [Row<T>], numbers: Range<usize>) -> Rows<'a, T> {
        match self.within(numbers) {
            Segment::Run(run) => Rows::Run(rows.get(indices(&run)).unwrap_or_default()),
            Segment::List(list) => Rows::Places(rows, list),
        }
    }
}

fn indices(run: &Range<u32>) -> Range<usize> {
    Place(run.start).index()..Place(run.end).index()
}

/// The rows of one stream in one pass.
#[derive(Debug)]
pub(crate) enum Rows<'a, T> {
    /// Consecutive rows.
    Run(&'a [Row<T>]),
    /// The rows in these places.
    Places(&'a [Row<T>], &'a [Place]),
}

/// Mutable access to the rows of one stream in one pass.
pub(crate) enum RowsMut<'a, T> {
    /// Consecutive rows.
    Run(&'a mut [Row<T>]),
    /// The rows in these places.
    Places(&'a mut [Row<T>], &'a [Place]),
}

impl<T> Clone for Rows<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Rows<'_, T> {}

impl<'a, T> Rows<'a, T> {
    /// Iterates over the rows in order.
    #[inline]
    pub(crate) fn iter(self) -> impl Iterator<Item = &'a Row<T>> {
        let (run, rows, places) = match self {
            Self::Run(rows) => (rows, &[][..], &[][..]),
            Self::Places(rows, places) => (&[][..], rows, places),
        };
        let listed = places.iter().filter_map(|place| rows.get(place.index()));
        run.iter().chain(listed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(numbers: &[u32]) -> Places {
        let mut places = Places::default();
        for number in numbers {
            places.push(Place(*number));
        }
        places
    }

    #[test]
    fn places_keep_their_order_whether_they_lie_in_a_row_or_not() {
        for numbers in [
            &[][..],
            &[0],
            &[7],
            &[0, 1, 2],
            &[5, 6, 7],
            &[1, 0],
            &[3, 4, 9, 10],
            &[0, 1, 3, 2],
        ] {
            let mut places = places(numbers);
            assert_eq!(places.len(), numbers.len());
            assert!(
                places
                    .iter()
                    .map(|place| place.0)
                    .eq(numbers.iter().copied())
            );
            for last in numbers.iter().rev() {
                assert_eq!(places.pop(), Some(Place(*last)));
            }
            assert_eq!(places.pop(), None);
        }
    }

    #[test]
    fn rows_are_read_in_the_order_of_their_places() {
        let rows: Vec<_> = (0..12)
            .map(|value| Row::detached(crate::data::EventTime::MIN, crate::data::Offset(0), value))
            .collect();
        for numbers in [&[][..], &[4], &[4, 5, 6], &[6, 5, 4], &[0, 1, 7, 8]] {
            let places = places(numbers);
            for from in 0..=numbers.len() {
                for to in from..=numbers.len() {
                    let read = places.of(&rows, from..to).iter().map(|row| row.value);
                    assert!(read.eq(numbers[from..to].iter().copied()));
                }
            }
        }
    }
}
