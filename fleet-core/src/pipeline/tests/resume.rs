//! Restarts from states that were saved under another description, which the operator accepts.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::model::{CARS, Reading};
use crate::{
    contracts::{
        MemoryStore, Operator,
        checkpoint::CheckpointStore,
        decode::Typed,
        operator::{Cx, Keep, Resume},
    },
    data::{ErrorKind, EventTime, Partition, Result},
    engine::{graph::Graph, order::Order},
    pipeline::{EpochLimits, ExactlyOnce, Pipeline, Report, Snapshots},
    rows::Row,
    testing::{Fault, Faults, FaultyStore, Operation, Script, Scripted},
};

/// Added to each sum by the change of its unit.
const ADAPTED: u64 = 1_000_000;
/// Set in each sum that a replay may have changed.
const REPLAYED: u64 = 1 << 40;

/// Sums the speeds of each car, in a unit. Panics over some of them, after it has added them; or,
/// if it waits for the end of a car, over one car.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sum {
    unit: &'static str,
    panics: bool,
    timer: bool,
}

const fn sum(unit: &'static str, panics: bool) -> Sum {
    let timer = false;
    Sum {
        unit,
        panics,
        timer,
    }
}

fn is_culprit(kmh: u16) -> bool {
    kmh % 17 == 3
}

impl Operator for Sum {
    type In = Reading;
    type Out = u64;
    type State = u64;
    fn structure(&self) -> String {
        self.unit.into()
    }
    fn resume(&self, saved: &str) -> Option<Resume<u64>> {
        match (saved, self.unit) {
            ("m", "km") => {
                let resume = Resume::adapting(|sum| *sum += ADAPTED);
                Some(resume.after_replay(|sum| *sum |= REPLAYED))
            }
            _ => (saved == self.unit).then(Resume::unchanged),
        }
    }
    fn init(&self) -> u64 {
        0
    }
    fn on_row(&self, sum: &mut u64, row: &Row<Reading>, cx: &mut Cx<'_, u64>) {
        *sum += u64::from(row.value.kmh);
        if self.timer {
            cx.wake_at(cx.now() + Duration::from_secs(1000));
        } else {
            cx.emit(*sum);
        }
        let panics = self.panics && !self.timer && is_culprit(row.value.kmh);
        assert!(!panics, "cannot add {}", row.value.kmh);
    }
    fn on_timer(&self, sum: &mut u64, _: EventTime, cx: &mut Cx<'_, u64>) -> Keep {
        let panics = self.panics && cx.key() == CARS[1];
        assert!(!panics, "cannot end {}", cx.key());
        cx.emit(*sum);
        Keep::Nothing
    }
}

fn rows() -> Arc<Vec<Reading>> {
    let row = |number: u16| Reading {
        car: usize::from(number * 7 % 4),
        second: number.into(),
        kmh: 10 + number,
        id: 0,
    };
    Arc::new((0..72).map(row).collect())
}

#[derive(Clone, Copy, Debug)]
struct Setup {
    snapshots: Snapshots,
    isolates: bool,
    workers: usize,
}

type Run = Pipeline<Scripted<Reading>, Typed<Reading>, FaultyStore<MemoryStore>, ExactlyOnce>;

fn pipeline(input: Input<'_>, logic: Sum, faults: &Faults, store: &MemoryStore) -> Run {
    let (mut graph, readings) = Graph::new();
    let sums = graph.apply("sums", readings, logic);
    pipeline_of(graph, input, faults, store).store("sums", sums, store.table("sums"))
}

/// Rows, and how many of them are in a batch.
type Input<'a> = (&'a Arc<Vec<Reading>>, usize);

fn pipeline_of(
    graph: Graph<Reading>,
    (rows, batch): Input<'_>,
    faults: &Faults,
    store: &MemoryStore,
) -> Run {
    let script = vec![Script::Rows(batch); rows.len() / batch];
    let source = Scripted::new("p", Arc::clone(rows), script);
    let order = Order::within(Duration::ZERO);
    let faulty = FaultyStore::new(store.clone(), faults);
    let limits = EpochLimits {
        records: 1,
        ..EpochLimits::default()
    };
    Pipeline::exactly_once(source, Typed::default(), order, graph, faulty).epochs(limits)
}

