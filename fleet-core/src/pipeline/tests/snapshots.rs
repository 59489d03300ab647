//! Invariant 9: results depend neither on when snapshots are taken nor on where a run crashes.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    crashes::{Slow, arrive, run},
    model::{CARS, Reading, Records, graph},
    simulation::{Dice, plain},
};
use crate::{
    contracts::{
        Decode, MemoryStore,
        checkpoint::{CheckpointStore, Counts},
        decode::{Entry, Typed},
        source::Batch,
    },
    data::{ErrorKind, Offset, Partition},
    engine::{
        order::Order,
        task::{CommitKind, Inline, Plan, Task},
    },
    pipeline::{Ending, EpochLimits, ExactlyOnce, Pipeline, Snapshots},
    planted::{Bug, plant},
    testing::{Logged, Script},
};

/// Refuses some readings and filters others.
struct Picky {
    refuses: bool,
}

const PICKY: Picky = Picky { refuses: true };

fn is_refused(reading: &Reading) -> bool {
    reading.kmh.is_multiple_of(11)
}

fn is_filtered(reading: &Reading) -> bool {
    reading.kmh.is_multiple_of(13)
}

impl Decode<Records> for Picky {
    type Event = Reading;
    fn decode(&self, payload: Records, entry: &mut Entry<'_, Reading>) {
        for (at, record) in payload {
            let Logged::Event(reading) = record else {
                continue;
            };
            match reading {
                refused if self.refuses && is_refused(&refused) => {
                    entry.malformed(at, b"raw", "a multiple of 11");
                }
                left_out if is_filtered(&left_out) => entry.filtered(at),
                taken => entry.row(at, taken),
            }
        }
    }
}

type Run<D> = Pipeline<Slow, D, MemoryStore, ExactlyOnce>;

fn pipeline<D: Decode<Records, Event = Reading>>(
    decode: D,
    rows: &Arc<Vec<Reading>>,
    script: Vec<Script>,
    store: &MemoryStore,
) -> Run<D> {
    let (graph, streams) = graph();
    let source = Slow::new(rows, script);
    let run = Pipeline::exactly_once(source, decode, Order::default(), graph, store.clone());
    streams
        .stored(run, |name| store.table(name))
        .store("readings", streams.readings, store.table("readings"))
        .tally("cars", streams.readings, |row: &Reading| CARS[row.car])
}

/// Runs one seed, and returns its failure as an error.
async fn holds(seed: u64) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let rows = arrive(&mut dice);
    let store = MemoryStore::default();
    let report = run(&mut dice, |script| pipeline(PICKY, &rows, script, &store)).await;
    let good = |row: &&Reading| !is_refused(row) && !is_filtered(row);
    let mut unique: Vec<_> = rows.iter().filter(good).copied().collect();
    let good = unique.len();
    unique.sort_unstable();
    unique.dedup();
    let refused = rows.iter().filter(|row| is_refused(row)).count();
    let counts = Counts {
        read: rows.len() as u64,
        accepted: unique.len() as u64,
        filtered: (rows.len() - good - refused) as u64,
        dead_lettered: refused as u64,
        late: 0,
        duplicate: (good - unique.len()) as u64,
    };
    if report.counts != counts {
        return Err(format!("seed {seed}: {:?}, not {counts:?}", report.counts));
    }
    let dead = store.dead_letters().into_iter();
    let dead: Vec<_> = dead.map(|(_, letter)| letter.offset.0 as usize).collect();
    let refused = (0..rows.len()).filter(|place| is_refused(&rows[*place]));
    if dead != refused.collect::<Vec<_>>() {
        return Err(format!("seed {seed}: the dead letters differ"));
    }
    for (car, name) in CARS.into_iter().enumerate() {
        let own = unique.iter().filter(|row| row.car == car).count() as u64;
        if report.tally("cars", name) != own {
            return Err(format!("seed {seed}: the tallies differ"));
        }
    }
    let stored = store.rows().into_iter();
    let stored: BTreeMap<_, _> = stored
        .map(|(name, rows)| (name.to_string(), rows))
        .collect();
    (stored == plain(&unique) && report.balances())
        .then_some(())
        .ok_or_else(|| format!("seed {seed}: the rows differ"))
}

fn holds_for(seeds: std::ops::Range<u64>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        for seed in seeds {
            holds(seed).await?;
        }
        Ok(())
    })
}

#[test]
fn prop_any_snapshots_and_crashes_give_the_same_rows_counts_and_dead_letters() {
    holds_for(0..200).unwrap();
}

fn is_caught(bug: Bug) {
    plant(Some(bug));
    let outcome = holds_for(0..50);
    plant(None);
    println!(
        "{bug:?}: {}",
        outcome.expect_err("the property holds in spite of the bug")
    );
}

#[test]
fn results_of_a_replay_that_are_kept_are_caught() {
    is_caught(Bug::ReplayIsHeard);
}

#[test]
fn a_batch_that_is_not_split_at_the_position_is_caught() {
    is_caught(Bug::ReplayTakesWholeBatches);
}

