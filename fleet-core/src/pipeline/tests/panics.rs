//! Invariant 8 for user code: a panic stops the run cleanly, or costs one record.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    crashes::{Slow, arrive, run},
    model::{CARS, Reading, graph, time},
    simulation::{Dice, plain},
};
use crate::{
    contracts::{
        Decode, MemoryStore, Operator,
        checkpoint::{CheckpointStore, DeadLetter},
        decode::{Entry, RetryCopy, Typed},
        operator::{Cx, Keep},
        source::Chunk,
    },
    data::{Error, ErrorKind, EventTime, Offset, Partition},
    engine::{graph::Graph, order::Order},
    pipeline::{EpochLimits, ExactlyOnce, Pipeline, Report},
    rows::Row,
    testing::{Script, Scripted},
};

type Run = Pipeline<Slow, Typed<Reading>, MemoryStore, ExactlyOnce>;

fn is_culprit(reading: &Reading) -> bool {
    reading.kmh.is_multiple_of(17)
}

/// Panics over some readings, after it has changed its state.
struct Bomb;

impl Operator for Bomb {
    type In = Reading;
    type Out = u32;
    type State = u32;
    fn init(&self) -> u32 {
        0
    }
    fn on_row(&self, count: &mut u32, row: &Row<Reading>, cx: &mut Cx<'_, u32>) {
        *count += 1;
        cx.emit(*count);
        assert!(!is_culprit(&row.value), "cannot count {}", row.value.kmh);
    }
}

/// The pipeline of the model, with a bomb as the last step.
fn pipeline(rows: &Arc<Vec<Reading>>, script: Vec<Script>, store: &MemoryStore) -> Run {
    let (mut graph, streams) = graph();
    let counted = graph.apply("bomb", streams.readings, Bomb);
    let (source, order) = (Slow::new(rows, script), Order::default());
    let run = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone());
    streams
        .stored(run, |name| store.table(name))
        .store("readings", streams.readings, store.table("readings"))
        .store("counted", counted, store.table("counted"))
        .tally("cars", streams.readings, |row: &Reading| CARS[row.car])
}

fn unique(rows: &[Reading], keep: impl Fn(&Reading) -> bool) -> Vec<Reading> {
    let mut unique: Vec<_> = rows.iter().filter(|row| keep(row)).copied().collect();
    unique.sort_unstable();
    unique.dedup();
    unique
}

fn rows_of(store: &MemoryStore) -> BTreeMap<String, Vec<String>> {
    let rows = store.rows().into_iter();
    rows.map(|(table, rows)| (table.to_string(), rows))
        .collect()
}

fn letters(store: &MemoryStore) -> Vec<DeadLetter> {
    let letters = store.dead_letters().into_iter();
    letters.map(|(_, letter)| letter).collect()
}

