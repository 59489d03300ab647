//! The buffers that hold the rows of all streams during a pass.

use std::any::Any;

use super::{Stream, is_of_late};
use crate::rows::{Row, Rows, Slab};

/// The rows of one stream behind a type-erased interface: a `Vec<Row<T>>` whose `T` is known only
/// to its [`Stream`].
pub(crate) trait Buffer: Any + Send + Sync {
    fn clear(&mut self);
    fn len(&self) -> usize;
    /// Moves the rows of another buffer of this type to the end.
    fn append(&mut self, other: &mut dyn Buffer);
    /// Drops the rows from this index on.
    fn truncate(&mut self, length: usize);
    /// The memory of the rows in bytes, excluding what they point to.
    fn bytes(&self) -> usize;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<T: Send + Sync + 'static> Buffer for Vec<Row<T>> {
    fn clear(&mut self) {
        Self::clear(self);
    }
    fn len(&self) -> usize {
        Self::len(self)
    }
    fn append(&mut self, other: &mut dyn Buffer) {
        if let Some(rows) = other.rows_mut() {
            Self::append(self, rows);
        }
    }
    fn truncate(&mut self, length: usize) {
        Self::truncate(self, length);
    }
    fn bytes(&self) -> usize {
        size_of_val(self.as_slice())
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// The events of a pass, which are stored in the slab.
impl<T: Send + Sync + 'static> Buffer for Slab<T> {
    fn clear(&mut self) {
        self.end_pass();
    }
    fn len(&self) -> usize {
        self.released_len()
    }
    fn truncate(&mut self, _: usize) {
        // A pass always consumes all events.
    }
    fn append(&mut self, _: &mut dyn Buffer) {
        // Only the decoder adds events.
    }
    fn bytes(&self) -> usize {
        self.released_len() * size_of::<Row<T>>()
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

impl dyn Buffer {
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows. They are empty for a stream of another graph, which the pipeline rejects before it
    /// runs.
    pub(crate) fn rows<T: 'static>(&self) -> &[Row<T>] {
        self.as_any()
            .downcast_ref::<Vec<Row<T>>>()
            .map_or(&[], Vec::as_slice)
    }

    pub(crate) fn rows_mut<T: 'static>(&mut self) -> Option<&mut Vec<Row<T>>> {
        self.as_any_mut().downcast_mut()
    }
}

/// The rows of one pass: one buffer per stream, and the slab for the events. Access costs one
/// downcast per node and batch, none per row.
pub(crate) struct Slots {
    /// By slot.
    pub(super) streams: Vec<Box<dyn Buffer>>,
    /// The late events; empty unless something reads them.
    pub(super) late: Box<dyn Buffer>,
}

impl Slots {
    fn get(&self, slot: usize) -> Option<&dyn Buffer> {
        if is_of_late(slot) {
            return Some(&*self.late);
        }
        self.streams.get(slot).map(|buffer| &**buffer)
    }

    fn get_mut(&mut self, slot: usize) -> Option<&mut dyn Buffer> {
        if is_of_late(slot) {
            return Some(&mut *self.late);
        }
        self.streams.get_mut(slot).map(|buffer| &mut **buffer)
    }

    pub(crate) fn rows<T: 'static>(&self, stream: Stream<T>) -> Rows<'_, T> {
        let Some(buffer) = self.get(stream.slot) else {
            return Rows::Run(&[]);
        };
        let slab = buffer.as_any().downcast_ref::<Slab<T>>();
        slab.map_or_else(|| Rows::Run(buffer.rows()), Slab::released)
    }

    /// The number of events in the slab. Between two passes, these are the rows that wait.
    pub(crate) fn used<T: 'static>(&self, events: Stream<T>) -> usize {
        let slab = self.get(events.slot);
        let slab = slab.and_then(|slab| slab.as_any().downcast_ref::<Slab<T>>());
        slab.map_or(0, Slab::used)
    }

    /// The slab of the events.
    pub(crate) fn slab<T: 'static>(&mut self, events: Stream<T>) -> Option<&mut Slab<T>> {
        self.get_mut(events.slot)?.as_any_mut().downcast_mut()
    }

    pub(crate) fn rows_mut<T: 'static>(&mut self, stream: Stream<T>) -> Option<&mut Vec<Row<T>>> {
        self.get_mut(stream.slot)?.rows_mut()
    }

    /// Takes the buffer of a stream to fill it while others are read. [`put`](Self::put) returns
    /// it.
    pub(crate) fn take<T: 'static>(&mut self, stream: Stream<T>) -> Vec<Row<T>> {
        self.rows_mut(stream)
            .map(std::mem::take)
            .unwrap_or_default()
    }

    pub(crate) fn put<T: 'static>(&mut self, stream: Stream<T>, rows: Vec<Row<T>>) {
        if let Some(slot) = self.rows_mut(stream) {
            *slot = rows;
        }
    }

    /// The number of rows of a stream in this pass.
    pub(crate) fn len(&self, slot: usize) -> u64 {
        self.get(slot).map_or(0, |buffer| buffer.len() as u64)
    }

    pub(crate) fn clear(&mut self) {
        for buffer in &mut self.streams {
            buffer.clear();
        }
        self.late.clear();
    }
}
