//! Records that have other offsets in their partition than in their own log.

use std::sync::Arc;

use crate::{
    contracts::dead_letter::DeadLetter,
    data::{InputOffset, Offset},
};

/// The offsets of records of one log in a partition that is made of several.
#[derive(Clone, Debug)]
pub(crate) struct Numbering {
    /// The name of their log.
    input: Arc<str>,
    /// The offset of the first record in the partition. Those of the others follow one by one.
    first: u64,
    /// The offset of each record in its log, ascending.
    own: Arc<[Offset]>,
    /// The record that was asked for last.
    place: usize,
}

impl Numbering {
    pub(crate) fn new(input: Arc<str>, first: Offset, own: Arc<[Offset]>) -> Self {
        Self {
            input,
            first: first.0,
            own,
            place: 0,
        }
    }

    /// The offset in the partition of the record that has this one in its log. Records are asked
    /// for in order, each any number of times.
    pub(crate) fn offset_of(&mut self, own: Offset) -> Offset {
        let before = |at: &Offset| *at < own;
        while self.own.get(self.place).is_some_and(before) {
            self.place += 1;
        }
        // A record that the run does not hold gets the last number.
        let last = self.own.len().saturating_sub(1);
        Offset(self.first + self.place.min(last) as u64)
    }

    /// Renumbers a dead letter, which keeps its log and its offset there.
    pub(super) fn place(&mut self, letter: &mut DeadLetter) {
        let offset = letter.offset;
        letter.offset = self.offset_of(offset);
        letter.place.get_or_insert_with(|| InputOffset {
            input: Arc::clone(&self.input),
            offset,
        });
    }
}
