//! From what a source has to events: the contract of a decoder, and the place where fates are counted.

use crate::{
    contracts::checkpoint::{Counts, DeadLetter, Fates},
    data::Offset,
    event::Event,
    rows::{Dealer, Slab},
};

/// How much of a record a dead letter keeps, bytes. Our choice: enough to see what it is; the offset says where the rest lies.
pub const MAX_RAW_BYTES: usize = 64 * 1024;

/// The longest reason that is kept, bytes. Our choice: a few lines; some quote what they refuse.
pub const MAX_REASON_BYTES: usize = 1024;

/// Takes the records of a batch, one call for each: this is where the balance is made.
///
/// # Examples
/// ```
/// use fleet_core::{Offset, checkpoint::Fates, decode::Entry};
/// let mut fates = Fates::default();
/// let mut rows = Vec::new();
/// let mut entry = Entry::new(&mut rows, &mut fates);
/// entry.row(Offset(0), "good");
/// entry.malformed(Offset(5), b"bad", "not a number");
/// assert_eq!((fates.counts.read, fates.counts.dead_lettered), (2, 1));
/// ```
#[derive(Debug)]
pub struct Entry<'a, E> {
    to: To<'a, E>,
    fates: &'a mut Fates,
    /// The record at hand.
    at: Offset,
    /// Records before it have had their fates: they are read again for the sake of the state.
    counted: Offset,
}

