//! Single guarantees of the driver, each in the smallest run that shows it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;

use super::model::{Reading, graph, time};
use crate::{
    contracts::{
        MemoryStore,
        checkpoint::CheckpointStore,
        decode::Typed,
        sink::{Null, Outcome, Rejected, Sink},
    },
    data::{ErrorKind, Partition},
    engine::{graph::Graph, order::Order},
    event::Event,
    pipeline::{Ending, EpochLimits, ExactlyOnce, Pipeline},
    rows::Row,
    testing::{Fault, Faults, FaultySink, FaultyStore, Log, Operation, Script, Scripted},
};

type Run<S> = Pipeline<Scripted<Reading>, Typed<Reading>, S, ExactlyOnce>;

pub(super) fn rows(count: usize) -> Arc<Vec<Reading>> {
    let row = |i: usize| Reading {
        car: i % 4,
        second: i as i64 / 4,
        kmh: 60 + (i * 7 % 40) as u16,
        id: i as u16,
    };
    Arc::new((0..count).map(row).collect())
}

fn pipeline(rows: &Arc<Vec<Reading>>, script: &[Script], store: &MemoryStore) -> Run<MemoryStore> {
    let (graph, streams) = graph();
    let source = Scripted::new("memory/0", Arc::clone(rows), script.iter().copied());
    Pipeline::exactly_once(
        source,
        Typed::default(),
        Order::default(),
        graph,
        store.clone(),
    )
    .store("readings", streams.readings, store.table("readings"))
    .tally("seen", streams.readings, |row: &Reading| {
        if row.kmh > 80 { "fast" } else { "slow" }
    })
}

/// A pipeline can be spawned on any runtime.
#[test]
fn a_run_is_send() {
    fn is_send(_: &impl Send) {}
    is_send(&pipeline(&rows(1), &[], &MemoryStore::default()).run());
}

#[tokio::test]
async fn a_second_run_is_complete_and_stores_nothing() {
    let (store, rows) = (MemoryStore::default(), rows(50));
    let first = pipeline(&rows, &[], &store).run().await.unwrap();
    let before = store.rows();
    let second = pipeline(&rows, &[], &store).run().await.unwrap();
    assert_eq!(
        (first.ending, second.ending),
        (Ending::Complete, Ending::AlreadyComplete)
    );
    assert_eq!(
        (first.counts, &first.tallies, first.keys),
        (second.counts, &second.tallies, second.keys)
    );
    assert_eq!(before, store.rows());
    assert_eq!(
        (first.keys, first.group("seen").map(|(_, n)| n).sum::<u64>()),
        (4, 50)
    );
}

#[tokio::test]
async fn an_input_that_grew_after_its_end_is_refused() {
    let store = MemoryStore::default();
    pipeline(&rows(50), &[], &store).run().await.unwrap();
    let error = pipeline(&rows(60), &[], &store).run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Grown);
    assert!(error.to_string().contains("memory/0"), "{error}");
}

#[tokio::test]
async fn a_stop_commits_what_was_computed_and_the_next_run_goes_on() {
    let (store, rows) = (MemoryStore::default(), rows(50));
    // After 20 rows the source is idle. The stop comes after enough polls.
    let script = [vec![Script::Rows(20)], vec![Script::Idle; 1000]].concat();
    let mut polls = 0;
    let stop = std::future::poll_fn(move |_| {
        polls += 1;
        if polls > 50 {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    });
    let report = pipeline(&rows, &script, &store)
        .run_until(stop)
        .await
        .unwrap();
    assert_eq!((report.ending, report.counts.read), (Ending::Stopped, 20));
    let report = pipeline(&rows, &[], &store).run().await.unwrap();
    assert_eq!(
        (report.ending, report.counts.accepted),
        (Ending::Complete, 50)
    );
    assert_eq!(store.rows()["readings"].len(), 50);
}

#[tokio::test]
async fn a_changed_structure_is_refused_with_what_differs_and_a_changed_threshold_is_not() {
    let (store, rows) = (MemoryStore::default(), rows(50));
    let limits = EpochLimits {
        records: 1,
        ..EpochLimits::default()
    };
    let crash = [Script::Rows(10), Script::Crash];
    pipeline(&rows, &crash, &store)
        .epochs(limits)
        .run()
        .await
        .unwrap_err();
    let (mut other, readings) = Graph::new();
    other.filter("only-fast", readings, |row: &Reading| row.kmh > 90);
    let source = Scripted::new("memory/0", Arc::clone(&rows), []);
    let error = Pipeline::exactly_once(
        source,
        Typed::default(),
        Order::default(),
        other,
        store.clone(),
    )
    .run()
    .await
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Structure);
    assert!(
        error.to_string().contains("+ 1 flat_map only-fast"),
        "{error}"
    );
    assert_eq!(
        pipeline(&rows, &[], &store)
            .run()
            .await
            .unwrap()
            .counts
            .accepted,
        50
    );
}

