use std::{fmt::Debug, time::Duration};

use crate::{
    contracts::Operator,
    data::EventTime,
    engine::{graph::Graph, order::Order},
    event::Event,
    testing::Harness,
};

/// What every [`Operator`] owes: any batching, any restart and any order of arrival within the bound gives the
/// same rows. `make` gives the operator, and `rows` are some of its input, of any number of keys.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use fleet_core::{EventTime, VehicleId, event::Telemetry, testing::conformance, window::{SummaryOf, Tumbling}};
/// let rows: Vec<_> = (0..200)
///     .map(|second| {
///         let car = VehicleId::new(&format!("car-{}", second % 3)).unwrap();
///         Telemetry::new(car, EventTime::from_micros(second * 1_000_000))
///     })
///     .collect();
/// conformance::operator(
///     || Tumbling::of(Duration::from_secs(60)).unwrap().aggregate(SummaryOf::new(|_: &Telemetry| Some(1.0))),
///     &rows,
/// );
/// ```
///
/// # Panics
/// With the promise that was broken.
pub fn operator<L>(make: impl Fn() -> L, rows: &[L::In])
where
    L: Operator<In: Event, Out: Debug>,
{
    let mut in_order = rows.to_vec();
    in_order.sort_by_key(Event::at);
    let (first, last) = (
        in_order.first().map(Event::at),
        in_order.last().map(Event::at),
    );
    let (Some(first), Some(last)) = (first, last) else {
        panic!("the suite needs some rows");
    };
    for bound in [Duration::from_secs(5), last.since(first)] {
        let order = Order::within(bound);
        let whole = run(&make, order, &in_order, &[in_order.len()], false);
        for sizes in [&[1][..], &[2, 7, 1], &[50]] {
            for restarts in [false, true] {
                let pieces = run(&make, order, &in_order, sizes, restarts);
                assert_eq!(pieces, whole, "batches of {sizes:?}, restarts: {restarts}");
            }
        }
    }
    // Within a bound as long as the input any order will do.
    let order = Order::within(last.since(first));
    let whole = run(&make, order, &in_order, &[in_order.len()], false);
    let (even, odd): (Vec<_>, Vec<_>) = in_order
        .iter()
        .cloned()
        .enumerate()
        .partition(|(n, _)| n % 2 == 0);
    let mixed: Vec<_> = odd.into_iter().chain(even).map(|(_, row)| row).collect();
    let backwards: Vec<_> = in_order.iter().rev().cloned().collect();
    for arrived in [mixed, backwards] {
        let found = run(&make, order, &arrived, &[3, 1], true);
        assert_eq!(found, whole, "the order of arrival within the bound shows");
    }
}

/// The rows of one run, sorted; with `restarts` the state goes through a snapshot after each batch.
fn run<L>(
    make: &impl Fn() -> L,
    order: Order,
    rows: &[L::In],
    sizes: &[usize],
    restarts: bool,
) -> Vec<(EventTime, String)>
where
    L: Operator<In: Event, Out: Debug>,
{
    let (mut graph, events) = Graph::new();
    let results = graph.apply("operator", events, make());
    let mut harness = Harness::new(graph, order);
    harness.watch(results);
    let (mut rest, mut sizes) = (rows, sizes.iter().cycle());
    while !rest.is_empty() {
        let size = sizes.next().map_or(1, |size| (*size).min(rest.len()));
        let (batch, more) = rest.split_at(size);
        rest = more;
        let pushed = harness.push_batch(batch.iter().cloned());
        pushed.expect("an input that has not ended takes rows");
        if restarts {
            let snapshot = harness.snapshot();
            harness.restore(&snapshot).expect("an own snapshot is read");
        }
    }
    harness.end();
    let rows = harness.take_rows(results).into_iter();
    let mut rows: Vec<_> = rows
        .map(|row| (row.at, format!("{:?}", row.value)))
        .collect();
    rows.sort_unstable();
    rows
}
