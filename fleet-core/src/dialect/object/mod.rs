//! Events as JSON objects: a schema lists the keys of a message, and the reader and the writer here
//! follow it.
//!
//! A record is read at most twice. [`fast`] takes keys in the order of the schema, strings without
//! escapes and plain numbers; at anything else it gives up, and [`general`] reads the record from
//! the start. What [`fast`] accepts, [`general`] accepts with the same value; only [`general`]
//! refuses a record, and says why.

mod draft;
mod fast;
mod general;
mod key;
mod list;
mod lossy;
mod number;
mod rare;
mod scan;
mod schema;
mod target;
mod telemetry;
mod telemetry_target;
mod write;
mod writer;

pub(crate) use draft::Draft;
pub(crate) use key::QuotedKey;
pub(crate) use list::each;
pub(crate) use lossy::lossy_but;
pub(crate) use number::{Number, whole_id};
pub(crate) use rare::{check_number, check_text, number_id};
pub(crate) use schema::{Field, Misfit, Schema, fields, misfit};
pub(crate) use target::{Target, wrong_kind};
pub(crate) use telemetry_target::TelemetryTarget;
pub(crate) use write::write;
pub(crate) use writer::Object;

use super::{Lossy, Refused};
use crate::{
    contracts::decode::Entry,
    data::{Offset, time::TimeReader},
};

/// What happens to keys that the schema does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum UnknownKeys {
    /// They are dropped, and so is the order of keys.
    #[default]
    Ignored,
    /// They are kept with the order of all keys, and written back.
    Kept,
}

/// Reads one record; the result is never `None`.
#[inline]
pub(crate) fn read<T: Target>(
    schema: &'static Schema<T>,
    unknown: UnknownKeys,
    record: &str,
    times: &mut TimeReader,
) -> Result<Option<T::Event>, Refused> {
    // A record of known keys in the order of the schema needs no layout, so both modes start here.
    let mut event = T::blank(schema.origin);
    if fast::read(schema, record, times, &mut event).is_some() {
        return Ok(Some(event));
    }
    read_any(schema, unknown, record, times)
}

/// Reads one record with the fast reader alone, for tests that compare the two readers.
#[cfg(test)]
pub(crate) fn read_fast<T: Target>(
    schema: &Schema<T>,
    record: &str,
    times: &mut TimeReader,
) -> Option<T::Event> {
    let mut event = T::blank(schema.origin);
    fast::read(schema, record, times, &mut event)?;
    Some(event)
}

/// Enters the first line of a text if the fast reader can read it, and returns its length.
///
/// The event is built in its final place, because moving it afterwards costs 10 ns. The reader
/// finds the end of the line by itself, because a record that it accepts contains no line feed.
#[inline]
pub(crate) fn enter_first<T: Target>(
    schema: &'static Schema<T>,
    text: &str,
    times: &mut TimeReader,
    at: Offset,
    entry: &mut Entry<'_, T::Event>,
) -> Option<usize> {
    let origin = schema.origin;
    let event = entry.begin(at, |old| T::clean(old, origin), || T::blank(origin))?;
    let length = fast::first(schema, text, times, event);
    if length.is_some() {
        entry.finish();
    } else {
        entry.discard();
    }
    length
}

/// Reads one record with the general reader, apart so that the fast path stays small.
#[inline(never)]
pub(crate) fn read_any<T: Target>(
    schema: &'static Schema<T>,
    unknown: UnknownKeys,
    record: &str,
    times: &mut TimeReader,
) -> Result<Option<T::Event>, Refused> {
    let mut event = T::blank(schema.origin);
    general::read(schema, unknown, record, times, &mut event)?;
    Ok(Some(event))
}

/// Names the parts of an event that no field of the schema takes.
pub(crate) fn lossy<T: Target>(schema: &Schema<T>, event: &T::Event) -> Lossy {
    T::lossy(schema, event)
}