/// Runs until the end or the crash after this commit, and returns how far the store came.
async fn run(
    unit: &'static str,
    setup: Setup,
    (batch, crash): (usize, Option<u64>),
    store: &MemoryStore,
) -> Reached {
    let faults = crash.map_or_else(Faults::none, |commit| {
        Faults::at([(Operation::Commit, commit, Fault::CrashAfter)])
    });
    let workers = setup.workers.try_into().unwrap();
    let logic = sum(unit, setup.isolates);
    let mut pipeline = pipeline((&rows(), batch), logic, &faults, store)
        .snapshots(setup.snapshots)
        .workers(workers);
    if setup.isolates {
        pipeline = pipeline.isolate_panics();
    }
    // Several workers need fewer commits, and may end first.
    faults
        .until_crash(pipeline.run())
        .await
        .transpose()
        .unwrap();
    reached(store).await
}

/// How far a store came, in rows.
#[derive(Clone, Copy, Debug)]
struct Reached {
    snapshot: usize,
    position: usize,
}

async fn reached(store: &MemoryStore) -> Reached {
    let claim = store.clone().claim(&Partition::new("p")).await.unwrap();
    let position = claim.next.map_or(0, |next| next.0 as usize);
    let mut entries = claim.state.iter();
    let behind = entries.find(|saved| saved.node == u16::MAX - 2);
    let snapshot = behind.map_or(position, |saved| {
        let bytes = saved.bytes.as_deref().unwrap();
        u64::from_le_bytes(bytes[1..9].try_into().unwrap()) as usize
    });
    Reached { snapshot, position }
}

/// The sums of a run in `m` and later ones in `km`, by a plain loop.
fn plain(runs: &[Reached], isolates: bool) -> Vec<u64> {
    let (rows, mut emitted) = (rows(), Vec::new());
    let add = |sums: &mut BTreeMap<usize, u64>, row: &Reading| {
        let is_left_out = isolates && is_culprit(row.kmh);
        (!is_left_out).then(|| {
            let sum = sums.entry(row.car).or_default();
            *sum += u64::from(row.kmh);
            *sum
        })
    };
    let (mut sums, mut saved, mut from) = (BTreeMap::new(), BTreeMap::new(), 0);
    for (number, run) in runs.iter().enumerate() {
        if let Some(before) = number.checked_sub(1).map(|before| runs[before]) {
            sums.clone_from(&saved);
            for sum in sums.values_mut().filter(|_| number == 1) {
                *sum += ADAPTED;
            }
            for row in &rows[before.snapshot..before.position] {
                add(&mut sums, row);
            }
            let replayed = number == 1 && before.snapshot < before.position;
            for sum in sums.values_mut().filter(|_| replayed) {
                *sum |= REPLAYED;
            }
            from = before.position;
        }
        for (place, row) in rows.iter().enumerate().take(run.position).skip(from) {
            if place == run.snapshot {
                saved.clone_from(&sums);
            }
            emitted.extend(add(&mut sums, row));
        }
        if run.snapshot == run.position {
            saved.clone_from(&sums);
        }
    }
    emitted.sort_unstable();
    emitted
}

/// The sums in the store.
fn found(store: &MemoryStore) -> Vec<u64> {
    let rows = store.rows().remove("sums").unwrap_or_default();
    let sum = |row: &String| row.rsplit(' ').next().unwrap().parse().unwrap();
    let mut sums: Vec<u64> = rows.iter().map(sum).collect();
    sums.sort_unstable();
    sums
}

#[tokio::test(start_paused = true)]
async fn each_state_is_adapted_once_whatever_crashes_replays_and_panics_come() {
    let mut replays = 0;
    for snapshots in [
        Snapshots::EveryCommit,
        Snapshots::Every(Duration::from_secs(3600)),
    ] {
        for (isolates, workers) in [(false, 1), (true, 1), (true, 2)] {
            let setup = Setup {
                snapshots,
                isolates,
                workers,
            };
            for (first, second) in [(1, 1), (2, 3), (4, 2), (5, 1), (6, 4)] {
                let store = MemoryStore::default();
                // Other batches, so that a replay ends within one.
                let runs = [
                    run("m", setup, (6, Some(first)), &store).await,
                    run("km", setup, (5, Some(second)), &store).await,
                    run("km", setup, (4, None), &store).await,
                ];
                replays += usize::from(runs[0].snapshot < runs[0].position);
                let expected = plain(&runs, isolates);
                assert_eq!(found(&store), expected, "{setup:?} {runs:?}");
            }
        }
    }
    assert!(replays >= 4, "{replays}");
}

