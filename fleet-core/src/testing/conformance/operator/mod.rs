//! The suite of operators: their results depend on the events alone.

mod arrival;
mod codec;
mod run;

use std::{fmt::Debug, time::Duration};

use crate::{contracts::Operator, engine::order::Order, event::Event};
use arrival::Input;
use run::{Outcome, Restarts, Runs};

/// How a run is cut into batches of these sizes, in turn, and when it is restarted. Our choice:
/// single events, a mix, and more than most windows hold; each kind of restart with one of them.
const CUTS: [(&[usize], Restarts); 3] = [
    (&[50], Restarts::Never),
    (&[1], Restarts::InTheMiddle),
    (&[2, 7, 1], Restarts::AfterEachBatch),
];

/// Tests an [`Operator`] that does not [revise](Operator::revises) its results.
///
/// `make` creates the operator and `rows` are sample input. The suite asserts that
/// - the operator emits results at all;
/// - it [resumes](Operator::resume) states of its own structure;
/// - any batches and restarts lead to the same results;
/// - an out-of-orderness bound of 0 with sorted input and larger bounds with input shuffled within
///   them lead to the same results;
/// - belated events change no result;
/// - each state of these runs can be read back from its own encoding, and not from a truncated one.
///
/// A restart in the middle of the input only proves something if the operator then holds state that
/// later results depend on. Choose `rows` accordingly: several keys, and enough events of each that
/// some can be belated.
///
/// # Examples
/// ```
/// use fleet_core::{
///     EventTime, Operator, VehicleId, event::Telemetry, operator::Cx, row::Row,
///     testing::conformance,
/// };
/// /// Counts the events of each vehicle and emits every tenth.
/// struct EveryTenth;
/// impl Operator for EveryTenth {
///     type In = Telemetry;
///     type Out = u32;
///     type State = u32;
///     fn init(&self) -> u32 { 0 }
///     fn on_row(&self, count: &mut u32, _: &Row<Telemetry>, cx: &mut Cx<'_, u32>) {
///         *count += 1;
///         if *count % 10 == 0 {
///             cx.emit(*count);
///         }
///     }
/// }
///
/// let rows: Vec<_> = (0..200)
///     .map(|second| {
///         let car = VehicleId::new(&format!("car-{}", second % 3)).unwrap();
///         Telemetry::new(car, EventTime::from_micros(second * 1_000_000))
///     })
///     .collect();
/// conformance::operator(|| EveryTenth, &rows);
/// ```
///
/// # Panics
/// If an assertion fails, if the operator revises its results, or if `rows` cannot prove anything.
pub fn operator<L>(make: impl Fn() -> L, rows: &[L::In])
where
    L: Operator<In: Event, Out: Debug>,
{
    assert!(
        !make().revises(),
        "the operator revises its results: test it with `revising_operator`"
    );
    let input = Input::new(rows);
    let runs = Runs::new(&make);
    results_depend_on_rows_alone(&runs, &input);
    let order = Order::within(input.bound());
    let (late, timely) = input.belated();
    let without = runs.whole(order, &timely);
    let with = belated_runs_agree(&runs, order.allowing(input.span()), &late);
    agree(&with, &without, "belated rows change a result");
}