#[tokio::test(start_paused = true)]
async fn prop_isolated_panics_give_the_rows_of_an_input_without_what_panics() {
    for seed in 0..100 {
        let mut dice = Dice::new(seed);
        let (rows, store) = (arrive(&mut dice), MemoryStore::default());
        let pipeline = |script| pipeline(&rows, script, &store).isolate_panics();
        let report = run(&mut dice, pipeline).await;
        let good = unique(&rows, |row| !is_culprit(row));
        let culprits = unique(&rows, is_culprit).len();
        assert!(culprits > 0 && report.balances(), "{report:?}");
        let counts = report.counts;
        assert_eq!(counts.read, rows.len() as u64);
        assert_eq!(counts.accepted, good.len() as u64, "seed {seed}");
        assert_eq!(counts.dead_lettered, culprits as u64, "seed {seed}");
        assert_eq!(report.tally("panics", "bomb"), culprits as u64);
        assert_eq!(
            report.group("cars").map(|(_, n)| n).sum::<u64>(),
            good.len() as u64
        );
        let mut stored = rows_of(&store);
        assert_eq!(stored.remove("counted").unwrap().len(), good.len());
        assert!(stored == plain(&good), "seed {seed}: the rows differ");
        for letter in letters(&store) {
            assert_eq!(&*letter.step, "bomb");
            let row = rows[letter.offset.0 as usize];
            assert_eq!(
                letter.reason,
                format!("it panicked: cannot count {}", row.kmh)
            );
            assert_eq!(letter.key.as_deref(), Some(CARS[row.car]));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_recovery_makes_no_key_known_of_which_only_refused_rows_came() {
    let row = |car, second, kmh| Reading {
        car,
        second,
        kmh,
        id: 0,
    };
    // The second row panics when the last one releases it, and the time of the third is refused.
    let rows = Arc::new(vec![
        row(0, 1, 60),
        row(0, 2, 68),
        row(1, -3, 60),
        row(0, 10, 61),
    ]);
    for batch in [1, 4] {
        let store = MemoryStore::default();
        let run = pipeline(&rows, vec![Script::Rows(batch); 4], &store);
        let report = run.isolate_panics().run().await.unwrap();
        let counts = report.counts;
        assert_eq!((counts.accepted, counts.dead_lettered), (2, 2));
        assert_eq!(report.keys, 1, "batches of {batch}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_isolation_a_panic_stops_the_run_and_names_its_records() {
    for workers in 1..4 {
        let (rows, store) = (arrive(&mut Dice::new(5)), MemoryStore::default());
        let workers = workers.try_into().unwrap();
        let limits = EpochLimits {
            records: 1,
            ..EpochLimits::default()
        };
        let error = pipeline(&rows, vec![Script::Rows(6); 90], &store)
            .epochs(limits)
            .workers(workers)
            .run()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panic);
        let (partition, from) = error.position().unwrap();
        assert_eq!(partition, &Partition::new("memory/0"));
        for part in ["`bomb`", "cannot count", &format!("from offset {from} to")] {
            assert!(error.to_string().contains(part), "{error}");
        }
        // The records of the error begin where the committed ones end.
        let progress = store.clone().progress(partition).await.unwrap();
        let next = progress.and_then(|progress| progress.next);
        let next = next.unwrap_or_default();
        assert_eq!(next, from);
        // Only the rows of these records are missing, and a run that isolates panics continues with
        // them.
        let report = pipeline(&rows, Vec::new(), &store).isolate_panics().run();
        assert!(report.await.unwrap().balances());
        let mut stored = rows_of(&store);
        stored.remove("counted");
        assert!(stored == plain(&unique(&rows, |row| !is_culprit(row))));
    }
}

#[tokio::test]
async fn a_belated_row_over_which_a_step_panics_is_accepted_no_more_and_no_duplicate() {
    let row = |second, kmh| Reading {
        car: 0,
        second,
        kmh,
        id: 0,
    };
    // The clock is at 130, the culprit is belated, and it arrives twice.
    let rows = [
        row(100, 60),
        row(130, 60),
        row(110, 68),
        row(111, 60),
        row(110, 68),
    ];
    assert!(is_culprit(&rows[2]));
    for batch in 1..=rows.len() {
        let store = MemoryStore::default();
        let (mut graph, readings) = Graph::new();
        let picky = graph.map("picky", readings, |row: &Reading| {
            assert!(!is_culprit(row), "not this one");
            row.second
        });
        let script = vec![Script::Rows(batch); rows.len()];
        let source = Scripted::new("memory/0", Arc::new(rows.to_vec()), script);
        let order = Order::within(Duration::ZERO).allowing(Duration::from_secs(60));
        let report = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone())
            .store("picky", picky, store.table("picky"))
            .isolate_panics()
            .run()
            .await
            .unwrap();
        assert!(report.balances(), "{report:?}");
        let counts = report.counts;
        let fates = (counts.accepted, counts.dead_lettered, counts.duplicate);
        assert_eq!(fates, (3, 1, 1), "batches of {batch}");
        assert_eq!(rows_of(&store)["picky"].len(), 3);
    }
}

/// Panics in a timer of one car, some time after each of its rows.
struct Late;

impl Operator for Late {
    type In = Reading;
    type Out = u32;
    type State = u32;
    fn init(&self) -> u32 {
        0
    }
    fn on_row(&self, rows: &mut u32, _: &Row<Reading>, cx: &mut Cx<'_, u32>) {
        *rows += 1;
        cx.forget_timers();
        cx.wake_at(cx.now() + Duration::from_secs(3));
    }
    fn on_timer(&self, rows: &mut u32, _: EventTime, cx: &mut Cx<'_, u32>) -> Keep {
        assert_ne!(cx.key(), CARS[1], "no timer for it");
        cx.emit(*rows);
        Keep::Nothing
    }
}

/// Bursts of three rows of each car, with silences in between that fire the timer; the last at the
/// end.
fn bursts() -> Arc<Vec<Reading>> {
    let row = |burst: i64, car: usize, second: i64| Reading {
        car,
        second: burst * 20 + second,
        kmh: 60,
        id: 0,
    };
    let cars =
        |burst| (0..4).flat_map(move |car| (0..3).map(move |second| row(burst, car, second)));
    Arc::new((0..3).flat_map(cars).collect())
}

#[tokio::test]
async fn a_timer_that_panics_costs_the_key_its_state_there_and_nothing_else() {
    for batch in [1, 5, 12, 36] {
        let (rows, store) = (bursts(), MemoryStore::default());
        let (mut graph, readings) = Graph::new();
        let late = graph.apply("late", readings, Late);
        let script = vec![Script::Rows(batch); 36];
        let source = Scripted::new("memory/0", Arc::clone(&rows), script);
        let order = Order::default();
        let report = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone())
            .store("late", late, store.table("late"))
            .store("readings", readings, store.table("readings"))
            .isolate_panics()
            .run()
            .await
            .unwrap();
        assert!(report.balances(), "{report:?}");
        assert_eq!(
            (report.counts.accepted, report.counts.dead_lettered),
            (36, 0)
        );
        assert_eq!(report.tally("panics", "late"), 3);
        let stored = rows_of(&store);
        let of = |burst: i64| format!("{} 3", time(burst * 20 + 5));
        let three: Vec<_> = (0..3).flat_map(|burst| vec![of(burst); 3]).collect();
        assert_eq!((&stored["late"], stored["readings"].len()), (&three, 36));
        let offsets: Vec<_> = letters(&store)
            .iter()
            .map(|letter| letter.offset.0)
            .collect();
        assert_eq!(offsets, [5, 17, 29], "the last record of each burst");
    }
}

#[tokio::test]
async fn a_step_that_panics_over_the_result_of_a_timer_loses_that_result_alone() {
    let (mut rows, store) = (bursts().to_vec(), MemoryStore::default());
    // One car has a burst of four.
    rows.push(Reading {
        car: 2,
        second: 43,
        kmh: 60,
        id: 0,
    });
    let rows = Arc::new(rows);
    let (mut graph, readings) = Graph::new();
    let late = graph.apply("burst", readings, super::model::Burst);
    let picky = graph.map("picky", late, |rows| {
        assert!(*rows < 4, "not this one");
        *rows
    });
    let source = Scripted::new("memory/0", rows, []);
    let order = Order::default();
    let report = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone())
        .store("picky", picky, store.table("picky"))
        .isolate_panics()
        .run()
        .await
        .unwrap();
    let lost = report.tally("panics", "picky");
    assert_eq!((lost, report.counts.accepted), (1, 37));
    assert_eq!(rows_of(&store)["picky"].len(), 11);
}

/// One reading a line, `car second kmh`; panics over a word.
#[derive(Clone, Copy)]
struct Words {
    keeps: bool,
}

impl Decode<Chunk> for Words {
    type Event = Reading;
    fn decode(&self, chunk: Chunk, entry: &mut Entry<'_, Reading>) {
        let mut at = chunk.start;
        for line in chunk.bytes.split_inclusive(|byte| *byte == b'\n') {
            let text = String::from_utf8_lossy(line);
            let numbers: Vec<u16> = text
                .split_whitespace()
                .map(|word| word.parse().unwrap())
                .collect();
            entry.row(
                at,
                Reading {
                    car: numbers[0].into(),
                    second: numbers[1].into(),
                    kmh: numbers[2],
                    id: 0,
                },
            );
            at.0 += line.len() as u64;
        }
    }
    fn copy_for_retry(&self, chunk: &Chunk) -> Option<RetryCopy<Chunk>> {
        self.keeps.then(|| RetryCopy {
            payload: chunk.clone(),
            records: Chunk::records,
        })
    }
    fn divide(&self, chunk: Chunk, parts: usize) -> Vec<Chunk> {
        chunk.divide(parts)
    }
}

async fn read_words(words: Words, workers: usize, store: &MemoryStore) -> Result<Report, Error> {
    let text = "0 0 60\n1 0 61\n2 zero 62\n3 0 63\n0 1 64\n1 1 sixty\n2 1 66\n";
    let (graph, streams) = graph();
    let source = super::workers::Lines::new(text.into());
    let run = Pipeline::exactly_once(source, words, Order::default(), graph, store.clone())
        .store("readings", streams.readings, store.table("readings"))
        .workers(workers.try_into().unwrap());
    run.isolate_panics().run().await
}

#[tokio::test]
async fn a_record_over_which_the_decoder_panics_is_a_dead_letter_with_its_bytes() {
    for workers in [1, 3] {
        let store = MemoryStore::default();
        let report = read_words(Words { keeps: true }, workers, &store)
            .await
            .unwrap();
        assert!(report.balances(), "{report:?}");
        assert_eq!((report.counts.read, report.counts.dead_lettered), (7, 2));
        assert_eq!(rows_of(&store)["readings"].len(), 5);
        let letters = letters(&store);
        assert_eq!(letters[0].raw, b"2 zero 62");
        assert_eq!(letters[1].raw, b"1 1 sixty");
        assert_eq!((letters[0].offset, letters[0].length), (Offset(14), 9));
        assert!(letters[0].reason.contains("panicked"), "{:?}", letters[0]);
    }
}

#[tokio::test]
async fn a_decoder_whose_payload_cannot_be_tried_again_stops_the_run() {
    for workers in [1, 3] {
        let store = MemoryStore::default();
        let error = read_words(Words { keeps: false }, workers, &store)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panic);
        assert!(error.to_string().contains("`decode` panicked"), "{error}");
        assert!(store.rows().is_empty());
    }
}

