//! The trait of nodes, and what a pass shows them.

use std::{cell::Cell, time::Duration};

use compact_str::CompactString;

use super::Slots;
use crate::{
    contracts::checkpoint::Saved,
    data::{EventTime, Offset},
    engine::order::OrderBuffer,
    rows::{KeyId, Keys},
};

/// The context of one pass, shared by all nodes.
pub(crate) struct Now<'a> {
    pub(crate) keys: &'a Keys,
    /// Indexed by key number.
    pub(crate) clocks: &'a [EventTime],
    /// Rows leave in the order of arrival, because the bound is 0.
    pub(crate) by_arrival: bool,
    /// The keys with clocks that may have moved.
    pub(crate) moved: &'a [KeyId],
    /// The latest of the moved clocks.
    pub(crate) highest: EventTime,
    /// No moved clock is past the last row of its key in this pass.
    pub(crate) at_rows: bool,
    /// How much older than the clock of its key a row may be.
    pub(crate) lateness: Duration,
    /// Knows which timers of the keys of belated rows have fired.
    pub(crate) order: &'a OrderBuffer,
    pub(crate) watch: &'a Watch,
}

/// What a node is processing, reported if it panics.
#[derive(Debug, Default)]
pub(crate) struct Watch(Cell<At>);

/// What a node is processing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum At {
    #[default]
    Nothing,
    /// A row with this offset and time.
    Row(Offset, EventTime),
    /// A timer of a key; the offset is that of the key's last record.
    Timer(Offset),
}

impl At {
    /// The offset of the record being processed.
    pub(crate) fn offset(self) -> Option<Offset> {
        match self {
            Self::Row(offset, _) | Self::Timer(offset) => Some(offset),
            Self::Nothing => None,
        }
    }
}

impl Watch {
    #[inline]
    pub(crate) fn set(&self, at: At) {
        self.0.set(at);
    }

    pub(crate) fn get(&self) -> At {
        self.0.get()
    }
}

/// One step of a graph in one task, called through `dyn` once per batch.
pub(crate) trait Node: Send + Sync {
    /// Creates the same step without state, for a task of the pipeline `scope`.
    fn fresh(&self, scope: &str) -> Box<dyn Node>;
    /// Reads the rows of its inputs and appends to its output.
    fn run(&mut self, slots: &mut Slots, now: &Now<'_>);
    /// Like [`run`](Self::run), for belated rows. A stateless step makes no difference between the
    /// two.
    fn revise(&mut self, slots: &mut Slots, now: &Now<'_>) {
        self.run(slots, now);
    }
    /// Appends the state of every key that changed since the last call.
    fn seal(&mut self, keys: &Keys, to: &mut Vec<Saved>) {
        let _ = (keys, to);
    }
    /// The state of one key as [`seal`](Self::seal) would write it; `None` if the node keeps no
    /// state.
    fn save(&self, id: KeyId, keys: &Keys) -> Option<Saved> {
        let _ = (id, keys);
        None
    }
    /// Drops the state of one key. The next seal records that.
    fn forget(&mut self, id: KeyId) {
        let _ = id;
    }
    /// Forgets a key for good, before its number is reused. The next seal records that.
    fn forget_key(&mut self, id: KeyId, name: &CompactString) {
        let _ = (id, name);
    }
    /// Returns whether states that were saved under this description can go on.
    fn accepts(&self, saved: &str) -> bool {
        let _ = saved;
        false
    }
    /// Announces states that were saved under this description, until
    /// [`resumed`](Self::resumed).
    fn resume(&mut self, saved: &str) {
        let _ = saved;
    }
    /// Ends what [`resume`](Self::resume) began: all states are restored.
    fn resumed(&mut self) {}
    /// Ends the replay that followed [`resumed`](Self::resumed).
    fn end_replay(&mut self, keys: &Keys) {
        let _ = keys;
    }
    /// Restores what [`seal`](Self::seal) appended; `None` if it cannot be decoded.
    fn restore(&mut self, id: KeyId, saved: &Saved) -> Option<()> {
        let _ = (id, saved);
        None
    }
    fn shape(&self) -> Shape<'_>;
}

/// The description of a node.
pub(crate) struct Shape<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: &'static str,
    pub(crate) from: Vec<usize>,
    pub(crate) to: usize,
    /// The settings that its state depends on, if it keeps state.
    pub(crate) state: Option<String>,
}