fn plan() -> Plan<Reading> {
    let (graph, _) = graph();
    Plan {
        name: "test".into(),
        reading: String::new(),
        order: Order::default(),
        by_arrival: false,
        graph,
        outlets: Vec::new(),
        tallies: Vec::new(),
        keys: crate::engine::task::KeyLimits::default(),
        isolate: false,
        clock: None,
    }
}

fn batch(rows: &[Reading], next: u64) -> Batch<Records> {
    let first = next - rows.len() as u64;
    let offsets = (first..).map(Offset);
    Batch {
        partition: Partition::new("p"),
        next: Offset(next),
        time: None,
        mark: None,
        payload: offsets
            .zip(rows.iter().copied().map(Logged::Event))
            .collect(),
    }
}

#[tokio::test]
async fn a_commit_without_snapshot_writes_one_note_and_no_state() {
    let (plan, store) = (plan(), MemoryStore::default());
    let partition = Partition::new("p");
    let claim = store.clone().claim(&partition).await.unwrap();
    let mut task = Task::restore(&plan, &partition, claim, 2).unwrap();
    let rows = arrive(&mut Dice::new(1));
    let mut entries = Vec::new();
    for (keep, next) in [
        (CommitKind::PositionOnly, 40),
        (CommitKind::PositionOnly, 80),
        (CommitKind::PositionOnly, 120),
        (CommitKind::Snapshot, 160),
    ] {
        let rows = &rows[next as usize - 40..next as usize];
        let batch = batch(rows, next);
        super::take(&mut task, &plan, &Typed::default(), batch).unwrap();
        let piece = task.seal(&plan, &Inline, keep).unwrap();
        entries.push(piece.sealed.saved.len());
    }
    // The first commit is a snapshot, because there is none to replay from. The last one deletes
    // the entry of the last snapshot.
    assert!(entries[0] > CARS.len(), "{entries:?}");
    assert_eq!(entries[1..3], [1, 1]);
    assert!(entries[3] > CARS.len(), "{entries:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stop_leaves_nothing_to_read_again() {
    let (store, rows) = (MemoryStore::default(), arrive(&mut Dice::new(2)));
    let script = [vec![Script::Rows(10); 9], vec![Script::Idle; 9_000]].concat();
    let stop = tokio::time::sleep(Duration::from_secs(2));
    let report = pipeline(PICKY, &rows, script, &store)
        .snapshots(Snapshots::Every(Duration::MAX))
        .run_until(stop)
        .await
        .unwrap();
    assert_eq!((report.ending, report.read_now), (Ending::Stopped, 90));
    let partition = Partition::new("memory/0");
    let claim = store.clone().claim(&partition).await.unwrap();
    let task = Task::restore(&plan(), &partition, claim, 1).unwrap();
    assert_eq!(task.start(), Some(Offset(90).into()));
}

/// A run that crashes with `committed` rows in the store, and a snapshot of only the first ten.
async fn cut_at(committed: usize, rows: &Arc<Vec<Reading>>, store: &MemoryStore) {
    let hour = Script::Stall(Duration::from_secs(3600));
    let script = [vec![Script::Rows(10); committed / 10], vec![hour]].concat();
    let limits = EpochLimits {
        records: 1,
        ..EpochLimits::default()
    };
    let run = pipeline(PICKY, rows, script, store)
        .epochs(limits)
        .snapshots(Snapshots::Every(Duration::MAX))
        .run();
    let crash = tokio::time::timeout(Duration::from_secs(60), run);
    crash.await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_stays_one_though_it_may_be_readable_now() {
    let (store, rows) = (MemoryStore::default(), arrive(&mut Dice::new(3)));
    cut_at(50, &rows, &store).await;
    let before = store.dead_letters().len();
    assert!(before > 2);
    // The decoder can read them now, but what is committed does not change.
    let learnt = Picky { refuses: false };
    let run = pipeline(learnt, &rows, Vec::new(), &store).run();
    let report = run.await.unwrap();
    assert_eq!(store.dead_letters().len(), before);
    assert_eq!(report.counts.dead_lettered, before as u64);
    let rows = rows.iter().enumerate();
    let taken = rows.filter(|(place, row)| (*place >= 50 || !is_refused(row)) && !is_filtered(row));
    let taken = taken.map(|(_, row)| *row);
    let mut unique: Vec<_> = taken.collect();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(store.rows()["readings"].len(), unique.len());
}

#[tokio::test(start_paused = true)]
async fn an_input_that_was_cut_before_the_position_is_refused() {
    let (store, rows) = (MemoryStore::default(), arrive(&mut Dice::new(4)));
    cut_at(50, &rows, &store).await;
    let shorter = Arc::new(rows[..30].to_vec());
    let error = pipeline(PICKY, &shorter, Vec::new(), &store)
        .run()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source);
    assert!(error.to_string().contains("ended at offset 30"), "{error}");
    // With the complete input, it continues.
    pipeline(PICKY, &rows, Vec::new(), &store)
        .run()
        .await
        .unwrap();
}
