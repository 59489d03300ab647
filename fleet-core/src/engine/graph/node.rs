use std::{cell::Cell, time::Duration};

use compact_str::CompactString;

use super::Slots;
use crate::{
    contracts::checkpoint::Saved,
    data::{EventTime, Offset},
    rows::{KeyId, Keys},
};

/// What all nodes see of one pass.
pub(crate) struct Now<'a> {
    pub(crate) keys: &'a Keys,
    /// By key number.
    pub(crate) clocks: &'a [EventTime],
    /// Rows leave in the order of arrival: the bound is 0.
    pub(crate) by_arrival: bool,
    /// The keys whose clock may have moved.
    pub(crate) moved: &'a [KeyId],
    /// The latest of their clocks.
    pub(crate) highest: EventTime,
    /// None of their clocks is past the last row of its key in this pass.
    pub(crate) at_rows: bool,
    /// How much older than its key's clock a row may be.
    pub(crate) lateness: Duration,
    pub(crate) watch: &'a Watch,
}

/// What a node is at, for whoever has to say so when it panics.
#[derive(Debug, Default)]
pub(crate) struct Watch(Cell<At>);

/// What a node is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum At {
    #[default]
    Nothing,
    /// A row of this record and time.
    Row(Offset, EventTime),
    /// A timer of a key whose last record is this.
    Timer(Offset),
}

impl At {
    /// The record that it is about.
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

/// One step of a graph in one task: one `dyn` call per batch.
pub(crate) trait Node: Send + Sync {
    /// The same step without state, for a task of pipeline `scope`.
    fn fresh(&self, scope: &str) -> Box<dyn Node>;
    /// Reads its inputs' rows and appends to its output's.
    fn run(&mut self, slots: &mut Slots, now: &Now<'_>);
    /// As [`run`](Self::run), over belated rows: a step without state does not know the difference.
    fn revise(&mut self, slots: &mut Slots, now: &Now<'_>) {
        self.run(slots, now);
    }
    /// Appends the state of every key that changed since the last call.
    fn seal(&mut self, keys: &Keys, to: &mut Vec<Saved>) {
        let _ = (keys, to);
    }
    /// The state of one key as [`seal`](Self::seal) would write it; `None` where the node keeps none.
    fn save(&self, id: KeyId, keys: &Keys) -> Option<Saved> {
        let _ = (id, keys);
        None
    }
    /// Drops the state of one key; the next seal says so.
    fn forget(&mut self, id: KeyId) {
        let _ = id;
    }
    /// Forgets a key for good, before its number goes to another; the next seal says so.
    fn forget_key(&mut self, id: KeyId, name: &CompactString) {
        let _ = (id, name);
    }
    /// Takes back what [`seal`](Self::seal) appended; `None` when it cannot be read.
    fn restore(&mut self, id: KeyId, saved: &Saved) -> Option<()> {
        let _ = (id, saved);
        None
    }
    fn shape(&self) -> Shape<'_>;
}

/// How a node looks from outside.
pub(crate) struct Shape<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: &'static str,
    pub(crate) from: Vec<usize>,
    pub(crate) to: usize,
    /// The settings that its state depends on, if it keeps any.
    pub(crate) state: Option<String>,
}
