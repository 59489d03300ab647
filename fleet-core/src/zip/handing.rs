//! Batches of the inner source in, batches of bundles out.

use super::{
    bundle::Phase,
    payload::{ZipPayload, Zipped},
    source::Zip,
};
use crate::{
    contracts::{
        Source,
        source::{Batch, SourceEvent},
    },
    data::Partition,
};

/// How many batches of an input may wait before it is kept from reading on. Our choice: one to work
/// on, and one so that the source need not wait.
const WAITING: usize = 2;
/// The most records of one batch. Our choice: as many as a batch of 1 MiB of 256 bytes has.
const MOST: usize = 4096;

impl<S: Source<Payload: ZipPayload>> Zip<S> {
    pub(super) fn arrive(&mut self, batch: Batch<S::Payload>) {
        let Some(place) = self.of.get(&batch.partition) else {
            return;
        };
        let Some(bundle) = self.bundles.get_mut(&place.bundle) else {
            return;
        };
        let input = place.input;
        // What comes of a bundle that is incomplete is read again from its start.
        if let Some(merge) = bundle.merge() {
            let partition = batch.partition.clone();
            merge.arrive(input, batch);
            let waiting = { merge.inputs.get(input) }.map_or(0, |input| input.waiting().0);
            if let Some(quiet) = bundle.quiet.get_mut(input) {
                *quiet = None;
            }
            if let Some(full) = bundle.full.get_mut(input).filter(|_| waiting >= WAITING) {
                *full = true;
                self.source.pause(&partition);
            }
        }
    }

    /// The next batch of a bundle that may be read.
    pub(super) fn take_batch(&mut self) -> Option<SourceEvent<Zipped<S::Payload>>> {
        let names: Vec<_> = self.bundles.keys().cloned().collect();
        let turn = self.turn.take();
        let (after, before): (Vec<_>, Vec<_>) =
            { names.into_iter() }.partition(|name| turn.as_ref().is_none_or(|turn| name > turn));
        for name in after.into_iter().chain(before) {
            let Some(bundle) = self.bundles.get_mut(&name).filter(|bundle| !bundle.paused) else {
                continue;
            };
            let Phase::Reading(merge) = &mut bundle.phase else {
                continue;
            };
            if let Some((payload, mark)) = merge.take(MOST) {
                let next = merge.count;
                self.make_room(&name);
                self.turn = Some(name.clone());
                self.told_idle = false;
                let uncommitted = self.uncommitted.entry(name.clone()).or_default();
                uncommitted.push_back((next, mark.clone()));
                let batch = Batch::new(name, next, payload);
                return Some(SourceEvent::Batch(Batch {
                    mark: Some(mark),
                    ..batch
                }));
            }
            if merge.has_ended() {
                bundle.phase = Phase::Ended;
                return Some(SourceEvent::End(name));
            }
            if merge.is_closed() {
                // What waits is read again in the next run.
                bundle.phase = Phase::Ended;
                return Some(SourceEvent::Closed(name));
            }
        }
        None
    }

    /// Lets inputs read on of which little waits.
    pub(super) fn make_room(&mut self, name: &Partition) {
        let Some(bundle) = self.bundles.get_mut(name) else {
            return;
        };
        let Phase::Reading(merge) = &bundle.phase else {
            return;
        };
        let each = merge
            .inputs
            .iter()
            .zip(&bundle.members)
            .zip(&mut bundle.full);
        for ((input, member), full) in each {
            if *full
                && input.waiting().0 < WAITING
                && let Some(member) = member
            {
                *full = false;
                self.source.resume(member);
            }
        }
    }
}
