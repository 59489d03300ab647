use std::time::Duration;

use super::Slots;
use crate::{EventTime, checkpoint::Saved, order::Keys, row::KeyId};

/// What all nodes see of one pass.
pub(crate) struct Now<'a> {
    pub(crate) keys: &'a Keys,
    /// By key number.
    pub(crate) clocks: &'a [EventTime],
    /// Rows leave in the order of arrival: the bound is 0.
    pub(crate) by_arrival: bool,
    /// The keys whose clock may have moved.
    pub(crate) moved: &'a [KeyId],
    /// How much older than its key's clock a row may be.
    pub(crate) lateness: Duration,
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
