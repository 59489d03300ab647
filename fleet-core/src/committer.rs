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
    Partition,
    checkpoint::{Committed, DeadLetter, Progress, Sealed, Tallies},
    task::Piece,
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

/// What came of an epoch.
#[derive(Debug, Default)]
pub(crate) struct Landed {
    /// Durable, in order.
    pub(crate) done: Vec<Sealed>,
    /// Owned by someone else.
    pub(crate) fenced: Vec<Partition>,
}

/// The committer of one process.
pub(crate) struct Committer {
    sinks: Vec<(Arc<str>, Way)>,
    /// Totals of the sinks by partition, as committed.
    totals: BTreeMap<Partition, Tallies>,
    pieces: Vec<Piece>,
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
            pieces: Vec::new(),
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
        self.totals.insert(partition.clone(), own);
    }

    /// Opens an epoch.
    pub(crate) fn open(&mut self, pieces: Vec<Piece>) {
        self.pieces = pieces;
        self.fenced.clear();
        self.rejected.clear();
        self.unanswered = false;
        self.step = self.first(Way::Plain).unwrap_or(Step::Begin);
        if self.pieces.is_empty() {
            self.step = Step::Finished;
        }
    }

    /// What is to be done next.
    pub(crate) fn step(&self) -> Step {
        self.step
    }

    /// The pieces of the epoch.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// What to commit: the seals, with the totals of the sinks and the rows they rejected.
    pub(crate) fn seals(&self) -> Vec<Sealed> {
        let pieces = self.pieces.iter().enumerate();
        pieces
            .map(|(number, piece)| self.with_sinks(number, piece))
            .collect()
    }

    fn with_sinks(&self, number: usize, piece: &Piece) -> Sealed {
        let mut sealed = piece.sealed.clone();
        sealed.tallies.retain(|name, _| !name.starts_with("sink."));
        if let Some(totals) = self.totals.get(&sealed.partition) {
            sealed
                .tallies
                .extend(totals.iter().map(|(name, count)| (name.clone(), *count)));
        }
        for (place, (name, _)) in self.sinks.iter().enumerate() {
            let given = piece.outputs.get(place).map_or(0, |rows| rows.len()) as u64;
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
            sealed.dead.extend_from_slice(dead);
        }
        sealed
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
            Step::Store { .. } => Step::Begin,
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
        let Some(sealed) = self.pieces.get(piece).map(|piece| &piece.sealed) else {
            return;
        };
        let ours = progress.is_some_and(|progress| progress.token == sealed.token);
        if ours && progress.is_some_and(|progress| progress.seq >= sealed.seq) {
            self.step = Step::Finished;
        } else if ours {
            self.step = Step::Begin;
        } else if piece + 1 < self.pieces.len() {
            // Someone else has this partition now and may have gone on from our commit: ask about the next.
            self.step = Step::Ask { piece: piece + 1 };
        } else {
            // None is ours any more; what landed, the new owner has found.
            let all: Vec<_> = self
                .pieces
                .iter()
                .map(|piece| piece.sealed.partition.clone())
                .collect();
            self.fence(&all);
        }
    }

    /// What landed. The epoch is closed.
    pub(crate) fn finish(&mut self) -> Landed {
        let done = self.seals();
        for sealed in &done {
            self.assign(&sealed.partition, &sealed.tallies);
        }
        self.pieces.clear();
        Landed {
            done,
            fenced: std::mem::take(&mut self.fenced),
        }
    }

    fn fence(&mut self, partitions: &[Partition]) {
        self.fenced.extend_from_slice(partitions);
        let kept: Vec<bool> = self
            .pieces
            .iter()
            .map(|piece| !partitions.contains(&piece.sealed.partition))
            .collect();
        // What was rejected is kept under the numbers that the pieces have from now on.
        let number = |old: usize| kept.iter().take(old).filter(|kept| **kept).count();
        let rejected = std::mem::take(&mut self.rejected).into_iter();
        self.rejected = rejected
            .filter(|((piece, _), _)| kept.get(*piece) == Some(&true))
            .map(|((piece, sink), dead)| ((number(piece), sink), dead))
            .collect();
        let mut keep = kept.iter();
        self.pieces.retain(|_| keep.next() == Some(&true));
        self.step = if self.pieces.is_empty() {
            Step::Finished
        } else {
            Step::Begin
        };
    }

    /// The first write of this way, if there is one.
    fn first(&self, way: Way) -> Option<Step> {
        self.find(way, 0, 0)
    }

    /// What follows the write of `piece` to `sink`.
    fn after(&self, piece: usize, sink: usize) -> Step {
        match self.step {
            Step::Publish { .. } => self
                .find(Way::Plain, piece, sink + 1)
                .unwrap_or(Step::Begin),
            _ => self
                .find(Way::Transactional, piece, sink + 1)
                .unwrap_or(Step::Commit),
        }
    }

    /// The next write from here on that has rows.
    fn find(&self, way: Way, piece: usize, sink: usize) -> Option<Step> {
        let places = (0..self.pieces.len()).flat_map(|piece| {
            self.sinks
                .iter()
                .enumerate()
                .map(move |(sink, (_, way))| (piece, sink, *way))
        });
        let (piece, sink, _) =
            places
                .filter(|(p, s, _)| (*p, *s) >= (piece, sink))
                .find(|(p, s, w)| {
                    let rows = self.pieces.get(*p).and_then(|piece| piece.outputs.get(*s));
                    *w == way && rows.is_some_and(|rows| !rows.is_empty())
                })?;
        Some(match way {
            Way::Plain => Step::Publish { piece, sink },
            Way::Transactional => Step::Store { piece, sink },
        })
    }
}
