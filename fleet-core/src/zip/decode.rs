//! The decoder of zipped batches.

use std::{fmt, sync::Arc};

use super::payload::{Run, ZipPayload, Zipped};
use crate::{
    contracts::{
        Decode,
        decode::{Entry, RetryCopy, SingleRecord},
    },
    data::InputOffset,
    event::Event,
};

/// Decodes the batches of a [`Zip`](super::Zip), with a decoder of each input or one for all.
///
/// The offset of a row is its number in the bundle. A dead letter names the partition of the inner
/// source, and the offset there, as its [place](crate::checkpoint::DeadLetter::place).
///
/// # Guarantees
/// Each decoder sees the records of its input alone, in their order. It must
/// [divide](Decode::divide) a payload anywhere: a dialect that needs earlier lines cannot be
/// zipped.
///
/// # Examples
/// ```
/// use fleet_core::{decode::Typed, event::Telemetry, zip::ZipDecoder};
/// let decode: ZipDecoder<Vec<(fleet_core::Offset, Telemetry)>, _> =
///     ZipDecoder::new(Typed::default());
/// # let _ = decode;
/// ```
pub struct ZipDecoder<P, E> {
    /// The last one decodes the inputs that have none of their own.
    each: Vec<Box<dyn Decode<P, Event = E>>>,
}

impl<P, E> fmt::Debug for ZipDecoder<P, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZipDecoder").finish_non_exhaustive()
    }
}

impl<P, E> ZipDecoder<P, E> {
    /// Returns a decoder that decodes all inputs with this one.
    pub fn new(all: impl Decode<P, Event = E>) -> Self {
        Self {
            each: vec![Box::new(all)],
        }
    }

    /// Returns a decoder with one decoder for each input, in the order of their numbers. The last
    /// one decodes the inputs beyond.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{Decode, decode::Typed, event::Telemetry, zip::ZipDecoder};
    /// type Events = Vec<(fleet_core::Offset, Telemetry)>;
    /// let first: Box<dyn Decode<Events, Event = Telemetry>> = Box::new(Typed::default());
    /// let decode = ZipDecoder::each(first, [Box::new(Typed::default()) as _]);
    /// # let _ = decode;
    /// ```
    pub fn each(
        first: Box<dyn Decode<P, Event = E>>,
        others: impl IntoIterator<Item = Box<dyn Decode<P, Event = E>>>,
    ) -> Self {
        let mut each = vec![first];
        each.extend(others);
        Self { each }
    }

    fn of(&self, input: usize) -> Option<&dyn Decode<P, Event = E>> {
        let decode = self.each.get(input).or_else(|| self.each.last());
        decode.map(|decode| &**decode)
    }
}

impl<P: ZipPayload, E: Event> Decode<Zipped<P>> for ZipDecoder<P, E> {
    type Event = E;

    fn decode(&self, zipped: Zipped<P>, entry: &mut Entry<'_, E>) {
        for run in zipped.runs {
            entry.number_by(Some(run.numbering()));
            if let Some(decode) = self.of(run.input) {
                decode.decode(run.payload, entry);
            }
            // What this decoder said of log times is not for the next.
            entry.set_log_time(None);
        }
        entry.number_by(None);
    }

    fn copy_for_retry(&self, zipped: &Zipped<P>) -> Option<RetryCopy<Zipped<P>>> {
        let mut runs = zipped.runs.iter();
        let can_all = runs.all(|run| {
            let decode = self.of(run.input);
            // Only whether it can: the copy is made of the whole.
            let none = run.payload.part(0..0);
            decode.is_some_and(|decode| decode.copy_for_retry(&none).is_some())
        });
        can_all.then(|| RetryCopy {
            payload: zipped.clone(),
            records: |zipped| zipped.runs.iter().flat_map(single).collect(),
        })
    }

    fn divide(&self, zipped: Zipped<P>, parts: usize) -> Vec<Zipped<P>> {
        if parts <= 1 {
            return vec![zipped];
        }
        let each = zipped.len().div_ceil(parts).max(1);
        let (mut divided, mut part, mut room) = (Vec::new(), Vec::new(), each);
        for run in zipped.runs {
            let mut from = 0;
            while from < run.offsets.len() {
                let upto = run.offsets.len().min(from + room);
                part.push(run.part(from..upto));
                room -= upto - from;
                from = upto;
                if room == 0 {
                    divided.push(Zipped {
                        runs: std::mem::take(&mut part),
                    });
                    room = each;
                }
            }
        }
        if !part.is_empty() {
            divided.push(Zipped { runs: part });
        }
        divided
    }
}

/// Each record of a run by itself.
fn single<P: ZipPayload>(run: &Run<P>) -> Vec<SingleRecord<Zipped<P>>> {
    let record = |index: usize| {
        let run = run.part(index..index + 1);
        SingleRecord {
            at: run.first,
            place: run.offsets.first().map(|offset| InputOffset {
                input: Arc::clone(&run.name),
                offset: *offset,
            }),
            raw: run.payload.raw(),
            payload: Zipped { runs: vec![run] },
        }
    };
    (0..run.offsets.len()).map(record).collect()
}
