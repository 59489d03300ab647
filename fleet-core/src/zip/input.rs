//! One input of a bundle: what waits, and how far it was handed over.

use std::{collections::VecDeque, sync::Arc};

use super::payload::{Run, ZipPayload};
use crate::{
    contracts::source::Batch,
    data::{EventTime, Offset, Position},
    planted::{Bug, planted},
};

/// Whether an input without a record is waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Waits {
    #[default]
    Yes,
    /// Not until its next record: it was caught up and silent.
    Idle,
    /// Not any more: it has ended.
    Ended,
    /// Not in this run.
    Closed,
}

/// What was handed over of an input, as a commit stores it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Progress {
    /// After the last batch that was handed over as a whole; `None` before the first.
    pub(super) at: Option<Position>,
    /// The offset after the last record that was handed over, if that is behind the position: only
    /// part of a batch was.
    pub(super) upto: Option<Offset>,
    /// The log time with which it counts: the newest that was handed over.
    pub(super) newest: Option<EventTime>,
    /// The log time with which its next record counts, once that was compared with the others.
    pub(super) judged: Option<EventTime>,
    /// Whether it was idle.
    pub(super) idle: bool,
    /// How many of its records counted with the bound instead of their own time.
    pub(super) ahead: u64,
}

/// A batch of the inner source.
#[derive(Debug)]
struct Waiting<P> {
    payload: P,
    times: Vec<(Offset, Option<EventTime>)>,
    /// The first record that was not handed over.
    head: usize,
    /// The position after the batch.
    then: Position,
}

#[derive(Debug)]
pub(super) struct Input<P> {
    pub(super) name: Arc<str>,
    pub(super) progress: Progress,
    pub(super) waits: Waits,
    waiting: VecDeque<Waiting<P>>,
    /// The offset after the last record that arrived.
    pub(super) arrived: Option<Offset>,
}

impl<P: ZipPayload> Input<P> {
    pub(super) fn new(name: Arc<str>, progress: Progress) -> Self {
        Self {
            name,
            waits: if progress.idle && !planted(Bug::ZipIdleForgotten) {
                Waits::Idle
            } else {
                Waits::Yes
            },
            arrived: { progress.upto }.or(progress.at.as_ref().map(|at| at.next)),
            waiting: VecDeque::new(),
            progress,
        }
    }

    /// Takes a batch of the inner source.
    pub(super) fn arrive(&mut self, batch: Batch<P>) {
        let (payload, next) = (batch.payload, batch.next);
        let times = payload.times();
        let mark = batch.mark;
        let then = Position { next, mark };
        self.arrived = self.arrived.max(Some(next));
        // What was handed over before a restart is read again, from the position on.
        let upto = self.progress.upto.filter(|_| self.waiting.is_empty());
        let known = times.partition_point(|(at, _)| upto.is_some_and(|upto| *at < upto));
        if known == times.len() && self.waiting.is_empty() {
            // Nothing of it is new.
            self.progress.upto = upto.filter(|upto| *upto > then.next);
            self.progress.at = Some(then);
            return;
        }
        if let (None, None, Some((first, _))) = (&self.progress.at, &then.mark, times.first()) {
            // From here on a start says where, so that nothing is skipped if it is gone.
            self.progress.at = Some(Position::from(*first));
        }
        if self.waits == Waits::Idle {
            self.wake();
        }
        self.waiting.push_back(Waiting {
            payload,
            times,
            head: known,
            then,
        });
    }

    /// The log time of the next record, not older than those before; `None` if none waits.
    pub(super) fn head(&self) -> Option<EventTime> {
        let front = self.waiting.front()?;
        let (_, time) = front.times.get(front.head)?;
        Some((*time).max(self.progress.newest).unwrap_or(EventTime::MIN))
    }

    /// The log time of the next record itself.
    pub(super) fn own_time(&self) -> Option<EventTime> {
        let front = self.waiting.front()?;
        front.times.get(front.head)?.1
    }

    /// Up to where it is read: as far as records arrived, or where its source says that it stands.
    pub(super) fn reached(&self, position: Option<Offset>) -> Offset {
        self.arrived.max(position).unwrap_or_default()
    }

    /// Waits for it again if it was idle when it was committed, and has a backlog now.
    pub(super) fn wake_for(&mut self, end: Option<Offset>, reached: Offset) {
        if self.waits == Waits::Idle && end.is_some_and(|end| end > reached) {
            self.wake();
        }
    }

    fn wake(&mut self) {
        (self.waits, self.progress.idle) = (Waits::Yes, false);
    }

    /// Decides that it is not waited for until its next record.
    pub(super) fn rest(&mut self) {
        (self.waits, self.progress.idle) = (Waits::Idle, true);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn is_waited_for(&self) -> bool {
        // What closes has more in the next run, and the others must not pass it.
        self.is_empty() && matches!(self.waits, Waits::Yes | Waits::Closed)
    }

    /// The number of batches and of records that wait.
    pub(super) fn waiting(&self) -> (usize, usize) {
        let records = self.waiting.iter();
        let records = records.map(|batch| batch.times.len() - batch.head).sum();
        (self.waiting.len(), records)
    }

    /// Takes the judged record from the front, and returns whether another of the same batch
    /// follows.
    pub(super) fn step(&mut self) -> bool {
        self.progress.newest = self.progress.judged.take().max(self.progress.newest);
        let Some(front) = self.waiting.front_mut() else {
            return false;
        };
        front.head += 1;
        front.head < front.times.len()
    }

    /// Hands over the records that [`step`](Self::step) took, `count` of them.
    pub(super) fn hand_over(
        &mut self,
        count: usize,
        number: usize,
        first: Offset,
    ) -> Option<Run<P>> {
        let front = self.waiting.front_mut()?;
        let range = front.head - count..front.head;
        let offsets = front.times.get(range.clone())?;
        let last = offsets.last().map(|(at, _)| Offset(at.0 + 1));
        let run = Run {
            name: Arc::clone(&self.name),
            input: number,
            first,
            offsets: offsets.iter().map(|(at, _)| *at).collect(),
            payload: front.payload.part(range),
        };
        self.progress.upto = last.or(self.progress.upto);
        while let Some(front) = self.waiting.front()
            && front.head >= front.times.len()
        {
            // What had no records only moves the position.
            if let Some(whole) = self.waiting.pop_front() {
                self.progress.at = Some(whole.then);
                self.progress.upto = None;
            }
        }
        Some(run)
    }
}
