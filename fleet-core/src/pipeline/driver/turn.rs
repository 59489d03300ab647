//! One turn of the driver's loop: waits for whatever comes first.

use std::future::pending;

use tokio::{
    task::yield_now,
    time::{Instant, sleep_until},
};

use super::{
    super::{claims::Claimed, observe::RetriedOperation},
    Driver, Polled,
};
use crate::{
    contracts::{Decode, Source, checkpoint::CheckpointStore, source::SourceEvent},
    data::Result,
    engine::committer::CommittedEpoch,
    event::Event,
};

/// What the driver has to handle next.
pub(super) enum Turn<P, E: Event> {
    /// A stop was requested.
    Stop,
    /// The open epoch is due.
    Seal,
    /// The running commit is done.
    Committed(CommittedEpoch),
    /// A tick is due.
    Tick,
    /// It is time to look for keys that have fallen silent.
    Silence,
    /// A partition is claimed and restored, or could not be.
    Claimed(Box<Claimed<E>>),
    /// A restored partition is due to be started.
    Start,
    /// The source has reported an event.
    Source(SourceEvent<P>),
}

impl<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore> Driver<Src, D, S> {
    /// Waits for the source, the end of the epoch, the end of a commit, a tick, or the stop.
    pub(super) async fn turn(&mut self) -> Result<Turn<Src::Payload, D::Event>> {
        // A source that is always ready would otherwise starve timers and signals.
        yield_now().await;
        let committing = self.commit.is_running();
        let full = self.is_full();
        // `None` if the interval overflows: then only the other limits close the epoch.
        let due = self
            .epoch
            .opened
            .and_then(|opened| opened.checked_add(self.limits.interval))
            .filter(|_| !committing);
        if !committing && (full || self.epoch.closing)
            || due.is_some_and(|due| due <= Instant::now())
        {
            return Ok(Turn::Seal);
        }
        if full {
            self.pause();
        } else {
            self.resume();
        }
        // A batch that is held back counts as unread, so time must not pass it.
        let tick = self.ticker.due().filter(|_| self.upcoming.is_none());
        let silence = self.silences.due();
        loop {
            // The source may have taken a partition back already, in an event that was polled
            // early.
            let is_first = matches!(self.upcoming, None | Some(Ok(SourceEvent::Batch(_))));
            let start = self.starting.iter().map(|starting| starting.due).min();
            let start = start.filter(|_| is_first);
            let retry_at = self.source_retry.as_ref().map(|(until, _)| *until);
            let polled = tokio::select! {
                biased;
                () = self.stop.requested() => return Ok(Turn::Stop),
                committed = self.commit.wait(), if committing => return committed.map(Turn::Committed),
                () = at(due), if due.is_some() => return Ok(Turn::Seal),
                claimed = self.claims.next(), if self.claims.is_busy() => {
                    return claimed.map(Box::new).map(Turn::Claimed);
                }
                () = at(start), if start.is_some() => return Ok(Turn::Start),
                // Before the source, which may always be ready.
                () = at(silence), if silence.is_some() => return Ok(Turn::Silence),
                polled = next(&mut self.source, &mut self.upcoming, retry_at, full) => polled,
                () = at(tick), if tick.is_some() => return Ok(Turn::Tick),
            };
            match polled {
                Ok(event) => {
                    self.source_retry = None;
                    self.observer.source_answered();
                    return Ok(Turn::Source(event));
                }
                Err(error) => {
                    let attempts = self.source_retry.take().map(|(_, attempts)| attempts);
                    let mut attempts = attempts.unwrap_or_else(|| self.retry.attempts());
                    let delay = attempts.delay(RetriedOperation::Read, "the source", error);
                    let delay = delay.inspect_err(|_| self.source_failed = true)?;
                    self.source_retry = Some((Instant::now() + delay, attempts));
                }
            }
        }
    }

    /// Pauses batches while two epochs wait. Other events of the source are still handled.
    fn pause(&mut self) {
        if !std::mem::replace(&mut self.is_pausing, true) {
            self.observer.paused();
        }
        for partition in self.tasks.keys() {
            if !self.paused.contains(partition) {
                self.source.pause(partition);
                self.paused.insert(partition.clone());
            }
        }
    }

    /// Resumes batches.
    fn resume(&mut self) {
        if std::mem::take(&mut self.is_pausing) {
            self.observer.resumed();
        }
        for partition in std::mem::take(&mut self.paused) {
            if self.tasks.contains_key(&partition) {
                self.source.resume(&partition);
            }
        }
    }
}

/// Waits until `due`, or forever if there is none.
async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}

/// Polls the source, but returns no batch while `full`. Cancel-safe, as the source is by contract.
async fn next<Src: Source>(
    source: &mut Src,
    upcoming: &mut Option<Polled<Src>>,
    retry_at: Option<Instant>,
    full: bool,
) -> Polled<Src> {
    if upcoming.is_none() {
        if let Some(until) = retry_at {
            sleep_until(until).await;
        }
        *upcoming = Some(source.next().await);
    }
    match upcoming {
        // The source ignored the pause: hold its batch, and do not poll again until there is room.
        Some(Ok(SourceEvent::Batch(_))) if full => pending().await,
        _ => match upcoming.take() {
            Some(polled) => polled,
            None => pending().await,
        },
    }
}
