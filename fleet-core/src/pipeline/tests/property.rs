//! Invariant 4: any batching, crash, duplication, or shuffle within the bound gives the same rows.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::model::{BOUND, CARS, Reading, graph, plain};
use crate::{
    Error, MemoryStore, Order, Pipeline,
    checkpoint::Counts,
    decode::Typed,
    pipeline::{EpochLimits, Retry},
    planted::{Bug, plant},
    testing::{CommitFault, FaultyStore, Script, Scripted},
};

/// `SplitMix64` (Steele, Lea, Flood 2014): a whole run is one number.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// Rows of four cars: two a second each, so that every row has a tie; some seconds are left out, so that
/// bursts end and windows stay empty.
fn drive(dice: &mut Dice) -> Vec<Reading> {
    let mut rows = Vec::new();
    for second in 0..40 {
        for car in 0..CARS.len() {
            for _ in 0..dice.roll(4).saturating_sub(1) {
                rows.push(Reading {
                    car,
                    second,
                    kmh: 60 + dice.roll(40) as u16,
                });
            }
        }
    }
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// The rows as they arrive: each delayed by up to the bound, the bound itself included; some come twice.
fn arrive(rows: &[Reading], dice: &mut Dice) -> Vec<Reading> {
    let mut mixed: Vec<((i64, u64), Reading)> = Vec::new();
    for row in rows {
        for _ in 0..=u64::from(dice.roll(10) == 0) {
            let delay = [0, BOUND, dice.roll(BOUND as u64 + 1) as i64][dice.roll(3) as usize];
            mixed.push(((row.second + delay, dice.roll(1 << 30)), *row));
        }
    }
    mixed.sort_unstable_by_key(|(place, _)| *place);
    mixed.into_iter().map(|(_, row)| row).collect()
}

async fn run(
    rows: &Arc<Vec<Reading>>,
    bound: i64,
    store: &MemoryStore,
    faults: Vec<CommitFault>,
    dice: &mut Dice,
) -> Result<Counts, Error> {
    let (graph, streams) = graph();
    let script: Vec<_> = (0..rows.len())
        .map(|_| match dice.roll(32) {
            0..4 => Script::Idle,
            4 => Script::Revoke,
            5 => Script::Lost,
            _ => Script::Rows(1 + dice.roll(40) as usize),
        })
        .collect();
    let source = Scripted::new("memory/0", Arc::clone(rows), script);
    let order = Order::within(Duration::from_secs(bound.unsigned_abs()));
    let faulty = FaultyStore::new(store.clone(), faults);
    let limits = EpochLimits {
        rows: 1 + dice.roll(60),
        ..EpochLimits::default()
    };
    let retry = Retry {
        times: 8,
        first: Duration::from_nanos(1),
        longest: Duration::from_nanos(1),
    };
    let pipeline = Pipeline::exactly_once(source, Typed::default(), order, graph, faulty);
    let report = streams
        .stored(pipeline, store)
        .epochs(limits)
        .retry(retry)
        .run()
        .await?;
    assert!(report.balances(), "{report:?}");
    Ok(report.counts)
}

/// One seed; `Err` says what is wrong with it.
async fn holds(seed: u64, seen: &mut BTreeMap<String, u64>) -> Result<(), String> {
    let mut dice = Dice(seed);
    let rows = drive(&mut dice);
    let truth = plain(&rows);
    let arrived = Arc::new(arrive(&rows, &mut dice));
    let store = MemoryStore::default();
    let mut counts = None;
    for attempt in 0..8 {
        // The last attempts are let through.
        let faults: Vec<_> = (0..6)
            .map(|_| {
                CommitFault::ALL[dice.roll(if attempt < 6 {
                    CommitFault::ALL.len() as u64
                } else {
                    1
                }) as usize]
            })
            .collect();
        for fault in &faults {
            *seen.entry(format!("{fault:?}")).or_default() += 1;
        }
        match run(&arrived, BOUND, &store, faults, &mut dice).await {
            Ok(done) => {
                counts = Some(done);
                break;
            }
            Err(error) if error.to_string().contains("crash") => {}
            Err(error) => return Err(format!("seed {seed}: {error}")),
        }
    }
    let counts = counts.ok_or_else(|| format!("seed {seed}: never came through"))?;
    let duplicate = (arrived.len() - rows.len()) as u64;
    let expected = Counts {
        read: arrived.len() as u64,
        accepted: rows.len() as u64,
        duplicate,
        ..Counts::default()
    };
    if counts != expected {
        return Err(format!("seed {seed}: {counts:?} instead of {expected:?}"));
    }
    let stored: BTreeMap<String, Vec<String>> = store
        .rows()
        .into_iter()
        .map(|(table, rows)| (table.to_string(), rows))
        .collect();
    if stored == truth {
        Ok(())
    } else {
        Err(format!("seed {seed}: the rows differ"))
    }
}

/// The outcome over many seeds, stopping at the first that fails.
fn holds_for(seeds: std::ops::Range<u64>) -> Result<BTreeMap<String, u64>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut seen = BTreeMap::new();
        for seed in seeds {
            holds(seed, &mut seen).await?;
        }
        Ok(seen)
    })
}

