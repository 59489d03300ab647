//! The fates of records: what happened to each, in numbers and as dead letters.

use crate::{contracts::dead_letter::DeadLetter, data::Offset};

/// Counts records by their fate. Every record has exactly one.
///
/// # Guarantees
/// In every commit, `read = accepted + filtered + dead_lettered + late + duplicate`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Records that were passed to a decoder.
    pub read: u64,
    /// Records that entered the graph.
    pub accepted: u64,
    /// Records that a decoder skipped on purpose.
    pub filtered: u64,
    /// Records that could not be decoded or processed.
    pub dead_lettered: u64,
    /// Records that arrived after their key's clock had passed them by more than the allowed
    /// lateness; see [`Graph::late`](crate::Graph::late).
    pub late: u64,
    /// Records whose content was seen before.
    pub duplicate: u64,
}

impl Counts {
    /// Returns whether every record read has a fate.
    pub fn balances(&self) -> bool {
        self.read == self.accepted + self.filtered + self.dead_lettered + self.late + self.duplicate
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.accepted += other.accepted;
        self.filtered += other.filtered;
        self.dead_lettered += other.dead_lettered;
        self.late += other.late;
        self.duplicate += other.duplicate;
    }
}

/// The fates of one partition's records: total counts, and the dead letters since the last commit.
#[derive(Clone, Debug, Default)]
pub struct Fates {
    /// Counts since the partition's first record.
    pub counts: Counts,
    /// Dead letters since the last commit.
    pub dead: Vec<DeadLetter>,
    /// The memory that `dead` and `lost` take, in bytes.
    pub(crate) dead_bytes: usize,
    /// Dead letters of panics inside the graph. Their records entered it, so a replay must see
    /// them again.
    pub(crate) lost: Vec<DeadLetter>,
}

impl From<Counts> for Fates {
    fn from(counts: Counts) -> Self {
        Self {
            counts,
            ..Self::default()
        }
    }
}

impl Fates {
    /// Counts and stores a dead letter.
    pub(crate) fn bury(&mut self, letter: DeadLetter) {
        self.counts.dead_lettered += 1;
        self.dead_bytes += letter.weight();
        self.dead.push(letter);
    }

    /// Drops the dead letters after the first `length`; the caller restores the counts.
    pub(crate) fn truncate_dead(&mut self, length: usize) {
        self.dead.truncate(length);
        let all = self.dead.iter().chain(&self.lost);
        self.dead_bytes = all.map(DeadLetter::weight).sum();
    }

    /// Stores a dead letter of a panic inside the graph; see [`lost`](Self::lost).
    pub(crate) fn lose(&mut self, letter: DeadLetter) {
        self.dead_bytes += letter.weight();
        self.lost.push(letter);
    }

    /// Counts and stores a dead letter of an event of this key that `step` refused and whose bytes
    /// are gone.
    pub(crate) fn dead_letter(&mut self, offset: Offset, key: &str, step: &str, reason: &str) {
        let letter = DeadLetter::new(offset, step, reason);
        self.bury(DeadLetter {
            key: Some(key.into()),
            ..letter
        });
    }

    /// Moves the fates of another part of the same partition into this one.
    pub(crate) fn join(&mut self, other: &mut Self) {
        self.counts += std::mem::take(&mut other.counts);
        self.dead.append(&mut other.dead);
        self.lost.append(&mut other.lost);
        self.dead_bytes += std::mem::take(&mut other.dead_bytes);
    }

    /// Takes all dead letters, in input order.
    pub(crate) fn take_dead(&mut self) -> Vec<DeadLetter> {
        self.dead_bytes = 0;
        let mut dead = std::mem::take(&mut self.dead);
        dead.append(&mut self.lost);
        dead.sort_by_key(|letter| letter.offset);
        dead
    }
}
