//! Sinks that ask receive the key of each row, whatever happens to the numbers of keys meanwhile.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use compact_str::CompactString;

use super::{
    crashes::{Slow, run},
    keys::{TTL, drive},
    model::{CARS, Reading},
    simulation::Dice,
};
use crate::{
    contracts::{
        MemoryStore, MemoryTable, MemoryTx, Operator,
        decode::Typed,
        operator::{Cx, Keep},
        sink::{Null, Outcome, TransactionalSink},
        source::{OnePartition, Queue, Source, SourceEvent},
    },
    data::{EventTime, Offset, Partition, Position, Result},
    engine::{graph::Graph, order::Order},
    pipeline::{ExactlyOnce, Pipeline},
    rows::Row,
    testing::{Recording, Rejecting, Script, Scripted},
};

/// Stores each row with its key.
struct KeyedTable(MemoryTable);

#[async_trait]
impl<T> TransactionalSink<T, MemoryStore> for KeyedTable
where
    T: Clone + std::fmt::Debug + Send + Sync + 'static,
{
    async fn write(&mut self, _: &mut MemoryTx, _: &[Row<T>]) -> Result<Outcome> {
        unreachable!("it wants keys")
    }

    fn wants_keys(&self) -> bool {
        true
    }

    async fn write_keyed(
        &mut self,
        tx: &mut MemoryTx,
        rows: &[Row<T>],
        keys: &[CompactString],
    ) -> Result<Outcome> {
        assert_eq!(rows.len(), keys.len(), "each row has one key");
        let pairs = rows.iter().zip(keys);
        let pairs = pairs.map(|(row, key)| row.with((key.clone(), row.value.clone())));
        let pairs: Vec<_> = pairs.collect();
        TransactionalSink::<_, MemoryStore>::write(&mut self.0, tx, &pairs).await
    }
}

/// Emits the name of its car again two seconds later. Some readings make it panic, after it has
/// emitted.
struct Echo {
    panics: bool,
}

impl Operator for Echo {
    type In = Reading;
    type Out = String;
    type State = u64;
    fn init(&self) -> u64 {
        0
    }
    fn on_row(&self, car: &mut u64, row: &Row<Reading>, cx: &mut Cx<'_, String>) {
        *car = row.value.car as u64;
        cx.emit(CARS[row.value.car].to_owned());
        cx.wake_at(cx.now() + Duration::from_secs(2));
        assert!(!self.panics || !row.value.kmh.is_multiple_of(17), "by plan");
    }
    fn on_timer(&self, car: &mut u64, _: EventTime, cx: &mut Cx<'_, String>) -> Keep {
        cx.emit(CARS[*car as usize].to_owned());
        Keep::State
    }
}

fn pipeline(
    rows: &Arc<Vec<Reading>>,
    script: Vec<Script>,
    (store, isolates): (&MemoryStore, bool),
) -> Pipeline<Slow, Typed<Reading>, MemoryStore, ExactlyOnce> {
    let (mut graph, readings) = Graph::new();
    let names = graph.map("names", readings, |row: &Reading| CARS[row.car].to_owned());
    let echoes = graph.apply("echoes", readings, Echo { panics: isolates });
    let (source, order) = (Slow::new(rows, script), Order::default());
    let keyed = |name| KeyedTable(store.table(name));
    let odd = |name: &String| name.ends_with('b').then(|| "odd".to_owned());
    let run = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone())
        .store("readings", readings, keyed("readings"))
        // The first three copy the rows of the stream, the last one takes them.
        .store("first", names, keyed("names"))
        .store("picky", names, Rejecting::new(keyed("picky"), odd))
        .store("plain", names, store.table("plain"))
        .store("last", names, keyed("names"))
        .store("echoes", echoes, keyed("echoes"))
        .forget_after(Duration::from_secs(TTL.unsigned_abs()));
    if isolates { run.isolate_panics() } else { run }
}

