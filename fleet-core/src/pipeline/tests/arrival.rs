//! With a bound of 0 results depend on the order of arrival, but not on batches or crashes.

use std::{sync::Arc, time::Duration};

use super::{
    model::{CARS, Reading, graph},
    simulation::Dice,
};
use crate::{
    contracts::{MemoryStore, decode::Typed},
    engine::order::Order,
    pipeline::{EpochLimits, Pipeline, Report},
    testing::{Fault, Faults, FaultySink, FaultyStore, Operation, Script, Scripted},
};

/// Rows that arrive nearly in order, the first ninth of them twice.
fn rows(dice: &mut Dice) -> Arc<Vec<Reading>> {
    let mut rows = Vec::new();
    for second in 0..40 {
        for car in 0..CARS.len() {
            let kmh = 60 + dice.roll(40) as u16;
            rows.push(Reading {
                car,
                second,
                kmh,
                id: 0,
            });
        }
    }
    rows.extend_from_within(..rows.len() / 9);
    rows.sort_by_key(|row| (row.second, row.kmh % 7));
    Arc::new(rows)
}

async fn run(
    rows: &Arc<Vec<Reading>>,
    script: Vec<Script>,
    (store, epoch_rows): (&MemoryStore, u64),
    faults: &Faults,
) -> Option<Report> {
    let (graph, streams) = graph();
    let source = Scripted::new("memory/0", Arc::clone(rows), script);
    let order = Order::within(Duration::ZERO);
    let table = |name: &str| FaultySink::new(store.table(name), faults);
    let faulty = FaultyStore::new(store.clone(), faults);
    let pipeline = Pipeline::exactly_once(source, Typed::default(), order, graph, faulty);
    let pipeline = pipeline.store("readings", streams.readings, table("readings"));
    let limits = EpochLimits {
        records: epoch_rows,
        ..EpochLimits::default()
    };
    let run = streams.stored(pipeline, table).epochs(limits).run();
    let report = faults.until_crash(run).await?.unwrap();
    assert!(report.balances(), "{report:?}");
    Some(report)
}

#[tokio::test]
async fn prop_a_bound_of_zero_gives_the_rows_of_one_batch_in_any_other() {
    for seed in 0..300 {
        let mut dice = Dice::new(seed);
        let rows = rows(&mut dice);
        let truth = MemoryStore::default();
        let once = run(&rows, Vec::new(), (&truth, 1000), &Faults::none()).await;
        let store = MemoryStore::default();
        let report = loop {
            let batches = (0..rows.len()).map(|_| Script::Rows(1 + dice.roll(40) as usize));
            let script = batches.collect();
            let fault = dice.pick(&[Fault::CrashBefore, Fault::CrashAfter]);
            let faults = Faults::at([(Operation::Commit, 1 + dice.roll(6), fault)]);
            let limit = 1 + dice.roll(60);
            let report = run(&rows, script, (&store, limit), &faults).await;
            if let Some(report) = report {
                break report;
            }
        };
        assert_eq!(
            Some(report.counts),
            once.map(|once| once.counts),
            "seed {seed}"
        );
        assert!(store.rows() == truth.rows(), "seed {seed}: the rows differ");
    }
}
