//! Late events are a stream of the graph: bound to sinks, through steps without state.

use std::{cell::Cell, collections::BTreeMap, num::NonZeroUsize, sync::Arc, time::Duration};

use super::model::{Edge, Reading, time};
use crate::{
    contracts::{MemoryStore, decode::Typed},
    data::{ErrorKind, EventTime, Offset, State},
    engine::{
        graph::{Graph, Stream},
        order::Order,
    },
    event::Event,
    pipeline::{EpochLimits, ExactlyOnce, Pipeline, Report, Snapshots},
    testing::{Harness, Script, Scripted},
};

fn reading(second: i64, kmh: u16) -> Reading {
    Reading {
        car: 0,
        second,
        kmh,
        id: 0,
    }
}

/// Rows of one car, of which those of 4, 3 and 14 s are late.
fn rows() -> Vec<Reading> {
    let rows = [
        (1, 60),
        (10, 90),
        (4, 61),
        (12, 62),
        (3, 63),
        (20, 99),
        (14, 64),
        (30, 65),
    ];
    rows.map(|(second, kmh)| reading(second, kmh)).to_vec()
}

type Run = Pipeline<Scripted<Reading>, Typed<Reading>, MemoryStore, ExactlyOnce>;

fn pipeline(graph: Graph<Reading>, script: Vec<Script>, store: &MemoryStore) -> Run {
    let source = Scripted::new("memory/0", Arc::new(rows()), script);
    let order = Order::default();
    Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone()).epochs(
        EpochLimits {
            records: 1,
            ..EpochLimits::default()
        },
    )
}

#[test]
fn a_late_event_keeps_its_time_and_its_offset() {
    let (graph, _) = Graph::new();
    let late = graph.late();
    let mut harness = Harness::new(graph, Order::default());
    harness.watch(late);
    harness.push_batch(rows()).unwrap();
    let found = harness.take_rows(late).into_iter();
    let found: Vec<_> = found.map(|row| (row.at, row.offset, row.value)).collect();
    let expected = [(2, 4, 61), (4, 3, 63), (6, 14, 64)];
    let expected =
        expected.map(|(offset, second, kmh)| (time(second), Offset(offset), reading(second, kmh)));
    assert_eq!(found, expected);
    harness.push(reading(15, 66)).unwrap();
    assert_eq!(harness.take(late), [reading(15, 66)]);
    assert_eq!(harness.counts().late, 4);
}

/// Binds the late events directly and behind every step without state.
fn bound(script: Vec<Script>, store: &MemoryStore) -> Run {
    let (mut graph, readings) = Graph::new();
    let edges = graph.apply("edges", readings, Edge);
    let late = graph.late();
    let kmh = graph.map("kmh", late, |row: &Reading| row.kmh);
    let fast = graph.filter("odd", kmh, |kmh| kmh % 2 == 1);
    let twice = graph.flat_map("twice", fast, |kmh| [*kmh, *kmh]);
    let all = graph.merge("all", &[readings, late]);
    pipeline(graph, script, store)
        .store("edges", edges, store.table("edges"))
        .store("late", late, store.table("late"))
        .store("again", late, store.table("again"))
        .store("twice", twice, store.table("twice"))
        .store("all", all, store.table("all"))
        .tally(
            "late",
            late,
            |row| if row.kmh > 61 { "fast" } else { "slow" },
        )
}

fn check(report: &Report, store: &MemoryStore) {
    assert!(report.balances(), "{report:?}");
    assert_eq!((report.counts.accepted, report.counts.late), (5, 3));
    assert_eq!(
        (report.tally("late", "fast"), report.tally("late", "slow")),
        (2, 1)
    );
    let tables = store.rows();
    let line = |row: &Reading| format!("{} {row:?}", time(row.second));
    let late = [reading(3, 63), reading(4, 61), reading(14, 64)];
    assert_eq!(tables["late"], late.each_ref().map(line));
    assert_eq!(tables["again"], tables["late"]);
    let mut all: Vec<_> = rows().iter().map(line).collect();
    all.sort_unstable();
    assert_eq!(tables["all"], all);
    let twice = ["03Z 63", "03Z 63", "04Z 61", "04Z 61"];
    assert_eq!(
        tables["twice"],
        twice.map(|end| format!("1970-01-01T00:00:{end}"))
    );
}

#[tokio::test]
async fn late_events_reach_each_sink_once_through_crashes_replays_and_workers() {
    for workers in 1..4 {
        let workers = NonZeroUsize::new(workers).unwrap();
        for snapshots in [Snapshots::EveryCommit, Snapshots::Every(Duration::MAX)] {
            for crash in 0..=rows().len() {
                let store = MemoryStore::default();
                let script = [vec![Script::Rows(1); crash], vec![Script::Crash]].concat();
                let run = bound(script, &store).workers(workers).snapshots(snapshots);
                run.run().await.unwrap_err();
                let run = bound(Vec::new(), &store).workers(workers);
                check(&run.snapshots(snapshots).run().await.unwrap(), &store);
            }
        }
    }
}