/// Rejects every third row, and fails once in between.
struct Picky {
    calls: usize,
    taken: Arc<AtomicUsize>,
}

#[async_trait]
impl Sink<Reading> for Picky {
    async fn write(&mut self, rows: &[Row<Reading>]) -> crate::data::Result<Outcome> {
        self.calls += 1;
        if self.calls == 2 {
            return Err(crate::data::Error::new(ErrorKind::Sink, "busy").retryable());
        }
        self.taken.fetch_add(rows.len(), Ordering::Relaxed);
        let third = rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.offset.0 % 3 == 0);
        let rejected = third.map(|(index, row)| Rejected {
            index,
            reason: "a third".into(),
            raw: format!("{:?}", row.value).into_bytes(),
        });
        Ok(Outcome {
            rejected: rejected.collect(),
        })
    }
}

#[tokio::test]
async fn rejected_rows_are_dead_letters_once_and_the_sink_balances() {
    let (store, rows, taken) = (MemoryStore::default(), rows(90), Arc::default());
    let (graph, streams) = graph();
    let source = Scripted::new("memory/0", rows, [Script::Rows(30); 3]);
    let faults = Faults::at([
        (Operation::Commit, 1, Fault::Refused),
        (Operation::Commit, 2, Fault::LostAnswer),
    ]);
    let faulty = FaultyStore::new(store.clone(), &faults);
    let retry = super::super::Retry {
        first: Duration::from_nanos(1),
        ..Default::default()
    };
    let report = Pipeline::at_least_once(source, Typed::default(), Order::default(), graph, faulty)
        .publish(
            "picky",
            streams.readings,
            Picky {
                calls: 0,
                taken: Arc::clone(&taken),
            },
        )
        .publish("null", streams.edges, Null)
        .epochs(EpochLimits {
            records: 30,
            ..EpochLimits::default()
        })
        .retry(retry)
        .run()
        .await
        .unwrap();
    assert!(report.balances(), "{report:?}");
    assert_eq!(
        taken.load(Ordering::Relaxed),
        90,
        "a lost commit publishes nothing again"
    );
    assert_eq!(report.tally("sink.picky", "given"), 90);
    assert_eq!(report.tally("sink.picky", "dead_lettered"), 30);
    let dead = store.dead_letters();
    assert_eq!(dead.len(), 30);
    assert!(
        dead.iter()
            .all(|(_, dead)| &*dead.step == "picky" && dead.offset.0 % 3 == 0)
    );
}

/// Fails over the rows of one car.
struct Refusing(usize);

#[async_trait]
impl Sink<Reading> for Refusing {
    async fn write(&mut self, rows: &[Row<Reading>]) -> crate::data::Result<Outcome> {
        if rows.iter().any(|row| row.value.car == self.0) {
            return Err(crate::data::Error::new(ErrorKind::Sink, "broken"));
        }
        Ok(Outcome::default())
    }
}

#[tokio::test]
async fn an_error_of_a_sink_names_the_partition_whose_rows_it_could_not_write() {
    let of = |car: usize| {
        rows(40)
            .iter()
            .copied()
            .filter(move |row| row.car == car)
            .collect()
    };
    let of: [Vec<_>; 3] = [of(0), of(1), of(2)];
    let logs = (0..)
        .zip(of)
        .map(|(number, rows)| Log::new(&format!("memory/{number}"), rows));
    for car in 0..3 {
        let (graph, streams) = graph();
        let script = (0..3).map(|lane| (lane, Script::Rows(10)));
        let source = Scripted::several(logs.clone(), script);
        let (order, store) = (Order::default(), MemoryStore::default());
        let error = Pipeline::at_least_once(source, Typed::default(), order, graph, store)
            .publish("refusing", streams.readings, Refusing(car))
            .run()
            .await
            .unwrap_err();
        let (partition, _) = error.position().unwrap();
        assert_eq!(partition, &Partition::new(format!("memory/{car}")));
    }
}

