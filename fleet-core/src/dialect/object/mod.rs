//! Events as JSON objects: the shape of a message is a table, the reading and writing is here.
//!
//! A record is read twice at most: [`fast`] takes keys in the order of the table, plain strings and plain
//! numbers; at anything else it steps back and [`general`] reads the record from its start. What the fast
//! reader accepts, the general one accepts with the same value; whatever is refused, the general one says why.

mod draft;
mod fast;
mod general;
mod list;
mod lossy;
mod rare;
mod scan;
mod shape;
mod target;
mod telemetry;
mod write;

pub(crate) use draft::{Draft, MAX_EXACT, Misfit, misfit, wrong_kind};
pub(crate) use list::each;
pub(crate) use lossy::lossy_but;
pub(crate) use rare::{check_number, check_text, number_id};
pub(crate) use scan::Number;
pub(crate) use shape::{Field, Head, Shape, fields};
pub(crate) use target::Target;
pub(crate) use telemetry::Sets;
pub(crate) use write::{Object, whole_id, write};

use super::{Lossy, Refused};
use crate::{
    contracts::decode::Entry,
    data::{Offset, time::TimeReader},
};

/// What happens to keys that the dialect does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum UnknownKeys {
    /// They are skipped, and the order of keys is forgotten.
    #[default]
    Ignored,
    /// They are kept with the order of all keys, and written back.
    Kept,
}

/// Reads one record; what is read is always an event.
#[inline]
pub(crate) fn read<T: Target>(
    shape: &'static Shape<T>,
    unknown: UnknownKeys,
    record: &str,
    times: &mut TimeReader,
) -> Result<Option<T::Event>, Refused> {
    // A record of known keys in the table's order has no layout worth keeping, so both modes share the way.
    let mut event = T::blank(shape.origin);
    if fast::read(shape, record, times, &mut event).is_some() {
        return Ok(Some(event));
    }
    read_any(shape, unknown, record, times)
}

/// Reads one record with the fast reader alone, for tests that compare the two readers.
#[cfg(test)]
pub(crate) fn read_fast<T: Target>(
    shape: &Shape<T>,
    record: &str,
    times: &mut TimeReader,
) -> Option<T::Event> {
    let mut event = T::blank(shape.origin);
    fast::read(shape, record, times, &mut event)?;
    Some(event)
}

/// Enters the line that the text begins with, if it is a record for the fast reader; returns its length.
///
/// The event is built where it is to stay: moving one that was built just now costs 10 ns. And the reader finds
/// the line's end by itself: no plain record holds a line feed.
#[inline]
pub(crate) fn enter_first<T: Target>(
    shape: &'static Shape<T>,
    text: &str,
    times: &mut TimeReader,
    at: Offset,
    entry: &mut Entry<'_, T::Event>,
) -> Option<usize> {
    let origin = shape.origin;
    let event = entry.begin(at, |old| T::clean(old, origin), || T::blank(origin))?;
    let length = fast::first(shape, text, times, event);
    if length.is_some() {
        entry.keep();
    } else {
        entry.undo();
    }
    length
}

/// Reads one record in the general way, with a draft of its own: the fast way stays small.
#[inline(never)]
pub(crate) fn read_any<T: Target>(
    shape: &'static Shape<T>,
    unknown: UnknownKeys,
    record: &str,
    times: &mut TimeReader,
) -> Result<Option<T::Event>, Refused> {
    let mut event = T::blank(shape.origin);
    general::read(shape, unknown, record, times, &mut event)?;
    Ok(Some(event))
}

/// What of an event no key of the table takes.
pub(crate) fn lossy<T: Target>(shape: &Shape<T>, event: &T::Event) -> Lossy {
    T::lossy(shape, event)
}
