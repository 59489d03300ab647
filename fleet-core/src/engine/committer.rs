//! Brings sealed pieces into sinks and store: a plain state machine that says what to do next.
//!
//! ```text
//! Publish each piece to each plain sink        durable before the position moves
//!   -> Begin -> Store each piece in each transactional sink -> Commit
//!        Done                 -> Acknowledge each piece
//!        Fenced(partitions)   -> drop their pieces, Begin again with the rest
//!        no answer            -> Ask how far each partition is: landed -> Done, not landed -> Begin again
//! ```
//! A failed step is repeated; what is inside a transaction is repeated from its `Begin`.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    contracts::checkpoint::{Committed, DeadLetter, Progress, Sealed, Tallies},
    data::{Offset, Partition},
    engine::{graph::Buffer, task::Piece},
    planted::{Bug, planted},
};

/// How a sink takes part in a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// By itself, before the position moves.
    Plain,
    /// In the store's transaction.
    Transactional,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Write the rows of `piece` to plain `sink`.
    Publish { piece: usize, sink: usize },
    /// Open a transaction.
    Begin,
    /// Write the rows of `piece` to transactional `sink`.
    Store { piece: usize, sink: usize },
    /// Commit all pieces.
    Commit,
    /// Find out how far the partition of `piece` is: the answer of a commit was lost.
    Ask { piece: usize },
    /// Nothing: [`Committer::finish`] says what landed.
    Finished,
}

impl Step {
    /// The piece that it is about; the first where it is about all.
    pub(crate) fn piece(self) -> usize {
        match self {
            Self::Publish { piece, .. } | Self::Store { piece, .. } | Self::Ask { piece } => piece,
            Self::Begin | Self::Commit | Self::Finished => 0,
        }
    }
}

/// What came of an epoch.
#[derive(Debug, Default)]
pub(crate) struct Landed {
    /// Durable.
    pub(crate) done: Vec<Sealed>,
    /// Owned by someone else.
    pub(crate) fenced: Vec<Partition>,
}

/// The committer of one process.
pub(crate) struct Committer {
    sinks: Vec<(Arc<str>, Way)>,
    /// Totals of the sinks by partition, as committed.
    totals: BTreeMap<Partition, Tallies>,
    /// What is committed, completed by [`seals`](Self::seals); and beside each how many of its dead letters
    /// are the task's own.
    sealed: Vec<Sealed>,
    own_dead: Vec<usize>,
    /// The rows of each sink, beside what is committed.
    outputs: Vec<Vec<Box<dyn Buffer>>>,
    fenced: Vec<Partition>,
    step: Step,
    /// What was rejected in this epoch: by piece and sink, kept over repetitions.
    rejected: BTreeMap<(usize, usize), Vec<DeadLetter>>,
    /// A commit of this epoch had no answer: it may land after we asked.
    unanswered: bool,
}

impl Committer {
    pub(crate) fn new(sinks: Vec<(Arc<str>, Way)>) -> Self {
        Self {
            sinks,
            totals: BTreeMap::new(),
            sealed: Vec::new(),
            own_dead: Vec::new(),
            outputs: Vec::new(),
            fenced: Vec::new(),
            step: Step::Finished,
            rejected: BTreeMap::new(),
            unanswered: false,
        }
    }

    /// Takes over the totals of a partition that was claimed.
    pub(crate) fn assign(&mut self, partition: &Partition, tallies: &Tallies) {
        let own = tallies.iter().filter(|(name, _)| name.starts_with("sink."));
        let own = own.map(|(name, count)| (name.clone(), *count)).collect();
        if !planted(Bug::TotalsNotRestored) || self.totals.contains_key(partition) {
            self.totals.insert(partition.clone(), own);
        }
    }

    /// Opens an epoch.
    pub(crate) fn open(&mut self, pieces: Vec<Piece>) {
        self.own_dead = pieces.iter().map(|piece| piece.sealed.dead.len()).collect();
        (self.sealed, self.outputs) = pieces
            .into_iter()
            .map(|piece| (piece.sealed, piece.outputs))
            .unzip();
        self.fenced.clear();
        self.rejected.clear();
        self.unanswered = false;
        self.step = match self.first(Way::Plain) {
            Some(_) if planted(Bug::CommitBeforeFlush) => Step::Begin,
            Some(first) => first,
            None => Step::Begin,
        };
        if self.sealed.is_empty() {
            self.step = Step::Finished;
        }
    }

