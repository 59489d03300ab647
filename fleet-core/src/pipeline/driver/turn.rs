use std::future::pending;

use tokio::{
    task::yield_now,
    time::{Instant, sleep_until},
};

use super::{super::observe::Stage, Driver, Said};
use crate::{
    contracts::{Decode, Source, checkpoint::CheckpointStore, source::SourceEvent},
    data::Result,
    engine::committer::Landed,
};

/// What a turn of the loop begins with.
pub(super) enum Turn<P> {
    Stop,
    /// An epoch is due.
    Seal,
    /// An epoch is committed.
    Landed(Landed),
    /// Time goes on without a row.
    Tick,
    Source(SourceEvent<P>),
}

impl<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore> Driver<Src, D, S> {
    /// Waits for the source, the epoch's end, the end of a commit, or the stop.
    pub(super) async fn turn(&mut self) -> Result<Turn<Src::Payload>> {
        // A source that never waits would otherwise keep timers and signals from being heard.
        yield_now().await;
        let away = self.flight.is_away();
        let full = self.is_full();
        // No interval at all: the other limits close the epoch.
        let due = self
            .epoch
            .opened
            .and_then(|opened| opened.checked_add(self.limits.interval))
            .filter(|_| !away);
        if !away && (full || self.epoch.closing) || due.is_some_and(|due| due <= Instant::now()) {
            return Ok(Turn::Seal);
        }
        if full {
            self.pause();
        } else {
            self.resume();
        }
        // A batch that has to wait is not read yet.
        let tick = self.ticker.due().filter(|_| self.upcoming.is_none());
        loop {
            let rests_until = self.source_rests.as_ref().map(|(until, _)| *until);
            let said = tokio::select! {
                biased;
                () = self.stop.requested() => return Ok(Turn::Stop),
                landed = self.flight.land(), if away => return landed.map(Turn::Landed),
                () = at(due), if due.is_some() => return Ok(Turn::Seal),
                said = next(&mut self.source, &mut self.upcoming, rests_until, full) => said,
                () = at(tick), if tick.is_some() => return Ok(Turn::Tick),
            };
            match said {
                Ok(event) => {
                    self.source_rests = None;
                    self.patience.seen.heard();
                    return Ok(Turn::Source(event));
                }
                Err(fault) => {
                    let tries = self.source_rests.take().map(|(_, tries)| tries);
                    let mut tries = tries.unwrap_or_else(|| self.patience.tries());
                    let delay = tries.delay(Stage::Read, "the source", fault)?;
                    self.source_rests = Some((Instant::now() + delay, tries));
                }
            }
        }
    }

    /// Lets no more batches come while two epochs wait; the source is heard all the same.
    fn pause(&mut self) {
        for partition in self.tasks.keys() {
            if !self.paused.contains(partition) {
                self.source.pause(partition);
                self.paused.insert(partition.clone());
            }
        }
    }

    /// Lets batches come again.
    fn resume(&mut self) {
        for partition in std::mem::take(&mut self.paused) {
            if self.tasks.contains_key(&partition) {
                self.source.resume(&partition);
            }
        }
    }
}

/// Waits until then; without a time, for ever.
async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}

/// What the source says next, but no batch while `full`. Cancel-safe, as the source is by contract.
async fn next<Src: Source>(
    source: &mut Src,
    upcoming: &mut Option<Said<Src>>,
    rests_until: Option<Instant>,
    full: bool,
) -> Said<Src> {
    if upcoming.is_none() {
        if let Some(until) = rests_until {
            sleep_until(until).await;
        }
        *upcoming = Some(source.next().await);
    }
    match upcoming {
        // A source that cannot pause is not asked any more until there is room.
        Some(Ok(SourceEvent::Batch(_))) if full => pending().await,
        _ => match upcoming.take() {
            Some(said) => said,
            None => pending().await,
        },
    }
}
