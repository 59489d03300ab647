//! The same job by this library, which also orders events, drops duplicates, and commits.

use std::{sync::Arc, time::Duration};

use fleet_core::{
    Graph, Operator, Order, Pipeline, Row, State,
    operator::Cx,
    sink::Null,
    window::{SummaryOf, Tumbling},
};

use super::super::{
    in_memory::{AsSample, DiscardStore, InMemory},
    run::block_on,
    sample::Sample,
};

/// Three rules; each raises an alert when it becomes true.
struct Limits;

/// Bit `i` is set if rule `i` was true at the last sample.
#[derive(Clone, Copy)]
struct Active(u8);

impl State for Active {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        self.0.encode(to);
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        u8::decode(version, from).map(Self)
    }
}

impl Operator for Limits {
    type In = Sample;
    type Out = u32;
    type State = Active;

    fn init(&self) -> Active {
        Active(0)
    }
    #[inline]
    fn on_row(&self, active: &mut Active, row: &Row<Sample>, cx: &mut Cx<'_, u32>) {
        let offends = (0u8..).zip(row.value.offends());
        let now = offends.fold(0, |now, (rule, offends)| now | u8::from(offends) << rule);
        let mut opened = now & !active.0;
        active.0 = now;
        while opened != 0 {
            cx.emit(opened.trailing_zeros());
            opened &= opened - 1;
        }
    }
}

/// Returns the number of alerts and of windows.
pub(crate) fn run(rows: &Arc<Vec<Sample>>, bound: Duration) -> (u64, u64) {
    let (mut graph, samples) = Graph::<Sample>::new();
    let alerts = graph.apply("rules", samples, Limits);
    let speed = SummaryOf::new(|sample: &Sample| Some(sample.speed));
    let windows = graph.apply("windows", samples, Tumbling::minutes(1).aggregate(speed));
    let order = Order::within(bound);
    let pipeline =
        Pipeline::exactly_once(InMemory::new(rows), AsSample, order, graph, DiscardStore)
            .store("alerts", alerts, Null)
            .store("windows", windows, Null);
    let report = block_on(pipeline.run());
    (
        report.tally("sink.alerts", "given"),
        report.tally("sink.windows", "given"),
    )
}
