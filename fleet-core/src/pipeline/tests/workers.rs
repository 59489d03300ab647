//! Invariant 4: any number of workers gives the same rows, counts and dead letters.

use std::{collections::VecDeque, num::NonZeroUsize, sync::Arc};

use async_trait::async_trait;

use super::{
    model::{BOUND, CARS, Reading, Records, graph},
    simulation::plain,
};
use crate::{
    contracts::{
        MemoryStore, Source,
        decode::Typed,
        source::{Batch, Chunk, OnePartition, Replayable, SourceEvent},
    },
    data::{ErrorKind, Offset, Partition, Position, Result},
    dialect::VehicleOps,
    engine::{graph::Graph, order::Order},
    pipeline::{EpochLimits, ExactlyOnce, Pipeline},
    testing::{Logged, Script, Scripted},
};

const WORKERS: [usize; 4] = [1, 2, 3, 8];

fn workers(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

/// Rows of all cars, each delayed by up to the bound. Every ninth arrives twice.
fn shuffled(seed: u64) -> Arc<Vec<Reading>> {
    let mut rows = Vec::new();
    for number in 0..600u64 {
        let roll = (number + 600 * seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24;
        let row = Reading {
            car: (roll % 4) as usize,
            second: (number / 8) as i64,
            kmh: 60 + (roll >> 8) as u16 % 40,
            id: 0,
        };
        let place = row.second + (roll >> 16) as i64 % (BOUND + 1);
        let times = 1 + usize::from(number % 9 == 0);
        rows.extend(std::iter::repeat_n((place, roll, row), times));
    }
    rows.sort_unstable();
    Arc::new(rows.into_iter().map(|(.., row)| row).collect())
}

fn pipeline<S: Replayable<Payload = Records>>(
    source: S,
    count: usize,
    store: &MemoryStore,
) -> Pipeline<S, Typed<Reading>, MemoryStore, ExactlyOnce> {
    let (graph, streams) = graph();
    let order = Order::default();
    let pipeline = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone())
        .store("readings", streams.readings, store.table("readings"));
    streams
        .stored(pipeline, |name| store.table(name))
        .tally("cars", streams.readings, |row: &Reading| CARS[row.car])
        .epochs(EpochLimits {
            records: 150,
            ..EpochLimits::default()
        })
        .workers(workers(count))
}

fn scripted(rows: &Arc<Vec<Reading>>, script: Vec<Script>) -> Scripted<Reading> {
    Scripted::new("memory/0", Arc::clone(rows), script)
}

/// Checks that the store holds what plain loops compute from the rows.
fn assert_holds(store: &MemoryStore, rows: &[Reading], when: &str) {
    let mut unique = rows.to_vec();
    unique.sort_unstable();
    unique.dedup();
    let stored = store.rows().into_iter();
    let stored = stored.map(|(table, rows)| (table.to_string(), rows));
    assert!(
        plain(&unique) == stored.collect(),
        "{when}: the rows differ"
    );
}

#[tokio::test]
async fn prop_any_number_of_workers_gives_the_same_rows_and_the_same_report() {
    for seed in 0..30 {
        let rows = shuffled(seed);
        let mut one = None;
        for count in WORKERS {
            let store = MemoryStore::default();
            let script = vec![Script::Rows(1 + seed as usize * 3); 40];
            let run = pipeline(scripted(&rows, script), count, &store).run();
            let report = run.await.unwrap();
            assert!(report.balances(), "{report:?}");
            assert_eq!(
                *one.get_or_insert(report.clone()),
                report,
                "{count} workers"
            );
            assert_holds(&store, &rows, &format!("seed {seed}, {count} workers"));
        }
    }
}

/// On a multi-threaded runtime, a commit runs in parallel with the workers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prop_a_runtime_of_several_threads_gives_the_same_rows() {
    for seed in 0..30 {
        let (rows, store) = (shuffled(seed), MemoryStore::default());
        let script = vec![Script::Rows(17); 40];
        let run = pipeline(scripted(&rows, script), 2, &store).run();
        assert!(run.await.unwrap().balances());
        assert_holds(&store, &rows, &format!("seed {seed}"));
    }
}

#[tokio::test]
async fn prop_a_stopped_run_goes_on_with_any_other_number_of_workers() {
    for (seed, before) in (0..).zip(WORKERS) {
        for after in WORKERS {
            let (rows, store) = (shuffled(seed), MemoryStore::default());
            let script = [vec![Script::Rows(20); 17], vec![Script::Crash]].concat();
            let first = pipeline(scripted(&rows, script), before, &store).run();
            assert_eq!(first.await.unwrap_err().kind(), ErrorKind::Source);
            assert!(!store.rows().is_empty(), "something was committed before");
            let second = pipeline(scripted(&rows, Vec::new()), after, &store).run();
            let report = second.await.unwrap();
            assert!(report.read_now < rows.len() as u64, "it went on");
            assert_eq!(report.counts.read, rows.len() as u64);
            assert_holds(&store, &rows, &format!("{before}, then {after} workers"));
        }
    }
}

