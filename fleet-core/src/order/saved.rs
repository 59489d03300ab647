//! What the order buffer writes into a snapshot, beside the states of the nodes.

use std::sync::Arc;

use crate::{EventTime, State, checkpoint::Saved};

/// The waiting rows and the clock of a key.
const WAIT: u16 = 0;
/// What was seen of a key in one span of time.
const SEEN: u16 = u16::MAX;
/// The floor under all clocks, which ticks raise.
const FLOOR: u16 = u16::MAX - 1;

/// How many characters name a span after the name of its key: `@` and the start in hexadecimal microseconds.
const SPAN_NAME: usize = 17;

/// Whether an entry of a snapshot is the order buffer's.
pub(crate) fn is_of_order(saved: &Saved) -> bool {
    matches!(saved.node, WAIT | SEEN | FLOOR)
}

/// An entry of the order buffer.
pub(super) enum Entry<'a> {
    Wait(&'a str),
    Seen(&'a str, EventTime),
    Floor(EventTime),
}

impl<'a> Entry<'a> {
    /// What an entry is about; `None` when it cannot be read.
    pub(super) fn of(saved: &'a Saved) -> Option<Self> {
        match saved.node {
            WAIT => Some(Self::Wait(&saved.key)),
            SEEN => {
                let (key, span) =
                    (saved.key).split_at_checked(saved.key.len().checked_sub(SPAN_NAME)?)?;
                let start = u64::from_str_radix(span.strip_prefix('@')?, 16).ok()?;
                let start = EventTime::from_micros(start.cast_signed());
                Some(Self::Seen(key, start))
            }
            _ => EventTime::decode(0, &mut saved.bytes.as_deref()?).map(Self::Floor),
        }
    }
}

pub(super) fn wait(key: Arc<str>, version: u16, bytes: Vec<u8>) -> Saved {
    let (node, bytes) = (WAIT, Some(bytes));
    Saved {
        node,
        key,
        version,
        bytes,
    }
}

pub(super) fn seen(key: &str, start: EventTime, bytes: Option<Vec<u8>>) -> Saved {
    let start = start.as_micros().cast_unsigned();
    let (node, key, version) = (SEEN, format!("{key}@{start:016x}").into(), 0);
    Saved {
        node,
        key,
        version,
        bytes,
    }
}

pub(super) fn floor(at: EventTime) -> Saved {
    let mut bytes = Vec::new();
    at.encode(&mut bytes);
    let (node, key, version, bytes) = (FLOOR, "".into(), 0, Some(bytes));
    Saved {
        node,
        key,
        version,
        bytes,
    }
}
