//! What is known of time in a snapshot, beside the states of the nodes.

use compact_str::CompactString;

use crate::{
    contracts::checkpoint::Saved,
    data::{EventTime, State},
};

/// The waiting rows and the clock of a key.
const WAIT: u16 = 0;
/// What was seen of a key in one span of time.
const SEEN: u16 = u16::MAX;
/// The floor under all clocks, which ticks raise.
const FLOOR: u16 = u16::MAX - 1;

/// How many characters name a span after the name of its key: `@` and the start in hexadecimal microseconds.
const SPAN_NAME: usize = 17;

/// An entry of the order buffer.
pub(crate) enum Entry<'a> {
    /// What waits, of this key.
    Wait(&'a str),
    /// What was seen of this key in the span that starts then.
    Seen(&'a str, EventTime),
    /// The floor under all clocks of the partition.
    Floor(EventTime),
    /// None of it: a node's state of this key.
    Node(&'a str),
}

impl<'a> Entry<'a> {
    /// What an entry is about; `None` when it cannot be read.
    pub(crate) fn of(saved: &'a Saved) -> Option<Self> {
        Some(match saved.node {
            WAIT => Self::Wait(&saved.key),
            SEEN => {
                let name = saved.key.len().checked_sub(SPAN_NAME)?;
                let (key, span) = saved.key.split_at_checked(name)?;
                let start = u64::from_str_radix(span.strip_prefix('@')?, 16).ok()?;
                Self::Seen(key, EventTime::from_micros(start.cast_signed()))
            }
            FLOOR => Self::Floor(EventTime::decode(0, &mut saved.bytes.as_deref()?)?),
            _ => Self::Node(&saved.key),
        })
    }

    /// The key that it belongs to; the floor belongs to all.
    pub(crate) fn key(&self) -> Option<&'a str> {
        match self {
            Self::Wait(key) | Self::Seen(key, _) | Self::Node(key) => Some(key),
            Self::Floor(_) => None,
        }
    }
}

pub(super) fn wait(key: CompactString, version: u16, bytes: Vec<u8>) -> Saved {
    let (node, bytes) = (WAIT, Some(bytes));
    Saved {
        node,
        key,
        version,
        bytes,
    }
}

pub(super) fn no_wait(key: CompactString) -> Saved {
    let (node, version, bytes) = (WAIT, 0, None);
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

pub(crate) fn floor(at: EventTime) -> Saved {
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