/// Runs one operator over readings of these cars, seconds and speeds, in batches, with panics
/// isolated and keys forgotten after 8 s. Returns the report and the stored rows.
async fn forgetting<L: Operator<In = Reading, Out: std::fmt::Debug>>(
    operator: L,
    readings: &[(usize, i64, u16)],
    batch: usize,
) -> (Report, Vec<String>) {
    let reading = |&(car, second, kmh): &(usize, i64, u16)| Reading {
        car,
        second,
        kmh,
        id: 0,
    };
    let rows: Arc<Vec<_>> = Arc::new(readings.iter().map(reading).collect());
    let (mut graph, events) = Graph::new();
    let results = graph.apply("bomb", events, operator);
    let script = vec![Script::Rows(batch); rows.len()];
    let (source, store) = (
        Scripted::new("memory/0", rows, script),
        MemoryStore::default(),
    );
    let order = Order::default();
    let run = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone())
        .store("results", results, store.table("results"))
        .forget_after(Duration::from_secs(8))
        .isolate_panics()
        .run();
    let report = run.await.unwrap();
    (
        report,
        rows_of(&store).remove("results").unwrap_or_default(),
    )
}

#[tokio::test]
async fn a_key_that_was_forgotten_before_a_panic_stays_forgotten() {
    // Car 0 is silent for longer than the time to live, and then a culprit.
    let readings = [
        (0, 0, 60),
        (0, 1, 60),
        (1, 40, 60),
        (0, 41, 34),
        (0, 42, 60),
    ];
    for batch in [1, 2, 5] {
        let (report, rows) = forgetting(Bomb, &readings, batch).await;
        assert_eq!(report.tally("panics", "bomb"), 1);
        let counts = rows.iter().filter_map(|row| row.rsplit(' ').next());
        let mut counts: Vec<_> = counts.collect();
        counts.sort_unstable();
        assert_eq!(counts, ["1", "1", "1", "2"], "batches of {batch}");
    }
}

#[tokio::test]
async fn a_timer_that_panics_while_silent_keys_are_forgotten_costs_one_key_its_result() {
    // The last row forgets the other cars, which fires their timers.
    let readings = [(0, 0, 60), (1, 0, 60), (2, 0, 60), (3, 40, 60)];
    for batch in [1, 4] {
        let (report, rows) = forgetting(Late, &readings, batch).await;
        assert_eq!((report.counts.accepted, report.keys), (4, 4));
        assert_eq!(report.tally("panics", "bomb"), 1);
        assert_eq!(rows.len(), 3, "batches of {batch}");
    }
}