    /// What is to be done next.
    pub(crate) fn step(&self) -> Step {
        self.step
    }

    /// The rows of one piece for one sink.
    pub(crate) fn rows(&self, piece: usize, sink: usize) -> Option<&dyn Buffer> {
        self.outputs.get(piece)?.get(sink).map(AsRef::as_ref)
    }

    /// The partition of one piece, and where it goes on.
    pub(crate) fn place(&self, piece: usize) -> Option<(&Partition, Offset)> {
        self.sealed
            .get(piece)
            .map(|sealed| (&sealed.partition, sealed.next))
    }

    /// What to commit: the seals, with the totals of the sinks and the rows they rejected.
    pub(crate) fn seals(&mut self) -> &[Sealed] {
        let pieces = self
            .sealed
            .iter_mut()
            .zip(&self.own_dead)
            .zip(&self.outputs);
        for (number, ((sealed, own_dead), outputs)) in pieces.enumerate() {
            // As if for the first time: a commit may be sent again after other rows were rejected.
            if !planted(Bug::RejectedAgainOnRetry) {
                sealed.dead.truncate(*own_dead);
            }
            sealed.tallies.retain(|name, _| !name.starts_with("sink."));
            if let Some(totals) = self.totals.get(&sealed.partition) {
                sealed
                    .tallies
                    .extend(totals.iter().map(|(name, count)| (name.clone(), *count)));
            }
            for (place, ((name, _), rows)) in self.sinks.iter().zip(outputs).enumerate() {
                let given = rows.len() as u64;
                let dead = self
                    .rejected
                    .get(&(number, place))
                    .map_or(&[][..], Vec::as_slice);
                let mut add = |what: &str, count: u64| {
                    *sealed
                        .tallies
                        .entry(format!("sink.{name}.{what}"))
                        .or_default() += count;
                };
                add("given", given);
                add("written", given.saturating_sub(dead.len() as u64));
                add("dead_lettered", dead.len() as u64);
                if !planted(Bug::RejectedNotDeadLettered) {
                    sealed.dead.extend_from_slice(dead);
                }
            }
        }
        &self.sealed
    }

    /// The current write succeeded, but for the rows that are dead letters now.
    pub(crate) fn written(&mut self, dead: Vec<DeadLetter>) {
        let (Step::Publish { piece, sink } | Step::Store { piece, sink }) = self.step else {
            return;
        };
        self.rejected.insert((piece, sink), dead);
        self.step = self.after(piece, sink);
    }

    /// A transaction is open.
    pub(crate) fn begun(&mut self) {
        self.step = self.first(Way::Transactional).unwrap_or(Step::Commit);
    }

    /// The step failed and is tried again.
    pub(crate) fn failed(&mut self) {
        self.step = match self.step {
            Step::Publish { piece, sink } if planted(Bug::SkipOnError) => self.after(piece, sink),
            Step::Store { .. } if !planted(Bug::RetryInsideTransaction) => Step::Begin,
            Step::Commit => {
                self.unanswered = true;
                Step::Ask { piece: 0 }
            }
            same => same,
        };
    }

    /// The store answered a commit.
    pub(crate) fn committed(&mut self, answer: Committed) {
        match answer {
            Committed::Done if planted(Bug::CommitBeforeFlush) => {
                self.step = self.first(Way::Plain).unwrap_or(Step::Finished);
            }
            Committed::Done => self.step = Step::Finished,
            // Our own commit, unanswered before, landed late: that fences its repetition too.
            Committed::Fenced(_) if std::mem::take(&mut self.unanswered) => {
                self.step = Step::Ask { piece: 0 };
            }
            Committed::Fenced(partitions) => self.fence(&partitions),
        }
    }

    /// The store answered how far the partition is. All pieces landed together or none did.
    pub(crate) fn answered(&mut self, progress: Option<Progress>) {
        let Step::Ask { piece } = self.step else {
            return;
        };
        let Some(sealed) = self.sealed.get(piece) else {
            return;
        };
        let ours = progress.is_some_and(|progress| progress.token == sealed.token);
        let landed = progress.is_some_and(|progress| progress.seq >= sealed.seq);
        if ours && (landed || planted(Bug::LostCommitTakenForLanded)) {
            self.step = Step::Finished;
        } else if ours {
            self.step = Step::Begin;
        } else if piece + 1 < self.sealed.len() {
            // Someone else has this partition now and may have gone on from our commit: ask about the next.
            self.step = Step::Ask { piece: piece + 1 };
        } else {
            // None is ours any more; what landed, the new owner has found.
            let all: Vec<_> = self
                .sealed
                .iter()
                .map(|sealed| sealed.partition.clone())
                .collect();
            self.fence(&all);
        }
    }

