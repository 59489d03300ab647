//! How the states of a node go on after a restart.

use super::cell::KeyCell;
use crate::{
    contracts::{Operator, checkpoint::Saved, operator::Resume},
    data::State,
};

/// How a node goes on from saved states.
#[derive(Clone)]
pub(super) struct Resuming<S> {
    /// For states of this structure.
    own: Resume<S>,
    /// For states of the structure before the restart, if it was another: while they are restored,
    /// and until a replay is over.
    earlier: Option<(Resume<S>, Stage)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Restoring,
    Replaying,
}

impl<S: State> Resuming<S> {
    pub(super) fn new(logic: &impl Operator<State = S>) -> Self {
        let own = logic.resume(&logic.structure());
        Self {
            own: own.unwrap_or_else(Resume::unchanged),
            earlier: None,
        }
    }

    /// The states of an earlier structure come next.
    pub(super) fn begin(&mut self, earlier: Option<Resume<S>>) {
        self.earlier = earlier.map(|resume| (resume, Stage::Restoring));
    }

    /// All states of the earlier structure are restored.
    pub(super) fn restored(&mut self) {
        if let Some((_, stage)) = &mut self.earlier {
            *stage = Stage::Replaying;
        }
    }

    /// The replay is over. Returns how states of an earlier structure go on.
    pub(super) fn end(&mut self) -> Option<EndReplay<S>> {
        let (resume, _) = self.earlier.take()?;
        resume.has_after_replay().then_some(EndReplay(resume))
    }

    /// Adapts a state that was restored. Returns whether its entry would mean something else under
    /// this structure: then the state is marked as changed.
    pub(super) fn adapt(&self, cell: &mut KeyCell<S>, saved: &Saved) -> bool {
        let Some((earlier, Stage::Restoring)) = &self.earlier else {
            self.own.adapt(&mut cell.state);
            return false;
        };
        earlier.adapt(&mut cell.state);
        cell.dirty = saved.version != S::VERSION || saved.bytes.as_ref() != Some(&encoded(cell));
        cell.dirty
    }
}

/// What states of an earlier structure must forget after a replay.
pub(super) struct EndReplay<S>(Resume<S>);

impl<S: State> EndReplay<S> {
    /// Changes a state. Returns whether it is marked as changed for the first time.
    pub(super) fn end_replay(&self, cell: &mut KeyCell<S>) -> bool {
        let before = encoded(cell);
        self.0.adapt_after_replay(&mut cell.state);
        let is_changed = !cell.dirty && encoded(cell) != before;
        cell.dirty |= is_changed;
        is_changed
    }
}

fn encoded<S: State>(cell: &KeyCell<S>) -> Vec<u8> {
    let mut bytes = Vec::new();
    cell.encode(&mut bytes);
    bytes
}
