//! Timers that set further timers, and timers that fire only at the end of the input.

use std::time::Duration;

use super::model::{Reading, time};
use crate::{
    contracts::{
        MemoryStore, Operator,
        decode::Typed,
        operator::{Cx, Keep},
    },
    data::EventTime,
    engine::{graph::Graph, order::Order},
    pipeline::Pipeline,
    rows::Row,
    testing::{Harness, Scripted},
};

/// Sets another timer in each timer, forever, and one for a time that has passed.
struct Restless;

impl Operator for Restless {
    type In = Reading;
    type Out = u8;
    type State = ();
    fn init(&self) {}
    fn on_row(&self, (): &mut (), _: &Row<Reading>, cx: &mut Cx<'_, u8>) {
        cx.wake_at(time(0));
    }
    fn on_timer(&self, (): &mut (), at: EventTime, cx: &mut Cx<'_, u8>) -> Keep {
        cx.emit(0);
        cx.wake_at(at + Duration::from_secs(1));
        Keep::State
    }
}

#[tokio::test]
async fn timers_that_set_timers_end_with_the_input_and_none_fires_in_the_past() {
    let store = MemoryStore::default();
    let (mut graph, readings) = Graph::new();
    let ticks = graph.apply("restless", readings, Restless);
    let at = |second| Reading {
        car: 0,
        second,
        kmh: 60,
        id: 0,
    };
    let source = Scripted::of_events("memory/0", [at(10), at(20)]);
    Pipeline::exactly_once(
        source,
        Typed::default(),
        Order::default(),
        graph,
        store.clone(),
    )
    .store("ticks", ticks, store.table("ticks"))
    .run()
    .await
    .unwrap();
    let ticks = &store.rows()["ticks"];
    // One per second from the row at 10. The end of the input fires the one that is pending.
    assert!(
        ticks[0].starts_with(&time(10).to_string()) && ticks.len() < 15,
        "{ticks:?}"
    );
}

/// Sets a timer that only the end of the input fires.
struct Last;

impl Operator for Last {
    type In = Reading;
    type Out = u8;
    type State = u8;
    fn init(&self) -> u8 {
        0
    }
    fn on_row(&self, rows: &mut u8, _: &Row<Reading>, cx: &mut Cx<'_, u8>) {
        *rows += 1;
        cx.wake_at(EventTime::AFTER_ALL);
    }
    fn on_timer(&self, rows: &mut u8, _: EventTime, cx: &mut Cx<'_, u8>) -> Keep {
        cx.emit(*rows);
        Keep::Nothing
    }
}

#[test]
fn a_timer_after_all_fires_at_the_end_and_not_before() {
    for bound in [0, 5] {
        let (mut graph, readings) = Graph::new();
        let counts = graph.apply("last", readings, Last);
        let bound = Duration::from_secs(bound);
        let mut harness = Harness::new(graph, Order::within(bound));
        harness.watch(counts);
        for second in [10, 20, 90] {
            let reading = Reading {
                car: 0,
                second,
                kmh: 60,
                id: 0,
            };
            harness.push(reading).unwrap();
        }
        harness.advance_to(EventTime::MAX);
        assert!(harness.take(counts).is_empty());
        harness.end();
        assert_eq!(harness.take(counts), [3]);
    }
}
