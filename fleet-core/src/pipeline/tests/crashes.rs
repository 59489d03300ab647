//! Inputs that arrive out of order, and runs that crash, with random batches, epochs, snapshots and
//! workers.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{
    model::{BOUND, Reading, Records},
    simulation::Dice,
};
use crate::{
    contracts::{
        Decode, MemoryStore, Source,
        source::{Replayable, SourceEvent},
    },
    data::{ErrorKind, Partition, Position, Result},
    pipeline::{EpochLimits, ExactlyOnce, Pipeline, Report, Snapshots},
    testing::{Script, Scripted},
};

/// The most crashes of a run.
const CRASHES: usize = 6;

/// A source each of whose calls takes a millisecond, so that intervals elapse.
pub(super) struct Slow(Scripted<Reading>);

impl Slow {
    pub(super) fn new(rows: &Arc<Vec<Reading>>, script: Vec<Script>) -> Self {
        Self(Scripted::new("memory/0", Arc::clone(rows), script))
    }
}

impl Replayable for Slow {}

#[async_trait]
impl Source for Slow {
    type Payload = Records;
    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        tokio::time::advance(Duration::from_millis(1)).await;
        self.0.next().await
    }
    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.0.start(partition, at).await
    }
}

/// Rows of four cars, four per second, as they [arrive](delayed).
pub(super) fn arrive(dice: &mut Dice) -> Arc<Vec<Reading>> {
    let rows = (0..160).map(|number| reading(number / 4, dice));
    delayed(&rows.collect::<Vec<_>>(), dice)
}

/// Returns the reading of a car in this second.
pub(super) fn reading(second: i64, dice: &mut Dice) -> Reading {
    Reading {
        car: dice.roll(4) as usize,
        second,
        kmh: 60 + dice.roll(40) as u16,
        id: 0,
    }
}

/// Delays each row by up to the bound. Some arrive twice.
pub(super) fn delayed(rows: &[Reading], dice: &mut Dice) -> Arc<Vec<Reading>> {
    let mut arriving = Vec::new();
    for row in rows {
        let place = row.second + dice.roll(BOUND as u64 + 1) as i64;
        let times = 1 + usize::from(dice.once_in(9));
        arriving.extend(std::iter::repeat_n(
            (place, dice.roll(1 << 30), *row),
            times,
        ));
    }
    arriving.sort_unstable();
    Arc::new(arriving.into_iter().map(|(.., row)| row).collect())
}

/// Runs until the input has ended, through a random number of crashes.
pub(super) async fn run<D: Decode<Records>>(
    dice: &mut Dice,
    pipeline: impl Fn(Vec<Script>) -> Pipeline<Slow, D, MemoryStore, ExactlyOnce>,
) -> Report {
    for attempt in 0.. {
        let mut script: Vec<_> = (0..8 + dice.roll(8))
            .map(|_| match dice.roll(16) {
                0 => Script::Revoke(Duration::from_secs(1)),
                1 => Script::Lost,
                _ => Script::Rows(1 + dice.roll(30) as usize),
            })
            .collect();
        if attempt < CRASHES {
            script.push(Script::Crash);
        }
        let snapshots = match dice.roll(4) {
            0 => Snapshots::EveryCommit,
            1 => Snapshots::Every(Duration::MAX),
            _ => Snapshots::Every(Duration::from_millis(dice.roll(12))),
        };
        let limits = EpochLimits {
            records: 1 + dice.roll(40),
            ..EpochLimits::default()
        };
        let run = pipeline(script)
            .epochs(limits)
            .snapshots(snapshots)
            .workers((1 + dice.roll(3) as usize).try_into().unwrap())
            .run();
        match run.await {
            Ok(report) => return report,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Source, "{error}"),
        }
    }
    unreachable!("the last attempt is let through");
}
