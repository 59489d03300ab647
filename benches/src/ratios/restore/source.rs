//! A source of a quiet partition, beside which a partition with many keys is assigned.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use fleet_core::{
    EventTime, Offset, Partition, Result, Source, VehicleId,
    event::Telemetry,
    source::{Batch, Position, Replayable, RevokeGuard, SourceEvent},
    units::Speed,
};
use tokio::time::{Instant, sleep_until};

/// The time between two records of the quiet partition.
const PACE: Duration = Duration::from_millis(1);

/// How long the quiet partition is alone, before and after.
const ALONE: Duration = Duration::from_secs(1);

/// The time that a revoke gives.
pub(super) const WITHIN: Duration = Duration::from_secs(2);

/// What happened when.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// The commits of the quiet partition.
    pub(super) commits: Vec<Instant>,
    /// When the large partition was assigned.
    pub(super) assigned: Option<Instant>,
    /// When it was restored, so that it could be read.
    pub(super) started: Option<Instant>,
    pub(super) revoked: Option<Instant>,
    pub(super) released: Option<Instant>,
}

/// A record a millisecond of one vehicle, until one second after the large partition has started or
/// was released.
pub(super) struct Beside {
    seen: Arc<Mutex<Seen>>,
    quiet: Partition,
    large: Partition,
    /// How long after its assignment the large partition is revoked; `None` for never.
    revoke: Option<Duration>,
    /// When the quiet partition was assigned, started, and ended; and its next record.
    first: Option<Instant>,
    due: Option<Instant>,
    offset: u64,
    closed: bool,
}

impl Beside {
    pub(super) fn new(large: &str, revoke: Option<Duration>, seen: &Arc<Mutex<Seen>>) -> Self {
        Self {
            seen: Arc::clone(seen),
            quiet: Partition::new("bench/quiet"),
            large: Partition::new(large),
            revoke,
            first: None,
            due: None,
            offset: 0,
            closed: false,
        }
    }

    /// Returns what is due besides records.
    fn turn(&mut self, now: Instant) -> Option<SourceEvent<Vec<(Offset, Telemetry)>>> {
        let Some(first) = self.first else {
            self.first = Some(now);
            return Some(SourceEvent::Assigned(vec![self.quiet.clone()]));
        };
        let mut seen = self.seen.lock().unwrap();
        let Some(assigned) = seen.assigned else {
            return (now > first + ALONE).then(|| {
                seen.assigned = Some(now);
                SourceEvent::Assigned(vec![self.large.clone()])
            });
        };
        if let Some(after) = self.revoke
            && seen.revoked.is_none()
            && seen.started.is_none()
            && now > assigned + after
        {
            seen.revoked = Some(now);
            let released = Arc::clone(&self.seen);
            return Some(SourceEvent::Revoking {
                partitions: vec![self.large.clone()],
                within: WITHIN,
                done: RevokeGuard::new(move || {
                    released.lock().unwrap().released = Some(Instant::now());
                }),
            });
        }
        let over = seen.released.or(seen.started)?;
        if now < over + ALONE {
            return None;
        }
        if !self.closed {
            self.closed = true;
            return Some(SourceEvent::Closed(self.quiet.clone()));
        }
        Some(SourceEvent::Closed(self.large.clone()))
    }
}

#[async_trait]
impl Source for Beside {
    type Payload = Vec<(Offset, Telemetry)>;

    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        loop {
            if let Some(event) = self.turn(Instant::now()) {
                return Ok(event);
            }
            let due = *self.due.get_or_insert_with(|| Instant::now() + PACE);
            sleep_until(due).await;
            self.due = None;
            if self.closed {
                continue;
            }
            let at = Offset(self.offset);
            self.offset += 1;
            // Every other record is too fast, so every commit has alerts.
            let speed = Speed::from_kmh(if at.0.is_multiple_of(2) { 50.0 } else { 120.0 });
            let time = EventTime::from_micros(1_700_000_000_000_000 + at.0.cast_signed() * 1_000);
            let event = Telemetry::new(VehicleId::new("quiet").unwrap(), time).with_speed(speed);
            let (quiet, next) = (self.quiet.clone(), Offset(self.offset));
            return Ok(SourceEvent::Batch(Batch::new(
                quiet,
                next,
                vec![(at, event)],
            )));
        }
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        if *partition == self.large {
            self.seen.lock().unwrap().started = Some(Instant::now());
        } else {
            self.offset = at.map_or(0, |at| at.next.0);
        }
        Ok(())
    }

    async fn committed(&mut self, partition: &Partition, _: &Position) -> Result<()> {
        if *partition == self.quiet {
            self.seen.lock().unwrap().commits.push(Instant::now());
        }
        Ok(())
    }
}

impl Replayable for Beside {}
