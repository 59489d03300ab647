//! What flows along the edges of a graph.

use crate::data::{EventTime, Offset};

/// A key's number inside one task: an index, never stored, compared or hashed into an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyId(pub(crate) u32);

impl KeyId {
    /// Of no key.
    pub(crate) const NONE: Self = Self(u32::MAX);

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// One event or result, with the key and time it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<T> {
    /// Whose, by number.
    pub(crate) key: KeyId,
    /// When it happened; of a result, when it became known in event time.
    pub at: EventTime,
    /// The record that made it.
    pub offset: Offset,
    /// What it is.
    pub value: T,
}

impl<T> Row<T> {
    /// A row outside any graph, for tests of sinks and for sinks that are used by hand.
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