    /// Leaves out partitions that are lost, unless a commit of them may have landed already; returns whether
    /// anything was left out, so that an open transaction is to be rolled back.
    pub(crate) fn forget(&mut self, partitions: &[Partition]) -> bool {
        let mut sealed = self.sealed.iter();
        let known = sealed.any(|sealed| partitions.contains(&sealed.partition));
        if !known || matches!(self.step, Step::Ask { .. } | Step::Finished) {
            return false;
        }
        let publishing = matches!(self.step, Step::Publish { .. });
        self.leave_out(partitions);
        let next = self.first(Way::Plain).filter(|_| publishing);
        self.step = match next {
            _ if self.sealed.is_empty() => Step::Finished,
            Some(publish) => publish,
            None => Step::Begin,
        };
        true
    }

    /// What landed. The epoch is closed.
    pub(crate) fn finish(&mut self) -> Landed {
        self.seals();
        let done = std::mem::take(&mut self.sealed);
        self.outputs.clear();
        for sealed in &done {
            self.assign(&sealed.partition, &sealed.tallies);
        }
        Landed {
            done,
            fenced: std::mem::take(&mut self.fenced),
        }
    }

    fn fence(&mut self, partitions: &[Partition]) {
        self.fenced.extend_from_slice(partitions);
        self.leave_out(partitions);
        self.step = if self.sealed.is_empty() {
            Step::Finished
        } else {
            Step::Begin
        };
    }

    fn leave_out(&mut self, partitions: &[Partition]) {
        let is_kept = |sealed: &Sealed| !partitions.contains(&sealed.partition);
        let kept: Vec<bool> = self.sealed.iter().map(is_kept).collect();
        // What was rejected is kept under the numbers that the pieces have from now on.
        let number = |old: usize| kept.iter().take(old).filter(|kept| **kept).count();
        let rejected = std::mem::take(&mut self.rejected).into_iter();
        self.rejected = rejected
            .filter(|((piece, _), _)| kept.get(*piece) == Some(&true))
            .map(|((piece, sink), dead)| ((number(piece), sink), dead))
            .collect();
        retain(&mut self.sealed, &kept);
        retain(&mut self.own_dead, &kept);
        retain(&mut self.outputs, &kept);
    }

    /// The first write of this way, if there is one.
    fn first(&self, way: Way) -> Option<Step> {
        self.find(way, 0, 0)
    }

    /// What follows the write of `piece` to `sink`.
    fn after(&self, piece: usize, sink: usize) -> Step {
        match self.step {
            Step::Publish { .. } => self.find(Way::Plain, piece, sink + 1).unwrap_or(
                if planted(Bug::CommitBeforeFlush) {
                    Step::Finished
                } else {
                    Step::Begin
                },
            ),
            _ => self
                .find(Way::Transactional, piece, sink + 1)
                .unwrap_or(Step::Commit),
        }
    }

    /// The next write from here on that has rows. What was published is not published again.
    fn find(&self, way: Way, piece: usize, sink: usize) -> Option<Step> {
        let places = (0..self.sealed.len()).flat_map(|piece| {
            self.sinks
                .iter()
                .enumerate()
                .map(move |(sink, (_, way))| (piece, sink, *way))
        });
        let (piece, sink, _) =
            places
                .filter(|(p, s, _)| (*p, *s) >= (piece, sink))
                .find(|(p, s, w)| {
                    let rows = self.rows(*p, *s);
                    let done = way == Way::Plain && self.rejected.contains_key(&(*p, *s));
                    *w == way && !done && rows.is_some_and(|rows| !rows.is_empty())
                })?;
        Some(match way {
            Way::Plain => Step::Publish { piece, sink },
            Way::Transactional => Step::Store { piece, sink },
        })
    }
}

/// Keeps what is marked.
fn retain<T>(of: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    of.retain(|_| kept.next() == Some(&true));
}
