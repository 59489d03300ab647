//! What each input of a zip is doing, for people and metrics.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    bundle::{Bundle, Phase},
    input::Waits,
    payload::ZipPayload,
};
use crate::data::Partition;

/// What an input is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputState {
    /// Another process has it, or nobody: its bundle waits for it.
    Missing,
    /// It has records, which wait for their turn.
    Ready,
    /// It has none, and the others wait for it.
    WaitedFor,
    /// It was silent for so long that the others go on.
    Idle,
    /// It has ended.
    Ended,
}

/// One input of one bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InputStatus {
    /// The bundle, as the pipeline knows it.
    pub bundle: Partition,
    /// The number of the input.
    pub input: usize,
    /// The partition of the inner source; `None` if it is missing.
    pub partition: Option<Partition>,
    /// What it is doing.
    pub state: InputState,
    /// How many of its records were read and wait for their turn.
    pub waiting: usize,
    /// How many of its records were further ahead than [`Zip::max_ahead`](super::Zip::max_ahead)
    /// allows, since the first.
    pub ahead: u64,
}

/// Shows what the inputs of a [`Zip`](super::Zip) are doing, while a pipeline owns it.
#[derive(Clone, Debug, Default)]
pub struct ZipWatch(Arc<Mutex<Vec<InputStatus>>>);

impl ZipWatch {
    /// Returns each input of each bundle.
    pub fn inputs(&self) -> Vec<InputStatus> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn set<'a, P: ZipPayload>(&self, bundles: impl Iterator<Item = &'a Bundle<P>>) {
        let inputs = bundles.flat_map(status).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = inputs;
    }
}

fn status<P: ZipPayload>(bundle: &Bundle<P>) -> impl Iterator<Item = InputStatus> {
    let members = bundle.members.iter().enumerate();
    members.map(|(number, member)| {
        let input = match &bundle.phase {
            Phase::Reading(merge) => merge.inputs.get(number),
            _ => None,
        };
        let waiting = input.map_or(0, |input| input.waiting().1);
        let state = match (member, input.map(|input| input.waits), &bundle.phase) {
            (None, ..) => InputState::Missing,
            (_, _, Phase::Ended) => InputState::Ended,
            _ if waiting > 0 => InputState::Ready,
            (_, Some(Waits::Idle), _) => InputState::Idle,
            (_, Some(Waits::Ended | Waits::Closed), _) => InputState::Ended,
            _ => InputState::WaitedFor,
        };
        InputStatus {
            bundle: bundle.name.clone(),
            input: number,
            partition: member.clone(),
            state,
            waiting,
            ahead: input.map_or(0, |input| input.progress.ahead),
        }
    })
}
