//! Telemetry as one flat JSON object: the shape of a dialect is a table, the reading and writing is here.
//!
//! A record is read twice at most: [`fast`] takes keys in the order of the table, plain strings and plain
//! numbers; at anything else it steps back and [`general`] reads the record from its start. What the fast
//! reader accepts, the general one accepts with the same value; whatever is refused, the general one says why.

mod draft;
mod fast;
mod general;
mod scan;
mod shape;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use shape::{Field, Head, Sets, Shape, fields};
pub(crate) use write::write;

use draft::Draft;

use super::Refused;
use crate::{event::Telemetry, time::TimeReader};

/// What happens to keys that the dialect does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum UnknownKeys {
    /// They are skipped, and the order of keys is forgotten.
    #[default]
    Ignored,
    /// They are kept with the order of all keys, and written back.
    Kept,
}

/// Reads one record.
#[inline]
pub(crate) fn read(
    shape: &'static Shape,
    unknown: UnknownKeys,
    record: &str,
    times: &mut TimeReader,
) -> Result<Option<Telemetry>, Refused> {
    // A record of known keys in the table's order has no layout worth keeping, so both modes share the way.
    // The draft is moved once, into what is returned: each further move of an event costs 10 ns.
    let mut draft = Draft::new();
    if fast::read(shape, record, times, &mut draft).is_some() {
        return Ok(Some(draft.event));
    }
    read_any(shape, unknown, record, times)
}

/// Reads one record in the general way, with a draft of its own: the fast way stays small.
#[inline(never)]
fn read_any(
    shape: &'static Shape,
    unknown: UnknownKeys,
    record: &str,
    times: &mut TimeReader,
) -> Result<Option<Telemetry>, Refused> {
    let mut draft = Draft::new();
    general::read(shape, unknown, record, times, &mut draft)?;
    Ok(Some(draft.event))
}
