//! Commits sealed pieces to sinks and store: a plain state machine that decides the next step.
//!
//! ```text
//! Publish each piece to each plain sink        durable before the position moves
//!   -> Begin -> Store each piece in each transactional sink -> Commit
//!        Done                 -> Finished
//!        Fenced(partitions)   -> drop their pieces, Begin again with the rest
//!        no answer            -> Ask for the progress of each partition:
//!                                  committed -> Finished, not committed -> Begin again
//! ```
//! A failed step is repeated. A step inside a transaction is repeated from its `Begin`.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    contracts::{
        checkpoint::{Committed, DeadLetter, Progress, Sealed, Tallies},
        dead_letter,
    },
    data::{Offset, Partition},
    engine::{graph::Buffer, task::Piece},
    planted::{Bug, planted},
};

/// How a sink takes part in a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SinkKind {
    /// Written before the transaction begins, and so before the position moves.
    Plain,
    /// Written within the store's transaction.
    Transactional,
}

/// The next step of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Write the rows of `piece` to plain `sink`.
    Publish { piece: usize, sink: usize },
    /// Begin a transaction.
    Begin,
    /// Write the rows of `piece` to transactional `sink`.
    Store { piece: usize, sink: usize },
    /// Commit all pieces.
    Commit,
    /// Ask the store for the progress of the partition of `piece`: a commit failed, so its outcome
    /// is unknown.
    Ask { piece: usize },
    /// Nothing is left to do: [`Committer::finish`] returns the outcome.
    Finished,
}

impl Step {
    /// Returns the piece that the step is about, or the first if it is about all.
    pub(crate) fn piece(self) -> usize {
        match self {
            Self::Publish { piece, .. } | Self::Store { piece, .. } | Self::Ask { piece } => piece,
            Self::Begin | Self::Commit | Self::Finished => 0,
        }
    }
}

/// The outcome of an epoch.
#[derive(Debug, Default)]
pub(crate) struct CommittedEpoch {
    /// The pieces that are durable.
    pub(crate) done: Vec<Sealed>,
    /// The partitions that another process owns, with the tokens under which they were refused.
    pub(crate) fenced: Vec<(Partition, u64)>,
}

/// The committer of one process.
pub(crate) struct Committer {
    sinks: Vec<(Arc<str>, SinkKind)>,
    /// The committed totals of the sinks, by partition.
    totals: BTreeMap<Partition, Tallies>,
    /// The pieces of the epoch, completed by [`seals`](Self::seals).
    sealed: Vec<Sealed>,
    /// For each piece, how many of its dead letters come from the task; the others are rows that
    /// sinks rejected.
    own_dead: Vec<usize>,
    /// For each piece, the rows of each sink.
    outputs: Vec<Vec<Box<dyn Buffer>>>,
    fenced: Vec<(Partition, u64)>,
    step: Step,
    /// The rows that were rejected in this epoch, by piece and sink. Retries replace them.
    rejected: BTreeMap<(usize, usize), Vec<DeadLetter>>,
    /// The outcome of a commit of this epoch is unknown: it may take effect even after we asked.
    unanswered: bool,
}

impl Committer {
    pub(crate) fn new(sinks: Vec<(Arc<str>, SinkKind)>) -> Self {
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

    /// Restores the totals of a claimed partition.
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
        self.step = match self.first(SinkKind::Plain) {
            Some(_) if planted(Bug::CommitBeforeFlush) => Step::Begin,
            Some(first) => first,
            None => Step::Begin,
        };
        if self.sealed.is_empty() {
            self.step = Step::Finished;
        }
    }

    /// Returns the next step.
    pub(crate) fn step(&self) -> Step {
        self.step
    }

    /// Returns the rows of one piece for one sink.
    pub(crate) fn rows(&self, piece: usize, sink: usize) -> Option<&dyn Buffer> {
        self.outputs.get(piece)?.get(sink).map(AsRef::as_ref)
    }

