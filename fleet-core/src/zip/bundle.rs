//! A bundle: the partitions it is made of, and whether they are all here.

use tokio::time::Instant;

use super::{input::Waits, merge::Merge, payload::ZipPayload};
use crate::data::Partition;

/// How far a bundle is.
#[derive(Debug)]
pub(super) enum Phase<P> {
    /// Some of its partitions are not owned by this process.
    Incomplete {
        since: Instant,
        told: bool,
    },
    /// The pipeline was told, and has not started it yet.
    Assigned,
    Reading(Merge<P>),
    /// The pipeline was told that it ended.
    Ended,
}

#[derive(Debug)]
pub(super) struct Bundle<P> {
    pub(super) name: Partition,
    /// The partition of each input, if this process owns it.
    pub(super) members: Vec<Option<Partition>>,
    pub(super) phase: Phase<P>,
    pub(super) paused: bool,
    /// Since when each input has been caught up and silent.
    pub(super) quiet: Vec<Option<Instant>>,
    /// Which inputs are kept from reading on, because enough of them waits.
    pub(super) full: Vec<bool>,
    /// Which inputs have ever known where their partition ends.
    pub(super) knows_end: Vec<bool>,
}

impl<P> Phase<P> {
    fn incomplete() -> Self {
        Self::Incomplete {
            since: Instant::now(),
            told: false,
        }
    }
}

impl<P: ZipPayload> Bundle<P> {
    pub(super) fn new(name: Partition, inputs: usize) -> Self {
        Self {
            name,
            members: vec![None; inputs],
            phase: Phase::incomplete(),
            paused: false,
            quiet: vec![None; inputs],
            full: vec![false; inputs],
            knows_end: vec![false; inputs],
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.members.iter().all(Option::is_some)
    }

    pub(super) fn merge(&mut self) -> Option<&mut Merge<P>> {
        match &mut self.phase {
            Phase::Reading(merge) => Some(merge),
            Phase::Incomplete { .. } | Phase::Assigned | Phase::Ended => None,
        }
    }

    /// Whether the pipeline knows of it as its own.
    pub(super) fn is_given(&self) -> bool {
        !matches!(self.phase, Phase::Incomplete { .. })
    }

    /// Takes it from the pipeline, until it is complete again.
    pub(super) fn take_back(&mut self) {
        self.phase = Phase::incomplete();
        self.paused = false;
        self.quiet.fill(None);
    }

    /// The partitions that are missing, by the number of their inputs.
    pub(super) fn missing(&self) -> impl Iterator<Item = usize> {
        let members = self.members.iter().enumerate();
        members.filter_map(|(input, member)| member.is_none().then_some(input))
    }

    /// Notes that an input has ended, for good or for this run.
    pub(super) fn ends(&mut self, input: usize, how: Waits) {
        let input = self.merge().and_then(|merge| merge.inputs.get_mut(input));
        if let Some(input) = input {
            input.waits = how;
        }
    }
}
