//! The results of a shard: fates, tallies, and rows for the sinks.

use super::{
    Plan,
    blame::Blame,
    panics::{PanicSite, Panicked, caught},
};
use crate::{
    contracts::checkpoint::{Fates, Tallies},
    engine::{
        graph::{Buffer, Slots},
        outlet::Taking,
    },
    planted::{Bug, planted},
    rows::Keys,
};

/// Whether to emit results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Emission {
    Emit,
    /// For a replay, whose results are committed already: only the state is needed.
    Discard,
}

impl Emission {
    pub(super) fn discard_if(is_replay: bool) -> Self {
        if is_replay { Self::Discard } else { Self::Emit }
    }
}

/// Fates of records, tallies, and rows by outlet.
pub(super) struct Results {
    /// Fates since the task last took them.
    pub(super) fates: Fates,
    /// The number of accepted records that became dead letters since then.
    pub(super) retracted: u64,
    /// Tallies since the last seal.
    pub(super) tallies: Tallies,
    /// Rows since the last seal, by outlet.
    outputs: Vec<Box<dyn Buffer>>,
    /// The number of keys forgotten since the last seal.
    pub(super) forgotten: u64,
}

/// How much the results held at some moment.
pub(super) struct ResultsMark {
    lengths: Vec<usize>,
    tallies: Tallies,
}

impl Results {
    pub(super) fn new<E>(plan: &Plan<E>) -> Self {
        Self {
            fates: Fates::default(),
            retracted: 0,
            tallies: Tallies::new(),
            outputs: plan.outlets.iter().map(|to| to.buffer(0)).collect(),
            forgotten: 0,
        }
    }

    /// Collects the rows of one pass for tallies and outlets, if they are emitted.
    pub(super) fn collect<E>(
        &mut self,
        plan: &Plan<E>,
        (slots, keys): (&mut Slots, &Keys),
        emission: Emission,
        blame: Option<&Blame>,
    ) -> Result<(), Panicked> {
        let is_emitted = (emission == Emission::Emit || planted(Bug::ReplayIsHeard))
            && blame.is_none_or(Blame::emits);
        let collected = caught(|| {
            for tally in plan.tallies.iter().filter(|_| is_emitted) {
                tally.add(slots, &mut self.tallies);
            }
            for (place, outlet) in plan.outlets.iter().enumerate().filter(|_| is_emitted) {
                let later = plan.outlets.iter().skip(place + 1);
                let taking = if later.clone().any(|other| other.slot == outlet.slot) {
                    Taking::Copy
                } else {
                    Taking::Move
                };
                if let Some(to) = self.outputs.get_mut(place) {
                    outlet.collect(slots, to.as_mut(), taking, keys);
                }
            }
        });
        slots.clear();
        collected.map_err(|reason| Panicked::new(PanicSite::Results, reason))
    }

    /// Returns the number of rows that wait for a commit, and their bytes.
    pub(super) fn waiting(&self) -> (usize, usize) {
        let rows = self.outputs.iter().map(|rows| rows.len()).sum();
        let bytes = self.outputs.iter().map(|rows| rows.bytes()).sum();
        (rows, bytes)
    }

    /// Takes the rows since the last seal, by outlet.
    pub(super) fn take_outputs<E>(&mut self, plan: &Plan<E>) -> Vec<Box<dyn Buffer>> {
        // The next epoch will have about as many rows as this one.
        let full = plan.outlets.iter().zip(&self.outputs);
        let fresh = full.map(|(outlet, rows)| outlet.buffer(rows.len()));
        let fresh = fresh.collect();
        std::mem::replace(&mut self.outputs, fresh)
    }

    /// Returns how much the results hold now.
    pub(super) fn mark(&self) -> ResultsMark {
        ResultsMark {
            lengths: self.outputs.iter().map(|rows| rows.len()).collect(),
            tallies: self.tallies.clone(),
        }
    }

    /// Drops what came after the mark.
    pub(super) fn reset(&mut self, mark: &ResultsMark) {
        for (rows, length) in self.outputs.iter_mut().zip(&mark.lengths) {
            rows.truncate(*length);
        }
        self.tallies.clone_from(&mark.tallies);
    }
}
