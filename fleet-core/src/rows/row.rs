//! The row, the unit that flows along the edges of a graph.

use crate::data::{EventTime, Offset};

/// The number of a key inside one task: an index, never stored, compared or hashed into an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(pub(crate) u32);

impl KeyId {
    /// The number of no key.
    pub(crate) const NONE: Self = Self(u32::MAX);

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// One event or result with its key and time.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<T> {
    /// The key, by number.
    pub(crate) key: KeyId,
    /// The time of the event. For a result, the event time at which it became known.
    pub at: EventTime,
    /// The offset of the record that caused the row.
    pub offset: Offset,
    /// The event or result.
    pub value: T,
}

impl<T> Row<T> {
    /// Creates a row outside any graph, for tests of sinks and for direct calls of sinks.
    pub fn detached(at: EventTime, offset: Offset, value: T) -> Self {
        Self {
            key: KeyId::NONE,
            at,
            offset,
            value,
        }
    }
    /// The same row with another value.
    pub(crate) fn with<U>(&self, value: U) -> Row<U> {
        Row {
            key: self.key,
            at: self.at,
            offset: self.offset,
            value,
        }
    }
}