/// A partition and its remaining batches.
type Feed = (Partition, VecDeque<(Offset, Logged<Reading>)>);

/// A source that reads its partitions in turn, each to its end.
struct Topic {
    feeds: VecDeque<Feed>,
    told: bool,
    unstarted: usize,
}

impl Topic {
    /// Returns a source with one partition per car.
    fn by_car(rows: &[Reading]) -> Self {
        let feed = |car: usize| {
            let own = rows.iter().filter(|row| row.car == car).copied();
            let own = own.map(Logged::Event);
            (
                Partition::new(CARS[car]),
                (0..).map(Offset).zip(own).collect(),
            )
        };
        let feeds = (0..CARS.len()).map(feed).collect();
        let unstarted = CARS.len();
        Self {
            feeds,
            told: false,
            unstarted,
        }
    }
}

#[async_trait]
impl Source for Topic {
    type Payload = Records;

    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        if !std::mem::replace(&mut self.told, true) {
            let all = self.feeds.iter().map(|(partition, _)| partition.clone());
            return Ok(SourceEvent::Assigned(all.collect()));
        }
        if self.unstarted > 0 {
            return std::future::pending().await;
        }
        let Some((partition, mut rows)) = self.feeds.pop_front() else {
            return std::future::pending().await;
        };
        let payload: Vec<_> = rows.drain(..rows.len().min(7)).collect();
        let Some((Offset(last), _)) = payload.last() else {
            return Ok(SourceEvent::End(partition));
        };
        let next = Offset(last + 1);
        self.feeds.push_back((partition.clone(), rows));
        Ok(SourceEvent::Batch(Batch {
            partition,
            time: None,
            mark: None,
            next,
            payload,
        }))
    }

    async fn start(&mut self, _: &Partition, _: Option<&Position>) -> Result<()> {
        self.unstarted -= 1;
        Ok(())
    }
}

impl Replayable for Topic {}

#[tokio::test]
async fn several_partitions_of_one_round_are_kept_apart() {
    let rows = shuffled(7);
    let mut one = None;
    for count in WORKERS {
        let store = MemoryStore::default();
        let run = pipeline(Topic::by_car(&rows), count, &store).run();
        let report = run.await.unwrap();
        assert_eq!(report.positions.len(), CARS.len());
        assert_eq!(
            *one.get_or_insert(report.clone()),
            report,
            "{count} workers"
        );
        assert_holds(&store, &rows, &format!("{count} workers"));
    }
}

/// Returns one chunk of lines, as large as a source of bytes returns at a time.
pub(super) struct Lines(Option<Vec<u8>>, OnePartition);

impl Lines {
    pub(super) fn new(text: Vec<u8>) -> Self {
        Self(Some(text), OnePartition::new("lines"))
    }
}

#[async_trait]
impl Source for Lines {
    type Payload = Chunk;

    async fn next(&mut self) -> Result<SourceEvent<Chunk>> {
        if let Some(assigned) = self.1.ready().await {
            return Ok(assigned);
        }
        let Some(bytes) = self.0.take() else {
            return Ok(self.1.end());
        };
        let next = Offset(bytes.len() as u64);
        let payload = Chunk {
            bytes,
            ..Chunk::default()
        };
        Ok(self.1.batch(next, payload))
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.1.start(partition, at)
    }
}

impl Replayable for Lines {}

#[tokio::test]
async fn dead_letters_stand_in_the_order_of_the_input_whoever_read_them() {
    let line = |number: usize| match (number % 10, number % 7, number % 60) {
        (3, ..) => format!("broken {number}\n"),
        (_, car, second) => format!(
            "{{\"vehicle_id\":\"car-{car}\",\"timestamp\":\"2024-02-15T14:32:{second:02}Z\"}}\n"
        ),
    };
    let text: String = (0..500).map(line).collect();
    let mut one = None;
    for count in WORKERS {
        let store = MemoryStore::default();
        let (graph, _) = Graph::new();
        let source = Lines::new(text.clone().into_bytes());
        let (decode, order) = (VehicleOps::default(), Order::default());
        let run = Pipeline::exactly_once(source, decode, order, graph, store.clone());
        let report = run.workers(workers(count)).run().await.unwrap();
        let dead = store.dead_letters();
        assert_eq!(dead.len(), 50);
        assert!(dead.is_sorted_by_key(|(_, letter)| letter.offset));
        assert_eq!(
            *one.get_or_insert((dead.clone(), report.clone())),
            (dead, report)
        );
    }
}
