//! Which partitions of the inner source are here, and which bundles are whole.

use super::{
    bundle::{Bundle, Phase},
    payload::ZipPayload,
    place::Place,
    source::Zip,
};
use crate::{
    contracts::{Source, source::SourceEvent},
    data::{Error, ErrorKind, Partition, Result},
};

impl<S: Source<Payload: ZipPayload>> Zip<S> {
    pub(super) fn place_of(&self, partition: &Partition) -> Result<Place> {
        let wrong = |what: String| {
            let message = format!("cannot zip partition {partition}: {what}");
            Error::new(ErrorKind::Config, message)
        };
        let place = (self.place)(partition);
        let place = place.ok_or_else(|| wrong("it belongs to no bundle".into()))?;
        if place.input >= self.inputs {
            let (input, inputs) = (place.input, self.inputs);
            let what = format!("it is input {input}, but the zip has {inputs}, numbered from 0");
            return Err(wrong(what));
        }
        let bundle = self.bundles.get(&place.bundle);
        let other = bundle.and_then(|bundle| bundle.members.get(place.input)?.as_ref());
        match other {
            Some(other) if other != partition => {
                let (bundle, input) = (&place.bundle, place.input);
                let what = format!("input {input} of bundle {bundle} is partition {other} already");
                Err(wrong(what))
            }
            _ => Ok(place),
        }
    }

    pub(super) fn join(&mut self, partitions: Vec<Partition>) -> Result<()> {
        let mut complete = Vec::new();
        for partition in partitions {
            let place = self.place_of(&partition)?;
            let (name, inputs) = (place.bundle.clone(), self.inputs);
            let bundle = { self.bundles.entry(name.clone()) }
                .or_insert_with(|| Bundle::new(name.clone(), inputs));
            if let Some(member) = bundle.members.get_mut(place.input) {
                *member = Some(partition.clone());
            }
            self.of.insert(partition, place);
            if bundle.is_complete() && !bundle.is_given() {
                bundle.phase = Phase::Assigned;
                self.fenced.retain(|_, bundle| *bundle != name);
                complete.push(name);
            }
        }
        if !complete.is_empty() {
            self.events.push_back(SourceEvent::Assigned(complete));
        }
        Ok(())
    }

    /// Lets partitions go, and returns the bundles that the pipeline has to give up for that.
    pub(super) fn leave(&mut self, partitions: &[Partition]) -> Vec<Partition> {
        let mut given_up = Vec::new();
        for partition in partitions {
            let Some(place) = self.of.remove(partition) else {
                continue;
            };
            let Some(bundle) = self.bundles.get_mut(&place.bundle) else {
                continue;
            };
            if let Some(member) = bundle.members.get_mut(place.input) {
                *member = None;
            }
            if bundle.is_given() {
                bundle.take_back();
                self.uncommitted.remove(&place.bundle);
                // What is left is started again with the bundle.
                for member in bundle.members.iter().flatten() {
                    self.source.pause(member);
                }
                given_up.push(place.bundle.clone());
            }
            if bundle.members.iter().all(Option::is_none) {
                self.bundles.remove(&place.bundle);
            }
        }
        given_up
    }

    /// Returns the bundles that do not come back, of those that another process has claimed.
    pub(super) fn lose_fenced(&mut self, partitions: &[Partition]) -> Vec<Partition> {
        let mut lost = Vec::new();
        for partition in partitions {
            if let Some(bundle) = self.fenced.remove(partition) {
                self.fenced.retain(|_, other| *other != bundle);
                lost.push(bundle);
            }
        }
        lost
    }
}