#[tokio::test]
async fn a_panic_over_a_late_event_costs_its_result_there_and_nothing_else() {
    for (batch, workers) in [(1, 1), (3, 1), (8, 1), (8, 2)] {
        let store = MemoryStore::default();
        let (mut graph, readings) = Graph::new();
        let edges = graph.apply("edges", readings, Edge);
        let late = graph.late();
        let picky = graph.map("picky", late, |row: &Reading| {
            if row.kmh == 63 {
                // Bypasses the panic hook, which would print the message.
                std::panic::resume_unwind(Box::new("63 km/h"));
            }
            row.kmh
        });
        let report = pipeline(graph, vec![Script::Rows(batch); 8], &store)
            .store("edges", edges, store.table("edges"))
            .store("late", late, store.table("late"))
            .store("picky", picky, store.table("picky"))
            .workers(NonZeroUsize::new(workers).unwrap())
            .isolate_panics()
            .run()
            .await
            .unwrap();
        assert!(report.balances(), "{report:?}");
        assert_eq!((report.counts.accepted, report.counts.late), (5, 3));
        assert_eq!(report.counts.dead_lettered, 0);
        let tables = store.rows();
        let lengths = ["edges", "late", "picky"].map(|table| tables[table].len());
        assert_eq!(lengths, [2, 3, 2], "batches of {batch}");
        let dead: Vec<_> = store.dead_letters();
        let [(_, letter)] = dead.as_slice() else {
            panic!("one dead letter: {dead:?}");
        };
        assert_eq!((&*letter.step, letter.offset), ("picky", Offset(4)));
    }
}

#[tokio::test]
async fn an_operator_on_late_events_is_refused_before_the_first_record() {
    type Wire = fn(&mut Graph<Reading>, Stream<Reading>) -> Stream<Reading>;
    let wires: [Wire; 4] = [
        |graph, _| graph.late(),
        |graph, _| {
            let late = graph.late();
            graph.filter("all", late, |_| true)
        },
        |graph, readings| {
            let late = graph.late();
            graph.merge("all", &[readings, late])
        },
        |graph, readings| {
            let late = graph.late();
            let all = graph.merge("all", &[late, readings]);
            graph.flat_map("same", all, |row| [*row])
        },
    ];
    for wire in wires {
        let (mut graph, readings) = Graph::new();
        let from = wire(&mut graph, readings);
        let edges = graph.apply("edges", from, Edge);
        let store = MemoryStore::default();
        let run = pipeline(graph, Vec::new(), &store).store("edges", edges, store.table("edges"));
        let error = run.run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        let message = error.to_string();
        assert!(
            message.contains("`edges` keeps state, but reads late events"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn late_events_can_be_bound_to_a_sink_later_and_no_longer() {
    let run = |is_bound: bool, script, store: &MemoryStore| {
        let (mut graph, readings) = Graph::new();
        let late = graph.late();
        let edges = graph.apply("edges", readings, Edge);
        let run = pipeline(graph, script, store).store("edges", edges, store.table("edges"));
        if is_bound {
            run.store("late", late, store.table("late")).run()
        } else {
            run.run()
        }
    };
    for is_bound in [true, false] {
        let store = MemoryStore::default();
        // The first late event comes before the crash, the others come after it.
        let script = vec![Script::Rows(4), Script::Crash];
        run(!is_bound, script, &store).await.unwrap_err();
        let report = run(is_bound, Vec::new(), &store).await.unwrap();
        assert_eq!((report.counts.accepted, report.counts.late), (5, 3));
        let late = store.rows()["late"].len();
        assert_eq!(late, if is_bound { 2 } else { 1 });
    }
}

#[test]
fn a_diagram_shows_late_events_that_something_reads() {
    let (mut graph, _) = Graph::<Reading>::new();
    let late = graph.late();
    assert!(!graph.mermaid().contains("late"));
    graph.map("kmh", late, |row| row.kmh);
    let text = "flowchart LR\n  s0([events])\n  late([late events])\n  late --> s1[kmh]\n";
    assert_eq!(graph.mermaid(), text);
    assert_eq!(graph.fingerprint(), "1 flat_map kmh from [late]\n");
}

thread_local!(static COPIES: Cell<u64> = const { Cell::new(0) });

/// An event that counts its copies.
#[derive(Debug)]
struct Counted(Reading);

impl Clone for Counted {
    fn clone(&self) -> Self {
        COPIES.set(COPIES.get() + 1);
        Self(self.0)
    }
}

impl State for Counted {
    const VERSION: u16 = Reading::VERSION;
    fn encode(&self, to: &mut Vec<u8>) {
        self.0.encode(to);
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        Reading::decode(version, from).map(Self)
    }
}

impl Event for Counted {
    fn key(&self) -> &str {
        self.0.key()
    }
    fn at(&self) -> EventTime {
        self.0.at()
    }
    fn identity(&self) -> u64 {
        self.0.identity()
    }
}

#[test]
fn a_late_event_is_copied_once_and_only_if_something_reads_it() {
    let mut copies = BTreeMap::new();
    for is_bound in [false, true] {
        let (graph, _) = Graph::<Counted>::new();
        let late = graph.late();
        let mut harness = Harness::new(graph, Order::default());
        if is_bound {
            harness.watch(late);
        }
        COPIES.set(0);
        let events: Vec<_> = rows().into_iter().map(Counted).collect();
        harness.push_batch(events).unwrap();
        copies.insert(is_bound, COPIES.get());
    }
    assert_eq!((copies[&false], copies[&true]), (0, 3));
}
