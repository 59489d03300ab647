//! An operator passes its suite, and a harness restores its state.

use std::time::Duration;

use crate::{
    contracts::{Operator, operator::Cx},
    data::{ErrorKind, EventTime, VehicleId, units::Speed},
    engine::{graph::Graph, order::Order},
    event::Telemetry,
    rows::Row,
    testing::{Harness, conformance::operator},
};

/// Counts the rows of a key, and emits the count at each.
struct Count;

impl Operator for Count {
    type In = Telemetry;
    type Out = u32;
    type State = u32;
    fn init(&self) -> u32 {
        0
    }
    fn on_row(&self, count: &mut u32, _: &Row<Telemetry>, cx: &mut Cx<'_, u32>) {
        *count += 1;
        cx.emit(*count);
    }
}

/// Rows of two cars, two of each car's in each second.
pub(super) fn drive() -> Vec<Telemetry> {
    let rows = (0..60).map(|n| {
        let car = VehicleId::new(&format!("car-{}", n % 2)).unwrap();
        Telemetry::new(car, EventTime::from_micros(n / 4 * 1_000_000))
            .with_speed(Speed::from_kmh(n as f64))
    });
    rows.collect()
}

#[test]
fn an_operator_passes_its_suite() {
    operator(|| Count, &drive());
}

#[test]
fn a_harness_goes_on_from_a_snapshot_in_another_process_and_refuses_another_graph() {
    let graph = |name: &str| {
        let (mut graph, telemetry) = Graph::new();
        let counts = graph.apply(name, telemetry, Count);
        (graph, counts)
    };
    let (first, counts) = graph("counts");
    let mut first = Harness::new(first, Order::within(Duration::ZERO));
    first.watch(counts);
    first.push_batch(drive()).unwrap();
    let state = first.state::<Count>("counts", "car-1").unwrap();
    assert_eq!((state, first.take(counts).len()), (30, 60));
    assert_eq!(first.counts().accepted, 60);
    let snapshot = first.snapshot();

    let (second, counts) = graph("counts");
    let order = Order::within(Duration::ZERO);
    let mut second = Harness::from_snapshot(second, order, &snapshot).unwrap();
    second.watch(counts);
    let car = VehicleId::new("car-1").unwrap();
    let later = Telemetry::new(car, EventTime::from_micros(60_000_000));
    second.push(later.clone()).unwrap();
    assert_eq!(second.take(counts), [31]);
    second.push(later).unwrap();
    assert_eq!(second.counts().duplicate, 1);
    second.end();
    assert!(second.push(drive().remove(0)).is_err());

    let (other, _) = graph("other");
    let error = Harness::from_snapshot(other, order, &snapshot).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Structure);
}
