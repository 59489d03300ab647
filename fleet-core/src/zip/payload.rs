//! What can be zipped, and what a zipped batch holds.

use std::{ops::Range, sync::Arc};

use crate::{
    contracts::decode::Numbering,
    data::{EventTime, Offset},
    event::Event,
};

/// Records whose log times are known, so that they can be merged with those of other logs.
///
/// Typed events count with their own times: `Vec<(Offset, E)>` is such a payload. So are the
/// records of Kafka, with their timestamps. Files have no log times; [`EventTimes`] gives them
/// those of their events.
///
/// [`EventTimes`]: super::EventTimes
///
/// # Guarantees
/// An implementation guarantees that the records and their times do not depend on how the source
/// cut them into batches.
pub trait ZipPayload: Clone + Send + 'static {
    /// Returns the offset and the log time of each record, in order. A record without a time counts
    /// with the newest time before it.
    fn times(&self) -> Vec<(Offset, Option<EventTime>)>;

    /// Returns the records at these indices, a part of `0..times().len()`.
    #[must_use]
    fn part(&self, records: Range<usize>) -> Self;

    /// Returns the bytes of a payload of one record, for its dead letter. Default: none.
    fn raw(&self) -> Vec<u8> {
        Vec::new()
    }
}

impl<E: Event> ZipPayload for Vec<(Offset, E)> {
    fn times(&self) -> Vec<(Offset, Option<EventTime>)> {
        let time = |(at, event): &(Offset, E)| (*at, Some(event.at()));
        self.iter().map(time).collect()
    }

    fn part(&self, records: Range<usize>) -> Self {
        self.get(records).unwrap_or_default().to_vec()
    }
}

/// Consecutive records of one input.
#[derive(Clone, Debug)]
pub struct Run<P> {
    /// The name of the partition that they come from.
    pub(super) name: Arc<str>,
    /// The number of the input.
    pub(super) input: usize,
    /// The offset of the first record in the bundle. The others follow one by one.
    pub(super) first: Offset,
    /// The offset of each record in its own partition.
    pub(super) offsets: Arc<[Offset]>,
    pub(super) payload: P,
}

impl<P> Run<P> {
    /// The partition of the inner source that the records come from.
    pub fn partition(&self) -> &str {
        &self.name
    }
    /// The number of the input, as its [`Place`](super::Place) says.
    pub fn input(&self) -> usize {
        self.input
    }
    /// The offset of the first record in the bundle.
    pub fn first(&self) -> Offset {
        self.first
    }
    /// The offset of each record in its own partition.
    pub fn offsets(&self) -> &[Offset] {
        &self.offsets
    }
    /// The records.
    pub fn payload(&self) -> &P {
        &self.payload
    }

    pub(super) fn numbering(&self) -> Numbering {
        let (name, offsets) = (Arc::clone(&self.name), Arc::clone(&self.offsets));
        Numbering::new(name, self.first, offsets)
    }
}

impl<P: ZipPayload> Run<P> {
    /// The records at these indices.
    pub(super) fn part(&self, records: Range<usize>) -> Self {
        let offsets = self.offsets.get(records.clone()).unwrap_or_default();
        Self {
            name: Arc::clone(&self.name),
            input: self.input,
            first: Offset(self.first.0 + records.start as u64),
            offsets: offsets.into(),
            payload: self.payload.part(records),
        }
    }
}

/// The payload of a [`Zip`](super::Zip): runs of records, in the order of the bundle.
#[derive(Clone, Debug)]
pub struct Zipped<P> {
    pub(super) runs: Vec<Run<P>>,
}

impl<P> Zipped<P> {
    /// The runs, in order.
    pub fn runs(&self) -> &[Run<P>] {
        &self.runs
    }
    /// The number of records.
    pub fn len(&self) -> usize {
        self.runs.iter().map(|run| run.offsets.len()).sum()
    }
    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.runs.iter().all(|run| run.offsets.is_empty())
    }
}