/// Tests an [`Operator`] that [revises](Operator::revises) its results.
///
/// The assertions are those of [`operator`], except that belated events must change results.
/// `settled` keeps of the results those that are not replaced by later ones, or adds up partial
/// ones. The suite asserts that belated events lead to the same settled results as the same events
/// in order, and to others than without them.
///
/// # Examples
/// A table that keeps the latest revision of each window:
/// ```
/// use std::time::Duration;
/// use fleet_core::window::{SummaryOf, Tumbling};
/// use fleet_core::{EventTime, VehicleId, event::Telemetry, testing::conformance};
/// let rows: Vec<_> = (0..200)
///     .map(|second| {
///         let car = VehicleId::new(&format!("car-{}", second % 3)).unwrap();
///         Telemetry::new(car, EventTime::from_micros(second * 1_000_000))
///     })
///     .collect();
/// let windows = Tumbling::of(Duration::from_secs(20)).unwrap();
/// conformance::revising_operator(
///     || windows.aggregate(SummaryOf::new(|_: &Telemetry| Some(1.0))),
///     &rows,
///     conformance::latest_windows,
/// );
/// ```
///
/// # Panics
/// If an assertion fails, if the operator does not revise its results, or if `rows` cannot prove
/// anything.
pub fn revising_operator<L, T>(
    make: impl Fn() -> L,
    rows: &[L::In],
    settled: impl Fn(Vec<L::Out>) -> T,
) where
    L: Operator<In: Event, Out: Debug>,
    T: Debug + PartialEq,
{
    assert!(
        make().revises(),
        "the operator does not revise its results: test it with `operator`"
    );
    let input = Input::new(rows);
    let runs = Runs::new(&make);
    let truth = settled(results_depend_on_rows_alone(&runs, &input).values);
    let order = Order::within(input.bound());
    let (late, timely) = input.belated();
    let without = settled(runs.whole(order, &timely).values);
    assert_ne!(
        without, truth,
        "the suite needs belated rows that change results"
    );
    let with = belated_runs_agree(&runs, order.allowing(input.span()), &late);
    assert_eq!(
        settled(with.values),
        truth,
        "belated rows lead to the results of the same rows in order"
    );
}

/// Asserts that batches, restarts, the bound and the order of arrival within it do not change the
/// results, and returns them.
fn results_depend_on_rows_alone<L>(runs: &Runs<'_, L>, input: &Input<L::In>) -> Outcome<L>
where
    L: Operator<In: Event, Out: Debug>,
{
    runs.resume_themselves();
    let in_order = Order::within(Duration::ZERO);
    let truth = runs.whole(in_order, &input.in_order);
    assert!(
        !truth.rows.is_empty(),
        "the operator emits nothing: the suite needs rows that lead to results"
    );
    codec::states_survive_their_encoding(runs, &input.in_order, input.span());
    for bound in [Duration::ZERO, input.bound(), input.span()] {
        for (sizes, restarts) in CUTS {
            let found = runs.run(Order::within(bound), &input.in_order, sizes, restarts);
            let how = format!("bound {bound:?}, batches of {sizes:?}, restarts: {restarts:?}");
            agree(&found, &truth, &how);
        }
    }
    for (bound, arrived) in input.shuffled() {
        for (sizes, restarts) in CUTS {
            let found = runs.run(Order::within(bound), &arrived, sizes, restarts);
            let shuffled = format!("shuffled within {bound:?}");
            let how = format!("{shuffled}, batches of {sizes:?}, restarts: {restarts:?}");
            agree(&found, &truth, &how);
        }
    }
    let [without, with] =
        [false, true].map(|restarts| runs.states(in_order, &input.in_order, restarts));
    assert!(without == with, "a restart changes a state");
    let each = runs.run(in_order, &input.in_order, &[1], Restarts::AfterEachBatch);
    agree(&each, &truth, "a restart after each row");
    truth
}

/// Asserts that batches and restarts do not change the results of rows of which some are belated,
/// and returns them.
fn belated_runs_agree<L>(runs: &Runs<'_, L>, order: Order, arrived: &[L::In]) -> Outcome<L>
where
    L: Operator<In: Event, Out: Debug>,
{
    let whole = runs.whole(order, arrived);
    for (sizes, restarts) in CUTS {
        let found = runs.run(order, arrived, sizes, restarts);
        let how = format!("with belated rows, batches of {sizes:?}, restarts: {restarts:?}");
        agree(&found, &whole, &how);
    }
    whole
}

/// Fails with the first result in which two runs differ.
fn agree<L: Operator>(found: &Outcome<L>, wanted: &Outcome<L>, how: &str) {
    let same = found.rows.iter().zip(&wanted.rows);
    let place = same.take_while(|(found, wanted)| found == wanted).count();
    assert_eq!(
        found.rows.get(place),
        wanted.rows.get(place),
        "{how}: result {place} of {} differs from that of {}",
        found.rows.len(),
        wanted.rows.len()
    );
}
