//! Runs an operator in a pipeline or harness and returns its results or state.

#![allow(dead_code, reason = "each test uses some of it")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use fleet_core::{
    Event, EventTime, Graph, MemoryStore, Operator, Order, Pipeline, VehicleId,
    decode::Typed,
    testing::{Harness, Scripted},
};

pub(crate) const START_S: i64 = 1_699_999_200; // a full hour

pub(crate) fn at(second: f64) -> EventTime {
    EventTime::from_micros(START_S * 1_000_000 + (second * 1e6).round() as i64)
}

pub(crate) fn vehicle(name: &str) -> VehicleId {
    VehicleId::new(name).unwrap()
}

/// What the operator emits for these events, in the order it does.
pub(crate) async fn run<L>(logic: L, rows: Vec<L::In>) -> Vec<L::Out>
where
    L: Operator,
    L::In: Event,
{
    run_in(Order::default(), logic, rows).await
}

/// As [`run`], for events that come out of order like this.
pub(crate) async fn run_in<L>(order: Order, logic: L, rows: Vec<L::In>) -> Vec<L::Out>
where
    L: Operator,
    L::In: Event,
{
    let (mut graph, events) = Graph::new();
    let results = graph.apply("node", events, logic);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&seen);
    let counted = graph.map("taken", results, move |result: &L::Out| {
        taken.lock().unwrap().push(result.clone());
        1
    });
    let store = MemoryStore::default();
    let source = Scripted::of_events("memory", rows);
    let report = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone())
        .store("taken", counted, store.table("taken"))
        .run()
        .await
        .unwrap();
    assert!(report.balances());
    let seen = seen.lock().unwrap();
    seen.clone()
}

/// The state of a vehicle after these events, which are taken in the order of arrival.
pub(crate) fn state_after<L>(
    logic: L,
    rows: impl IntoIterator<Item = L::In>,
    vehicle: &str,
) -> L::State
where
    L: Operator,
    L::In: Event,
{
    let (mut graph, events) = Graph::new();
    let _results = graph.apply("node", events, logic);
    let mut harness = Harness::new(graph, Order::within(Duration::ZERO));
    harness.push_batch(rows).unwrap();
    harness.state::<L>("node", vehicle).unwrap()
}
