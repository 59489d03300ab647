//! A source of several logs, each read at its own speed, that come and go.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::Instant;

use crate::{
    contracts::{
        Source,
        source::{Batch, Replayable, RevokeGuard, SourceEvent},
    },
    data::{Error, ErrorKind, Offset, Partition, Position, Result},
    event::Telemetry,
    pipeline::tests::simulation::Dice,
    testing::Logged,
};

pub(super) type Recorded = Logged<Telemetry>;

/// One log, as it outlives processes.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) partition: Partition,
    pub(super) records: Arc<Vec<Recorded>>,
    /// How long after the last record it ends.
    pub(super) silence: Duration,
    /// The longest time between two batches.
    pub(super) pace: Duration,
    /// How long after a start the first batch comes.
    pub(super) delay: Duration,
    /// The oldest record that is still there.
    pub(super) oldest: usize,
}

#[derive(Debug)]
struct State {
    lane: Lane,
    is_ours: bool,
    /// When it is given to us.
    comes: Instant,
    at: Option<usize>,
    paused: bool,
    ended: bool,
    /// When its next batch has arrived.
    ready: Instant,
}

#[derive(Debug)]
pub(super) struct Lanes {
    logs: Vec<State>,
    dice: Dice,
    /// Whether it knows where its logs end.
    pub(super) knows_ends: bool,
    /// How many more times partitions are taken away.
    pub(super) moves: u64,
    told_idle: bool,
}

impl Lanes {
    pub(super) fn new(lanes: &[Lane], dice: Dice) -> Self {
        let now = Instant::now();
        let state = |lane: &Lane| State {
            lane: lane.clone(),
            is_ours: false,
            comes: now,
            at: None,
            paused: false,
            ended: false,
            ready: now,
        };
        Self {
            logs: lanes.iter().map(state).collect(),
            dice,
            knows_ends: true,
            moves: 0,
            told_idle: false,
        }
    }

    fn find(&mut self, partition: &Partition) -> Option<&mut State> {
        let mut lanes = self.logs.iter_mut();
        lanes.find(|state| state.lane.partition == *partition)
    }

    /// Takes some partitions away, to give them back later, each at its own time.
    fn take_away(&mut self) -> Option<SourceEvent<Vec<(Offset, Recorded)>>> {
        if self.moves == 0 || !self.dice.once_in(12) {
            return None;
        }
        let (dice, now) = (&mut self.dice, Instant::now());
        let mut gone = Vec::new();
        for state in self.logs.iter_mut().filter(|state| state.is_ours) {
            if dice.once_in(3) {
                (state.is_ours, state.at, state.ended) = (false, None, false);
                state.comes = now + Duration::from_millis(dice.roll(3000));
                gone.push(state.lane.partition.clone());
            }
        }
        if gone.is_empty() {
            return None;
        }
        self.moves -= 1;
        Some(if self.dice.once_in(2) {
            SourceEvent::Lost(gone)
        } else {
            let within = self.dice.pick(&[Duration::ZERO, Duration::from_secs(1)]);
            let done = RevokeGuard::new(|| {});
            SourceEvent::Revoking {
                partitions: gone,
                within,
                done,
            }
        })
    }

    fn ready(&mut self) -> Option<SourceEvent<Vec<(Offset, Recorded)>>> {
        let now = Instant::now();
        let mut new = Vec::new();
        for state in &mut self.logs {
            if !state.is_ours && now >= state.comes {
                state.is_ours = true;
                new.push(state.lane.partition.clone());
            }
        }
        if !new.is_empty() {
            return Some(SourceEvent::Assigned(new));
        }
        if let Some(gone) = self.take_away() {
            return Some(gone);
        }
        let from = self.dice.roll(self.logs.len() as u64) as usize;
        let count = self.logs.len();
        for place in (from..from + count).map(|place| place % count) {
            let state = &mut self.logs[place];
            let Some(at) = state.at.filter(|_| !state.paused && !state.ended) else {
                continue;
            };
            if now < state.ready {
                continue;
            }
            let left = state.lane.records.len() - at;
            if left == 0 {
                state.ended = true;
                return Some(SourceEvent::End(state.lane.partition.clone()));
            }
            let taken = left.min(1 + self.dice.roll(12) as usize);
            let records = state.lane.records[at..at + taken].iter().cloned();
            let payload = (at as u64..).map(Offset).zip(records).collect();
            state.at = Some(at + taken);
            let pace = if taken == left {
                state.lane.silence
            } else {
                let most = state.lane.pace.as_micros() as u64;
                Duration::from_micros(self.dice.roll(most + 1))
            };
            state.ready = now + pace;
            self.told_idle = false;
            let next = Offset((at + taken) as u64);
            let batch = Batch::new(state.lane.partition.clone(), next, payload);
            return Some(SourceEvent::Batch(batch));
        }
        let caught_up = |state: &State| state.at == Some(state.lane.records.len());
        if self.logs.iter().all(caught_up) && !std::mem::replace(&mut self.told_idle, true) {
            return Some(SourceEvent::Idle);
        }
        None
    }

    /// When something may be ready.
    fn due(&self) -> Option<Instant> {
        let due = self.logs.iter().filter_map(|state| {
            if !state.is_ours {
                return Some(state.comes);
            }
            let reads = state.at.is_some() && !state.paused && !state.ended;
            reads.then_some(state.ready)
        });
        due.min()
    }
}

#[async_trait]
impl Source for Lanes {
    type Payload = Vec<(Offset, Recorded)>;

    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        loop {
            if let Some(event) = self.ready() {
                return Ok(event);
            }
            match self.due() {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        }
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        let Some(state) = self.find(partition) else {
            let message = format!("there is no log named {partition}");
            return Err(Error::new(ErrorKind::Source, message));
        };
        if state.is_ours {
            let oldest = state.lane.oldest;
            let at = at.map_or(oldest, |at| at.next.0 as usize);
            if at < oldest {
                let message = format!("record {at} of {partition} is gone");
                return Err(Error::new(ErrorKind::Source, message));
            }
            state.at = Some(at);
            state.ready = Instant::now() + state.lane.delay;
            if at == state.lane.records.len() {
                state.ready += state.lane.silence;
            }
            (state.paused, state.ended) = (false, false);
            self.told_idle = false;
        }
        Ok(())
    }

    fn pause(&mut self, partition: &Partition) {
        if let Some(state) = self.find(partition) {
            state.paused = true;
        }
    }

    fn resume(&mut self, partition: &Partition) {
        if let Some(state) = self.find(partition) {
            state.paused = false;
        }
    }

    fn end(&self, partition: &Partition) -> Option<Offset> {
        let mut lanes = self.logs.iter();
        let state = lanes.find(|state| state.lane.partition == *partition)?;
        self.knows_ends
            .then_some(Offset(state.lane.records.len() as u64))
    }

    fn position(&self, partition: &Partition) -> Option<Offset> {
        let mut lanes = self.logs.iter();
        let state = lanes.find(|state| state.lane.partition == *partition)?;
        state.at.map(|at| Offset(at as u64))
    }

    fn in_group(&self) -> bool {
        true
    }

    fn fenced(&mut self, partition: &Partition) {
        if let Some(state) = self.find(partition) {
            (state.is_ours, state.at, state.ended) = (false, None, false);
            state.comes = Instant::now();
        }
    }
}

impl Replayable for Lanes {}