#[test]
fn prop_any_order_batching_duplication_and_crash_gives_the_same_rows() {
    let seen = holds_for(0..2_000).unwrap();
    println!("2000 seeds, faults planned: {seen:?}");
    assert_eq!(seen.len(), CommitFault::ALL.len(), "every fault occurs");
}

/// With a bound of 0 the order of arrival counts, so only batching and faults may vary.
#[tokio::test]
async fn prop_a_bound_of_zero_gives_the_rows_of_one_batch_in_any_other() {
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let mut rows = drive(&mut dice);
        rows.extend_from_within(..rows.len() / 9);
        rows.sort_by_key(|row| (row.second, row.kmh % 7));
        let rows = Arc::new(rows);
        let truth = MemoryStore::default();
        let source = [Script::Rows(rows.len())];
        let counts = once(&rows, &source, &truth).await.unwrap();
        let store = MemoryStore::default();
        for attempt in 0.. {
            let sides = if attempt < 6 {
                CommitFault::ALL.len() as u64
            } else {
                1
            };
            let faults = (0..6)
                .map(|_| CommitFault::ALL[dice.roll(sides) as usize])
                .collect();
            if let Ok(done) = run(&rows, 0, &store, faults, &mut dice).await {
                assert_eq!(done, counts, "seed {seed}");
                break;
            }
        }
        assert!(store.rows() == truth.rows(), "seed {seed}: the rows differ");
    }
}

/// One run without faults, with a bound of 0.
async fn once(
    rows: &Arc<Vec<Reading>>,
    script: &[Script],
    store: &MemoryStore,
) -> Result<Counts, Error> {
    let (graph, streams) = graph();
    let source = Scripted::new("memory/0", Arc::clone(rows), script.iter().copied());
    let order = Order::within(Duration::ZERO);
    let pipeline = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone());
    Ok(streams.stored(pipeline, store).run().await?.counts)
}

#[test]
#[ignore = "long: cargo xtask soak"]
fn soak_any_order_batching_duplication_and_crash_gives_the_same_rows() {
    println!(
        "200000 seeds, faults planned: {:?}",
        holds_for(2_000..202_000).unwrap()
    );
}

fn is_caught(bug: Bug) {
    plant(Some(bug));
    let outcome = holds_for(0..200);
    plant(None);
    let failure = outcome.expect_err("the property holds in spite of the bug");
    println!("{bug:?}: {failure}");
}

#[test]
fn a_buffer_that_is_not_in_the_snapshot_is_caught() {
    is_caught(Bug::BufferNotInSnapshot);
}

#[test]
fn a_release_at_the_clock_is_caught() {
    is_caught(Bug::ReleaseAtClock);
}

#[test]
fn a_tie_by_offset_is_caught() {
    is_caught(Bug::TieByOffset);
}

#[test]
fn a_timer_after_its_row_is_caught() {
    is_caught(Bug::TimerAfterRow);
}

#[test]
fn a_fence_without_number_is_caught() {
    is_caught(Bug::FenceWithoutNumber);
}