#[tokio::test(start_paused = true)]
async fn the_first_commit_writes_every_state_that_was_adapted_and_the_new_description() {
    let store = MemoryStore::default();
    let setup = Setup {
        snapshots: Snapshots::Every(Duration::from_secs(3600)),
        isolates: true,
        workers: 1,
    };
    run("m", setup, (6, Some(3)), &store).await;
    let sums_of = |store: &MemoryStore| {
        let mut store = store.clone();
        async move {
            let claim = store.claim(&Partition::new("p")).await.unwrap();
            let own = claim.state.into_iter().filter(|saved| saved.node == 1);
            let sum = |bytes: &[u8]| u64::from_le_bytes(*bytes.last_chunk().unwrap());
            let sums = own.map(|saved| sum(saved.bytes.as_deref().unwrap()));
            (sums.collect::<Vec<_>>(), claim.fingerprint.unwrap())
        }
    };
    let (sums, described) = sums_of(&store).await;
    assert!(sums.iter().all(|sum| *sum < ADAPTED) && described.contains(" m\n"));
    let reached = run("km", setup, (6, Some(1)), &store).await;
    assert_eq!(reached.snapshot, reached.position);
    let (sums, described) = sums_of(&store).await;
    assert_eq!(sums.len(), 4);
    assert!(sums.iter().all(|sum| *sum > ADAPTED) && described.contains(" km\n"));
}

#[tokio::test(start_paused = true)]
async fn a_replay_is_over_before_the_keys_end_that_are_silent_after_it() {
    // The last row makes the others silent, and is the only one after the replay.
    let row = |number: u16| Reading {
        car: usize::from(number % 2),
        second: if number == 12 { 500 } else { number.into() },
        kmh: 30,
        id: number,
    };
    let rows: Arc<Vec<_>> = Arc::new((0..13).map(row).collect());
    let logic = |unit| Sum {
        timer: true,
        ..sum(unit, false)
    };
    let store = MemoryStore::default();
    for (unit, batch, crash) in [("m", 6, Some(2)), ("km", 7, None)] {
        let faults = crash.map_or_else(Faults::none, |commit| {
            Faults::at([(Operation::Commit, commit, Fault::CrashAfter)])
        });
        let run = pipeline((&rows, batch), logic(unit), &faults, &store)
            .snapshots(Snapshots::Every(Duration::from_secs(3600)))
            .forget_after(Duration::from_secs(100))
            .run();
        faults.until_crash(run).await.transpose().unwrap();
    }
    let replayed = ((3 + 3) * 30 + ADAPTED) | REPLAYED;
    assert_eq!(found(&store), [30, replayed, replayed]);
}

#[tokio::test(start_paused = true)]
async fn a_replay_ends_as_it_would_without_the_panic_of_a_key_that_ends_in_it() {
    // Two cars are silent when the first comes back, which a replay repeats; then all are.
    let row = |number: u16| {
        let (car, second) = match number {
            0..6 => (usize::from(number % 2), number),
            6..12 => (0, 500 + number),
            _ => (2, 1000),
        };
        Reading {
            car,
            second: second.into(),
            kmh: 30,
            id: number,
        }
    };
    let rows: Arc<Vec<_>> = Arc::new((0..13).map(row).collect());
    let logic = |unit| Sum {
        timer: true,
        ..sum(unit, true)
    };
    let store = MemoryStore::default();
    for (unit, crash) in [("m", Some(2)), ("km", None)] {
        let faults = crash.map_or_else(Faults::none, |commit| {
            Faults::at([(Operation::Commit, commit, Fault::CrashAfter)])
        });
        let run = pipeline((&rows, 6), logic(unit), &faults, &store)
            .snapshots(Snapshots::Every(Duration::from_secs(3600)))
            .forget_after(Duration::from_secs(100))
            .isolate_panics()
            .run();
        faults.until_crash(run).await.transpose().unwrap();
    }
    assert_eq!(found(&store), [30, 3 * 30, (6 * 30) | REPLAYED]);
    assert_eq!(store.dead_letters().len(), 1);
}

/// A restart of a graph of two nodes in other units.
async fn changed(units: [[&'static str; 2]; 2]) -> Result<Report> {
    let store = MemoryStore::default();
    let mut last = None;
    for (number, [one, two]) in units.into_iter().enumerate() {
        let (mut graph, readings) = Graph::new();
        graph.apply("one", readings, sum(one, false));
        graph.apply("two", readings, sum(two, false));
        let faults = match number {
            0 => Faults::at([(Operation::Commit, 1, Fault::CrashAfter)]),
            _ => Faults::none(),
        };
        let run = pipeline_of(graph, (&rows(), 6), &faults, &store).run();
        last = faults.until_crash(run).await;
    }
    last.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_description_is_refused_unless_its_node_accepts_it_and_the_error_names_no_other() {
    assert!(changed([["m", "m"], ["km", "km"]]).await.is_ok());
    let error = changed([["m", "km"], ["km", "m"]]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Structure);
    let message = error.to_string();
    let difference = "(- 2 keyed two from [0] km; + 2 keyed two from [0] m)";
    assert!(message.contains(difference), "{message}");
}