#[tokio::test(start_paused = true)]
async fn prop_each_row_has_the_key_of_its_car_through_crashes_panics_and_forgotten_keys() {
    let is_of_its_car = |text: &str| {
        let mut cars = CARS.iter();
        cars.any(|car| text.ends_with(&format!(" {:?}", (car, car))))
    };
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let (rows, store) = (drive(&mut dice), MemoryStore::default());
        let isolates = dice.once_in(3);
        run(&mut dice, |script| {
            pipeline(&rows, script, (&store, isolates))
        })
        .await;
        let stored = store.rows();
        for table in ["names", "picky", "echoes"] {
            assert!(!stored[table].is_empty());
            let wrong = stored[table].iter().find(|text| !is_of_its_car(text));
            assert_eq!(wrong, None, "seed {seed}: {table}");
        }
        assert_eq!(stored["names"].len(), 2 * stored["plain"].len());
        assert_eq!(stored["readings"].len(), stored["plain"].len());
        for text in &stored["readings"] {
            let mut cars = (0..).zip(CARS);
            let is_right = cars.any(|(number, car)| {
                text.contains(&format!("({car:?}, Reading {{ car: {number},"))
            });
            assert!(is_right, "seed {seed}: {text}");
        }
        let letters = store.dead_letters().into_iter().map(|(_, letter)| letter);
        let rejected: Vec<_> = letters.filter(|letter| &*letter.step == "picky").collect();
        assert!(!rejected.is_empty());
        for letter in rejected {
            assert_eq!(letter.key.as_deref(), Some("car-b"), "seed {seed}");
        }
    }
}

#[tokio::test]
async fn a_number_that_is_used_again_in_the_same_epoch_does_not_change_earlier_keys() {
    let (graph, readings) = Graph::new();
    let rows = [(0, 0), (1, 100), (2, 200), (0, 300)].map(|(car, second)| Reading {
        car,
        second,
        ..Reading::default()
    });
    let source = Scripted::of_events("memory", rows);
    let (order, seen) = (Order::default(), Recording::with_keys());
    let store = MemoryStore::default();
    let run = Pipeline::at_least_once(source, Typed::default(), order, graph, store)
        .publish("seen", readings, seen.clone())
        .forget_after(Duration::from_secs(8));
    let health = run.watch();
    run.run().await.unwrap();
    assert_eq!(seen.keys(), ["car-a", "car-b", "car-c", "car-a"]);
    let numbers: Vec<_> = seen.rows().iter().map(|row| row.key).collect();
    assert_eq!(numbers[0], numbers[2], "the number is used again");
    assert_eq!(health.borrow().commits, 1, "in the same epoch");
}

/// A queue with one reader.
struct Dealt {
    one: OnePartition,
    rows: Vec<Reading>,
}

#[async_trait]
impl Source for Dealt {
    type Payload = Vec<(Offset, Reading)>;
    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        if let Some(assigned) = self.one.ready().await {
            return Ok(assigned);
        }
        let next = Offset(self.rows.len() as u64);
        if self.one.at() == next {
            return Ok(self.one.close());
        }
        let rows = (0..).map(Offset).zip(self.rows.iter().copied());
        Ok(self.one.batch(next, rows.collect()))
    }
    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.one.start(partition, at)
    }
}

impl Queue for Dealt {}

#[tokio::test]
async fn over_a_queue_no_key_is_kept_but_each_row_has_its_key() {
    for isolates in [false, true] {
        let (mut graph, readings) = Graph::new();
        let speeds = graph.map("speeds", readings, move |row: &Reading| {
            assert!(!isolates || row.kmh != 3, "by plan");
            row.kmh
        });
        let reading = |(car, kmh)| Reading {
            car,
            kmh,
            ..Reading::default()
        };
        let source = Dealt {
            one: OnePartition::new("reader"),
            rows: [(1, 1), (0, 2), (5, 3), (1, 4), (0, 5)].map(reading).into(),
        };
        let (seen, store) = (Recording::with_keys(), MemoryStore::default());
        // Another sink that wants no keys changes nothing.
        let run = Pipeline::over_queue(source, Typed::default(), graph, store)
            .publish("plain", speeds, Null)
            .publish("speeds", speeds, seen.clone());
        let run = if isolates { run.isolate_panics() } else { run };
        run.run().await.unwrap();
        let mut expected = vec!["car-b", "car-a", "car-f", "car-b", "car-a"];
        if isolates {
            expected.remove(2);
        }
        assert_eq!(seen.keys(), expected);
    }
}