/// Where events go.
#[derive(Debug)]
enum To<'a, E> {
    List(&'a mut Vec<(Offset, E)>),
    Shards(&'a mut Dealer<E>),
    Slab(&'a mut Slab<E>),
}

impl<'a, E> Entry<'a, E> {
    /// An entry that appends to `rows` and counts in `fates`.
    pub fn new(rows: &'a mut Vec<(Offset, E)>, fates: &'a mut Fates) -> Self {
        Self::into(To::List(rows), fates)
    }

    /// An entry that appends to the list of each event's shard.
    pub(crate) fn by_shard(dealer: &'a mut Dealer<E>, fates: &'a mut Fates) -> Self {
        Self::into(To::Shards(dealer), fates)
    }

    /// An entry of an only shard, whose rows stay where they are put.
    pub(crate) fn of_slab(slab: &'a mut Slab<E>, fates: &'a mut Fates) -> Self {
        Self::into(To::Slab(slab), fates)
    }

    fn into(to: To<'a, E>, fates: &'a mut Fates) -> Self {
        let (at, counted) = (Offset(0), Offset(0));
        Self {
            to,
            fates,
            at,
            counted,
        }
    }

    /// Leaves the fates of records before this as they are.
    pub(crate) fn count_from(&mut self, first: Offset) {
        self.counted = first;
    }

    fn counts(&mut self) -> &mut Counts {
        &mut self.fates.counts
    }

    /// The record at this offset is an event. Its fate is counted when it is admitted.
    #[inline]
    pub fn row(&mut self, at: Offset, event: E) {
        self.fates.counts.read += u64::from(at >= self.counted);
        match &mut self.to {
            To::Slab(slab) => slab.put_fresh(at, event),
            To::List(rows) => rows.push((at, event)),
            To::Shards(dealer) => {
                dealer.next().push(at, event);
                dealer.finish();
            }
        }
    }

    /// Puts an event without content where it is to stay, so that it is built there: moving one that was built
    /// just now costs more than reading the numbers of a line. It is an old event that `clean` empties, or a
    /// `blank` one. [`finish`](Self::finish) or [`discard`](Self::discard) follows.
    #[inline]
    pub(crate) fn begin(
        &mut self,
        at: Offset,
        clean: impl FnOnce(&mut E),
        blank: impl FnOnce() -> E,
    ) -> Option<&mut E> {
        self.at = at;
        let rows = match &mut self.to {
            To::Slab(slab) => return slab.build_fresh(at, clean, blank),
            To::Shards(dealer) => return dealer.next().build(at, clean, blank),
            To::List(rows) => rows,
        };
        rows.push((at, blank()));
        rows.last_mut().map(|(_, event)| event)
    }

    /// What [`begin`](Self::begin) put down is an event now.
    #[inline]
    pub(crate) fn finish(&mut self) {
        self.fates.counts.read += u64::from(self.at >= self.counted);
        if let To::Shards(dealer) = &mut self.to {
            dealer.finish();
        }
    }

    /// What [`begin`](Self::begin) put down is none.
    #[inline]
    pub(crate) fn discard(&mut self) {
        match &mut self.to {
            To::Slab(slab) => slab.drop_last_fresh(),
            To::List(rows) => drop(rows.pop()),
            To::Shards(dealer) => dealer.discard(),
        }
    }

    /// The record at this offset is left out on purpose.
    pub fn filtered(&mut self, at: Offset) {
        let count = u64::from(at >= self.counted);
        let counts = self.counts();
        counts.read += count;
        counts.filtered += count;
    }

    /// The record at this offset cannot be read; it becomes a dead letter with the reason and its bytes.
    pub fn malformed(&mut self, at: Offset, raw: &[u8], reason: impl Into<String>) {
        self.cut(at, raw, raw.len() as u64, reason);
    }

    /// As [`malformed`](Self::malformed), of a record of `length` bytes whose beginning is `raw`.
    pub fn cut(&mut self, at: Offset, raw: &[u8], length: u64, reason: impl Into<String>) {
        if at < self.counted {
            return;
        }
        self.counts().read += 1;
        let mut reason = reason.into();
        let end = (0..=MAX_REASON_BYTES)
            .rev()
            .find(|end| reason.is_char_boundary(*end));
        reason.truncate(end.unwrap_or(0));
        let raw = raw.get(..MAX_RAW_BYTES).unwrap_or(raw).to_vec();
        self.fates.bury(DeadLetter {
            offset: at,
            step: "decode".into(),
            reason,
            raw,
            length,
        });
    }
}

/// Turns the payload of a source into events.
///
/// Runs in the task, so it keeps no state between batches and may run in parallel.
///
/// # Guarantees
/// Exactly one call of [`Entry`] for each record, in the order of the input, whatever the bytes are: bad
/// data never panics and is never skipped in silence.
pub trait Decode<P>: Send + Sync + 'static {
    /// What comes out.
    type Event: Event;
    /// Reads all records of one payload.
    fn decode(&self, payload: P, entry: &mut Entry<'_, Self::Event>);

    /// Returns a copy of the payload, to decode record by record if [`decode`](Self::decode) panics.
    ///
    /// Called before each `decode` where [panics are isolated](crate::Pipeline::isolate_panics), and
    /// never otherwise. The default returns `None`: a panic then stops the pipeline.
    fn copy_for_retry(&self, payload: &P) -> Option<RetryCopy<P>> {
        let _ = payload;
        None
    }

    /// Splits a payload into up to `parts` that several workers decode at once. Decoding the parts in their
    /// order is decoding the whole. By default a payload is one part.
    fn divide(&self, payload: P, parts: usize) -> Vec<P> {
        let _ = parts;
        vec![payload]
    }
}

/// A copy of a payload, decoded record by record if the decoder panics.
#[derive(Clone, Debug)]
pub struct RetryCopy<P> {
    /// The payload.
    pub payload: P,
    /// Splits the payload into its records, in input order.
    pub records: fn(P) -> Vec<SingleRecord<P>>,
}

/// A payload that holds exactly one record.
#[derive(Clone, Debug)]
pub struct SingleRecord<P> {
    /// Where it lies.
    pub at: Offset,
    /// Its bytes, where it has any.
    pub raw: Vec<u8>,
    /// The record.
    pub payload: P,
}

/// The decoder of a source that has events already, with their offsets.
///
/// # Examples
/// ```
/// # use fleet_core::{EventTime, Offset, VehicleId, checkpoint::Fates, event::Telemetry, decode::{Decode, Entry, Typed}};
/// let event = Telemetry::new(VehicleId::new("car-1").unwrap(), EventTime::MIN);
/// let (mut rows, mut fates) = (Vec::new(), Fates::default());
/// Typed::default().decode(vec![(Offset(0), event)], &mut Entry::new(&mut rows, &mut fates));
/// assert_eq!(rows.len(), 1);
/// ```
#[derive(Debug)]
pub struct Typed<E>(std::marker::PhantomData<fn() -> E>);

impl<E> Default for Typed<E> {
    fn default() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<E: Event> Decode<Vec<(Offset, E)>> for Typed<E> {
    type Event = E;
    fn decode(&self, payload: Vec<(Offset, E)>, entry: &mut Entry<'_, E>) {
        for (at, event) in payload {
            entry.row(at, event);
        }
    }

    fn copy_for_retry(&self, rows: &Vec<(Offset, E)>) -> Option<RetryCopy<Vec<(Offset, E)>>> {
        Some(RetryCopy {
            payload: rows.clone(),
            records: |rows| {
                let single = |(at, event)| SingleRecord {
                    at,
                    raw: Vec::new(),
                    payload: vec![(at, event)],
                };
                rows.into_iter().map(single).collect()
            },
        })
    }

    fn divide(&self, rows: Vec<(Offset, E)>, parts: usize) -> Vec<Vec<(Offset, E)>> {
        if parts <= 1 {
            return vec![rows];
        }
        let each = rows.len().div_ceil(parts);
        let mut rows = rows.into_iter();
        let parts = (0..parts).map(|_| rows.by_ref().take(each).collect());
        parts.filter(|part: &Vec<_>| !part.is_empty()).collect()
    }
}
