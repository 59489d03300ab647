//! Logs in memory, the input of a scripted source, and their decoder.

use std::{ops::Range, sync::Arc};

use crate::{
    contracts::{
        Decode,
        decode::{Entry, RetryCopy, SingleRecord, Typed},
    },
    data::{EventTime, Offset, Partition},
    event::Event,
    zip::ZipPayload,
};

/// One record of a [`Log`].
#[derive(Clone, Debug, PartialEq)]
pub enum Logged<E> {
    /// An event.
    Event(E),
    /// An event of a log that records when it appended it.
    Timed {
        /// The time at which the log appended it; see [`Entry::row_logged`].
        log: EventTime,
        /// The event.
        event: E,
    },
    /// A record that the decoder refuses, so that it becomes a dead letter.
    Malformed {
        /// Its bytes.
        raw: Vec<u8>,
        /// The reason of the dead letter.
        reason: String,
    },
    /// A record that the decoder skips on purpose.
    Filtered,
}

impl<E> From<E> for Logged<E> {
    fn from(event: E) -> Self {
        Self::Event(event)
    }
}

/// The records of one partition of a [`Scripted`](super::Scripted) source. The offset of a record
/// is its index.
///
/// Every restart reads the log again. Events that happen only once are in the
/// [`Script`](super::Script).
#[derive(Clone, Debug)]
pub struct Log<E> {
    /// The name of the partition.
    pub partition: Partition,
    /// The records, in the order of their offsets.
    pub records: Arc<Vec<Logged<E>>>,
}

impl<E> Log<E> {
    /// Returns a log of these records.
    pub fn new(partition: &str, records: impl IntoIterator<Item = impl Into<Logged<E>>>) -> Self {
        Self {
            partition: Partition::new(partition),
            records: Arc::new(records.into_iter().map(Into::into).collect()),
        }
    }
}

/// The decoder of a [`Scripted`](super::Scripted) source.
impl<E: Event> Decode<Vec<(Offset, Logged<E>)>> for Typed<E> {
    type Event = E;
    fn decode(&self, payload: Vec<(Offset, Logged<E>)>, entry: &mut Entry<'_, E>) {
        for (at, record) in payload {
            match record {
                Logged::Event(event) => entry.row(at, event),
                Logged::Timed { log, event } => entry.row_logged(at, log, event),
                Logged::Malformed { raw, reason } => entry.malformed(at, &raw, reason),
                Logged::Filtered => entry.filtered(at),
            }
        }
    }
    fn copy_for_retry(
        &self,
        records: &Vec<(Offset, Logged<E>)>,
    ) -> Option<RetryCopy<Vec<(Offset, Logged<E>)>>> {
        Some(RetryCopy {
            payload: records.clone(),
            records: |records| {
                let single = |(at, record)| SingleRecord {
                    at,
                    place: None,
                    raw: match &record {
                        Logged::Malformed { raw, .. } => raw.clone(),
                        Logged::Event(_) | Logged::Timed { .. } | Logged::Filtered => Vec::new(),
                    },
                    payload: vec![(at, record)],
                };
                records.into_iter().map(single).collect()
            },
        })
    }

    fn divide(
        &self,
        records: Vec<(Offset, Logged<E>)>,
        parts: usize,
    ) -> Vec<Vec<(Offset, Logged<E>)>> {
        let each = records.len().div_ceil(parts.max(1)).max(1);
        records.chunks(each).map(<[_]>::to_vec).collect()
    }
}

/// A record of a zip counts with the time at which its log took it, or with that of its event.
impl<E: Event> ZipPayload for Vec<(Offset, Logged<E>)> {
    fn times(&self) -> Vec<(Offset, Option<EventTime>)> {
        let time = |record: &Logged<E>| match record {
            Logged::Event(event) => Some(event.at()),
            Logged::Timed { log, .. } => Some(*log),
            Logged::Malformed { .. } | Logged::Filtered => None,
        };
        let time = |(at, record): &(Offset, Logged<E>)| (*at, time(record));
        self.iter().map(time).collect()
    }

    fn part(&self, records: Range<usize>) -> Self {
        self.get(records).unwrap_or_default().to_vec()
    }

    fn raw(&self) -> Vec<u8> {
        match self.first() {
            Some((_, Logged::Malformed { raw, .. })) => raw.clone(),
            _ => Vec::new(),
        }
    }
}
