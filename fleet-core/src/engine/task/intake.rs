//! Decodes a payload into one list of events per shard, and rolls back if the decoder panics.

use super::panics::{PanicSite, Panicked, caught};
use crate::{
    contracts::{
        Decode,
        checkpoint::{Counts, DeadLetter, Fates},
        decode::{Entry, SingleRecord},
    },
    data::{EventTime, Offset},
    event::Event,
    rows::Dealer,
};

/// The destination of a payload: a dealer for its events, and the fates of its other records.
pub(super) struct Intake<'a, E> {
    pub(super) dealer: &'a mut Dealer<E>,
    pub(super) fates: &'a mut Fates,
    /// The first record to count.
    pub(super) counted: Offset,
    /// The log time of the events whose decoder gives none.
    pub(super) log: Option<EventTime>,
}

impl<E: Event> Intake<'_, E> {
    /// Decodes a payload. If panics are isolated, a record that makes the decoder panic becomes a
    /// dead letter.
    ///
    /// # Errors
    /// Fails if the decoder panics and its payload cannot be decoded record by record.
    pub(super) fn decode<P, D: Decode<P, Event = E>>(
        &mut self,
        decode: &D,
        payload: P,
        isolate: bool,
    ) -> Result<(), Panicked> {
        let copy = isolate.then(|| decode.copy_for_retry(&payload)).flatten();
        let mark = self.mark();
        let Err(reason) = self.try_decode(decode, payload) else {
            return Ok(());
        };
        let Some(copy) = copy else {
            return Err(Panicked::new(PanicSite::Decode, reason));
        };
        self.reset(&mark);
        for record in (copy.records)(copy.payload) {
            let SingleRecord {
                at,
                place,
                raw,
                payload,
            } = record;
            let mark = self.mark();
            if let Err(reason) = self.try_decode(decode, payload) {
                self.reset(&mark);
                if at >= self.counted {
                    self.fates.counts.read += 1;
                    let reason = format!("it panicked: {reason}");
                    let letter = DeadLetter::new(at, "decode", reason).with_raw(raw);
                    self.fates.bury(DeadLetter { place, ..letter });
                }
            }
        }
        Ok(())
    }

    fn try_decode<P, D: Decode<P, Event = E>>(
        &mut self,
        decode: &D,
        payload: P,
    ) -> Result<(), String> {
        caught(|| {
            let mut entry = Entry::by_shard(self.dealer, self.fates, self.log);
            entry.count_from(self.counted);
            decode.decode(payload, &mut entry);
            self.dealer.deal_all();
        })
    }

    fn mark(&self) -> IntakeMark {
        IntakeMark {
            lengths: self.dealer.lengths(),
            counts: self.fates.counts,
            dead: self.fates.dead.len(),
        }
    }

    fn reset(&mut self, mark: &IntakeMark) {
        self.dealer.reset(&mark.lengths);
        self.fates.counts = mark.counts;
        self.fates.truncate_dead(mark.dead);
    }
}

/// How much the intake held before a payload.
struct IntakeMark {
    lengths: Vec<usize>,
    counts: Counts,
    dead: usize,
}