#[tokio::test]
async fn wrong_wiring_is_refused_before_anything_is_claimed() {
    let (store, rows) = (MemoryStore::default(), rows(5));
    let (_, foreign) = graph();
    let error = pipeline(&rows, &[], &store)
        .store("foreign", foreign.edges, store.table("x"))
        .run()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let error = pipeline(&rows, &[], &store)
        .tally("seen", foreign.edges, |_| "x")
        .run()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        store
            .clone()
            .progress(&Partition::new("memory/0"))
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn rows_within_the_bound_are_put_in_order_and_older_ones_are_late() {
    let store = MemoryStore::default();
    let at = |second| Reading {
        car: 0,
        second,
        kmh: 60,
        id: 0,
    };
    // The newest row is at 10, so the clock is at 5. A row at 5 is accepted, one at 4 is late, and
    // the second one at 5 is a duplicate.
    let rows = Arc::new(vec![at(10), at(5), at(4), at(5)]);
    let report = pipeline(&rows, &[Script::Rows(1); 4], &store)
        .run()
        .await
        .unwrap();
    assert_eq!(
        (
            report.counts.accepted,
            report.counts.late,
            report.counts.duplicate
        ),
        (2, 1, 1)
    );
}

#[tokio::test]
async fn a_bound_of_zero_releases_at_once_and_still_finds_duplicates_across_restarts() {
    let store = MemoryStore::default();
    let at = |second, kmh| Reading {
        car: 0,
        second,
        kmh,
        id: 0,
    };
    let rows = Arc::new(vec![
        at(1, 60),
        at(1, 61),
        at(1, 60),
        at(0, 50),
        at(2, 60),
        at(2, 60),
    ]);
    let mut report = None;
    for crash_at in [4, 3, 99] {
        let (graph, streams) = graph();
        let source = Scripted::new("memory/0", Arc::clone(&rows), [Script::Rows(1); 9]);
        let order = Order::within(Duration::ZERO);
        let faults = Faults::at([(Operation::Commit, crash_at, Fault::CrashBefore)]);
        let faulty = FaultyStore::new(store.clone(), &faults);
        let table = FaultySink::new(store.table("readings"), &faults);
        let run = Pipeline::exactly_once(source, Typed::default(), order, graph, faulty)
            .store("readings", streams.readings, table)
            .epochs(EpochLimits {
                records: 1,
                ..EpochLimits::default()
            })
            .run();
        report = faults.until_crash(run).await.transpose().unwrap();
    }
    let counts = report.unwrap().counts;
    assert_eq!((counts.accepted, counts.late, counts.duplicate), (3, 1, 2));
    assert_eq!(store.rows()["readings"].len(), 3);
    assert_eq!(at(2, 60).at(), time(2));
}

/// Sums of a window may be infinite before the first row, and a restart must decode them.
#[test]
fn a_state_by_serde_holds_numbers_that_are_not_finite() {
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Least(f64);
    crate::state_by_serde!(Least, 1);
    let mut bytes = Vec::new();
    crate::data::State::encode(&Least(f64::INFINITY), &mut bytes);
    let read = <Least as crate::data::State>::decode(1, &mut bytes.as_slice());
    assert_eq!(read, Some(Least(f64::INFINITY)));
}

#[tokio::test]
async fn a_source_that_is_always_ready_does_not_starve_the_stop() {
    let store = MemoryStore::default();
    let script = vec![Script::Rows(1); 20_000];
    let stop = tokio::time::sleep(Duration::from_millis(1));
    let pipeline = pipeline(&rows(20_000), &script, &store);
    let report = pipeline.run_until(stop).await.unwrap();
    assert_eq!(report.ending, Ending::Stopped);
}