    /// Returns the partition of one piece, and its new position.
    pub(crate) fn position(&self, piece: usize) -> Option<(&Partition, Offset)> {
        self.sealed
            .get(piece)
            .map(|sealed| (&sealed.partition, sealed.next))
    }

    /// Returns the pieces to commit, completed with the totals of the sinks and the rows they
    /// rejected.
    pub(crate) fn seals(&mut self) -> &[Sealed] {
        let pieces = self
            .sealed
            .iter_mut()
            .zip(&self.own_dead)
            .zip(&self.outputs);
        for (number, ((sealed, own_dead), outputs)) in pieces.enumerate() {
            // Start over: a commit may be sent again after other rows were rejected.
            if !planted(Bug::RejectedAgainOnRetry) {
                sealed.dead.truncate(*own_dead);
            }
            sealed.tallies.retain(|name, _| !name.starts_with("sink."));
            if let Some(totals) = self.totals.get(&sealed.partition) {
                sealed
                    .tallies
                    .extend(totals.iter().map(|(name, count)| (name.clone(), *count)));
            }
            for (sink, ((name, _), rows)) in self.sinks.iter().zip(outputs).enumerate() {
                let given = rows.len() as u64;
                let dead = self
                    .rejected
                    .get(&(number, sink))
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
            // Only here the list is complete.
            dead_letter::number(&mut sealed.dead);
        }
        &self.sealed
    }

    /// Records that the current write succeeded, except for these rejected rows.
    pub(crate) fn written(&mut self, dead: Vec<DeadLetter>) {
        let (Step::Publish { piece, sink } | Step::Store { piece, sink }) = self.step else {
            return;
        };
        self.rejected.insert((piece, sink), dead);
        self.step = self.after(piece, sink);
    }

    /// Records that a transaction has begun.
    pub(crate) fn begun(&mut self) {
        self.step = self.first(SinkKind::Transactional).unwrap_or(Step::Commit);
    }

    /// Records that the current step failed, and chooses where to retry.
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

    /// Records the store's answer to a commit.
    pub(crate) fn committed(&mut self, answer: Committed) {
        match answer {
            Committed::Done if planted(Bug::CommitBeforeFlush) => {
                self.step = self.first(SinkKind::Plain).unwrap_or(Step::Finished);
            }
            Committed::Done => self.step = Step::Finished,
            // An earlier attempt of this commit may have taken effect late and fenced this one.
            Committed::Fenced(_) if std::mem::take(&mut self.unanswered) => {
                self.step = Step::Ask { piece: 0 };
            }
            Committed::Fenced(partitions) => self.fence(&partitions),
        }
    }

    /// Records the progress of a partition. Either all pieces are committed or none is.
    pub(crate) fn answered(&mut self, progress: Option<&Progress>) {
        let Step::Ask { piece } = self.step else {
            return;
        };
        let Some(sealed) = self.sealed.get(piece) else {
            return;
        };
        let ours = progress.is_some_and(|progress| progress.token == sealed.token);
        let committed = progress.is_some_and(|progress| progress.seq >= sealed.seq);
        if ours && (committed || planted(Bug::LostCommitTakenForDone)) {
            self.step = Step::Finished;
        } else if ours {
            self.step = Step::Begin;
        } else if piece + 1 < self.sealed.len() {
            // Another process owns this partition and may have continued from our commit, so its
            // progress proves nothing: ask about the next one.
            self.step = Step::Ask { piece: piece + 1 };
        } else {
            // Every partition has a new owner, which resumed from whatever was committed.
            let all: Vec<_> = self
                .sealed
                .iter()
                .map(|sealed| sealed.partition.clone())
                .collect();
            self.fence(&all);
        }
    }

    /// Drops lost partitions, unless they may be committed already. Returns whether any was
    /// dropped: then an open transaction must be rolled back.
    pub(crate) fn forget(&mut self, partitions: &[Partition]) -> bool {
        let mut sealed = self.sealed.iter();
        let known = sealed.any(|sealed| partitions.contains(&sealed.partition));
        if !known || matches!(self.step, Step::Ask { .. } | Step::Finished) {
            return false;
        }
        let publishing = matches!(self.step, Step::Publish { .. });
        self.drop_partitions(partitions);
        let next = self.first(SinkKind::Plain).filter(|_| publishing);
        self.step = match next {
            _ if self.sealed.is_empty() => Step::Finished,
            Some(publish) => publish,
            None => Step::Begin,
        };
        true
    }

    /// Closes the epoch and returns its outcome.
    pub(crate) fn finish(&mut self) -> CommittedEpoch {
        self.seals();
        let done = std::mem::take(&mut self.sealed);
        self.outputs.clear();
        for sealed in &done {
            self.assign(&sealed.partition, &sealed.tallies);
        }
        CommittedEpoch {
            done,
            fenced: std::mem::take(&mut self.fenced),
        }
    }

    fn fence(&mut self, partitions: &[Partition]) {
        let sealed = self.sealed.iter();
        let refused = sealed.filter(|sealed| partitions.contains(&sealed.partition));
        self.fenced
            .extend(refused.map(|sealed| (sealed.partition.clone(), sealed.token)));
        self.drop_partitions(partitions);
        self.step = if self.sealed.is_empty() {
            Step::Finished
        } else {
            Step::Begin
        };
    }

    fn drop_partitions(&mut self, partitions: &[Partition]) {
        let stays = |sealed: &Sealed| !partitions.contains(&sealed.partition);
        let stays: Vec<bool> = self.sealed.iter().map(stays).collect();
        // The remaining pieces are renumbered.
        let number = |old: usize| stays.iter().take(old).filter(|stays| **stays).count();
        let rejected = std::mem::take(&mut self.rejected).into_iter();
        self.rejected = rejected
            .filter(|((piece, _), _)| stays.get(*piece) == Some(&true))
            .map(|((piece, sink), dead)| ((number(piece), sink), dead))
            .collect();
        retain(&mut self.sealed, &stays);
        retain(&mut self.own_dead, &stays);
        retain(&mut self.outputs, &stays);
    }

    /// Returns the first write to a sink of this kind, if there is one.
    fn first(&self, kind: SinkKind) -> Option<Step> {
        self.find(kind, 0, 0)
    }

    /// Returns the step that follows the write of `piece` to `sink`.
    fn after(&self, piece: usize, sink: usize) -> Step {
        match self.step {
            Step::Publish { .. } => self.find(SinkKind::Plain, piece, sink + 1).unwrap_or(
                if planted(Bug::CommitBeforeFlush) {
                    Step::Finished
                } else {
                    Step::Begin
                },
            ),
            _ => self
                .find(SinkKind::Transactional, piece, sink + 1)
                .unwrap_or(Step::Commit),
        }
    }

    /// Returns the next write from `piece` and `sink` on that has rows. Skips what is already
    /// published.
    fn find(&self, kind: SinkKind, piece: usize, sink: usize) -> Option<Step> {
        let places = (0..self.sealed.len()).flat_map(|piece| {
            self.sinks
                .iter()
                .enumerate()
                .map(move |(sink, (_, kind))| (piece, sink, *kind))
        });
        let (piece, sink, _) =
            places
                .filter(|(p, s, _)| (*p, *s) >= (piece, sink))
                .find(|(p, s, k)| {
                    let rows = self.rows(*p, *s);
                    let done = kind == SinkKind::Plain && self.rejected.contains_key(&(*p, *s));
                    *k == kind && !done && rows.is_some_and(|rows| !rows.is_empty())
                })?;
        Some(match kind {
            SinkKind::Plain => Step::Publish { piece, sink },
            SinkKind::Transactional => Step::Store { piece, sink },
        })
    }
}

/// Retains the items for which `stays` holds `true`.
fn retain<T>(items: &mut Vec<T>, stays: &[bool]) {
    let mut stays = stays.iter();
    items.retain(|_| stays.next() == Some(&true));
}
