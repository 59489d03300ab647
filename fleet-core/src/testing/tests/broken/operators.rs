//! Operators that break one promise each, and the assertion that refuses them.

use std::{
    marker::PhantomData,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use super::{super::operators::drive, refused};
use crate::{
    contracts::{
        Operator,
        operator::{Cx, Resume},
    },
    data::{State, VehicleId, units::Speed},
    event::Telemetry,
    rows::Row,
    testing::conformance::{operator, revising_operator},
};

/// What the suite for operators reports.
fn refusal<L>(make: impl Fn() -> L) -> String
where
    L: Operator<In = Telemetry, Out: std::fmt::Debug>,
{
    refused(async { operator(make, &drive()) })
}

/// An operator made of the function that takes its rows.
struct Broken<S, F>(F, PhantomData<fn() -> S>);

fn broken<S, F>(on_row: F) -> Broken<S, F>
where
    F: Fn(&mut S, &Row<Telemetry>, &mut Cx<'_, u32>),
{
    Broken(on_row, PhantomData)
}

impl<S, F> Operator for Broken<S, F>
where
    S: State + Default,
    F: Fn(&mut S, &Row<Telemetry>, &mut Cx<'_, u32>) + Send + Sync + 'static,
{
    type In = Telemetry;
    type Out = u32;
    type State = S;
    fn init(&self) -> S {
        S::default()
    }
    fn on_row(&self, state: &mut S, row: &Row<Telemetry>, cx: &mut Cx<'_, u32>) {
        (self.0)(state, row, cx);
    }
}

/// An operator that goes on from another structure, but not from its own.
struct Estranged;

impl Operator for Estranged {
    type In = Telemetry;
    type Out = u32;
    type State = u32;
    fn structure(&self) -> String {
        "second".into()
    }
    fn resume(&self, saved: &str) -> Option<Resume<u32>> {
        (saved == "first").then(Resume::unchanged)
    }
    fn init(&self) -> u32 {
        0
    }
    fn on_row(&self, count: &mut u32, _: &Row<Telemetry>, cx: &mut Cx<'_, u32>) {
        *count += 1;
        cx.emit(*count);
    }
}

#[test]
fn an_operator_that_refuses_its_own_structure_is_refused() {
    let why = refusal(|| Estranged);
    assert!(why.contains("its own structure, `second`"), "{why}");
}

#[test]
fn an_operator_that_emits_the_place_of_a_record_is_refused() {
    let why =
        refusal(|| broken(|_: &mut u32, row, cx| cx.emit(u32::try_from(row.offset.0).unwrap())));
    assert!(why.contains("shuffled within"), "{why}");
}

#[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
struct Forgetful {
    count: u32,
    #[serde(skip)]
    forgotten: u32,
}
crate::state_by_serde!(Forgetful, 1);

#[test]
fn an_operator_whose_state_loses_a_field_is_refused_though_no_result_depends_on_it() {
    let why = refusal(|| {
        broken(|state: &mut Forgetful, _, cx| {
            state.forgotten += 1;
            state.count = state.forgotten;
            cx.emit(1);
        })
    });
    assert!(why.contains("a restart changes"), "{why}");
}

#[test]
fn an_operator_that_emits_nothing_is_refused() {
    let why = refusal(|| broken(|count: &mut u32, _, _| *count += 1));
    assert!(why.contains("emits nothing"), "{why}");
}

#[test]
fn an_operator_that_reads_what_lies_outside_its_rows_is_refused() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let why =
        refusal(|| broken(|_: &mut u32, _, cx| cx.emit(CALLS.fetch_add(1, Ordering::Relaxed))));
    assert!(
        why.contains("bound 0ns, batches of [50], restarts: Never"),
        "{why}"
    );
}

#[test]
fn an_operator_that_mixes_keys_is_refused_because_it_depends_on_batches() {
    let why = refusal(|| {
        let before = Mutex::new(String::new());
        broken(move |_: &mut u32, _, cx| {
            let before = std::mem::replace(&mut *before.lock().unwrap(), cx.key().to_owned());
            cx.emit(u32::from(before == cx.key()));
        })
    });
    assert!(why.contains("batches of"), "{why}");
}

#[test]
fn an_operator_whose_state_is_not_in_its_snapshot_is_refused() {
    let why = refusal(|| {
        let counts = AtomicU32::new(0);
        broken(move |_: &mut u32, row, cx| {
            if row.value.vehicle().as_str() == "car-0" {
                cx.emit(counts.fetch_add(1, Ordering::Relaxed));
            }
        })
    });
    assert!(why.contains("restarts: InTheMiddle"), "{why}");
}

/// A count whose encoding is wrong in one way.
#[derive(Clone, Copy, Debug, Default)]
struct Count<const HOW: u8>(u32);

const FORGETS: u8 = 0;
const FORGETS_BEYOND_TEN: u8 = 1;
const LEAVES_A_REST: u8 = 2;
const READS_A_PART: u8 = 3;

impl<const HOW: u8> State for Count<HOW> {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        match HOW {
            FORGETS => 0_u32.encode(to),
            FORGETS_BEYOND_TEN => self.0.min(10).encode(to),
            LEAVES_A_REST => (u64::from(self.0)).encode(to),
            _ => self.0.encode(to),
        }
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        match HOW {
            READS_A_PART => Some(Self(u32::decode(version, from).unwrap_or_default())),
            _ => u32::decode(version, from).map(Self),
        }
    }
}

fn counts<const HOW: u8>() -> String {
    refusal(|| {
        broken(|count: &mut Count<HOW>, _, cx| {
            count.0 += 1;
            cx.emit(count.0);
        })
    })
}

#[test]
fn a_state_that_its_encoding_forgets_is_refused() {
    let why = counts::<FORGETS>();
    assert!(why.contains("restarts: InTheMiddle"), "{why}");
    let why = counts::<FORGETS_BEYOND_TEN>();
    assert!(why.contains("restarts: InTheMiddle"), "{why}");
    // The harness itself refuses a snapshot that is not read to its end.
    let why = counts::<LEAVES_A_REST>();
    assert!(why.contains("of another type"), "{why}");
    let why = counts::<READS_A_PART>();
    assert!(why.contains("is read from 0 of its 4 bytes"), "{why}");
}

/// Sums the speeds of each key, and what it does with a belated row.
#[derive(Clone, Copy)]
enum Revising {
    Rightly,
    Never,
    Ignoring,
    Twice,
    /// By how many calls there were, of any key.
    Impurely,
}

struct Sum(Revising, AtomicU32);

fn sum(how: Revising) -> Sum {
    Sum(how, AtomicU32::new(0))
}

impl Operator for Sum {
    type In = Telemetry;
    type Out = (String, u64);
    type State = ();
    fn init(&self) {}
    fn on_row(&self, (): &mut (), row: &Row<Telemetry>, cx: &mut Cx<'_, (String, u64)>) {
        let kmh = row.value.speed().map_or(0.0, Speed::as_kmh);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "speeds of this test are small whole numbers"
        )]
        cx.emit((cx.key().to_owned(), kmh as u64));
    }
    fn revises(&self) -> bool {
        !matches!(self.0, Revising::Never)
    }
    fn on_belated(&self, (): &mut (), row: &Row<Telemetry>, cx: &mut Cx<'_, (String, u64)>) {
        let times = match self.0 {
            Revising::Ignoring => 0,
            Revising::Twice => 2,
            Revising::Impurely => self.1.fetch_add(1, Ordering::Relaxed) % 3,
            Revising::Rightly | Revising::Never => 1,
        };
        for _ in 0..times {
            self.on_row(&mut (), row, cx);
        }
    }
}

fn revising(how: Revising) {
    revising_operator(
        || sum(how),
        &drive(),
        |parts| {
            let mut sums = std::collections::BTreeMap::<String, u64>::new();
            for (key, part) in parts {
                *sums.entry(key).or_default() += part;
            }
            sums
        },
    );
}

#[test]
fn an_operator_that_ignores_belated_rows_or_counts_them_wrongly_is_refused() {
    revising(Revising::Rightly);
    let why = |how| refused(async move { revising(how) });
    for how in [Revising::Ignoring, Revising::Twice] {
        let why = why(how);
        assert!(why.contains("the same rows in order"), "{why}");
    }
    let why = why(Revising::Impurely);
    assert!(why.contains("with belated rows, batches of"), "{why}");
}

#[test]
fn each_operator_goes_to_its_own_suite_with_rows_that_can_prove_something() {
    let why = refused(async { operator(|| sum(Revising::Rightly), &drive()) });
    assert!(why.contains("test it with `revising_operator`"), "{why}");
    let why = refused(async { revising(Revising::Never) });
    assert!(why.contains("test it with `operator`"), "{why}");
    for (rows, promise) in [
        (Vec::new(), "some rows"),
        (drive()[..4].to_vec(), "rows of different times"),
        (
            vec![drive()[0].clone(), drive()[59].clone()],
            "rows closer than",
        ),
    ] {
        let why = refused(async {
            operator(|| broken(|_: &mut u32, _, cx| cx.emit(1)), &rows);
        });
        assert!(why.contains(promise), "{why}");
    }
    let alone = drive().into_iter().enumerate().map(|(n, row)| {
        let car = VehicleId::new(&format!("car-{n}")).unwrap();
        Telemetry::new(car, row.at())
    });
    let alone: Vec<_> = alone.collect();
    let why = refused(async { operator(|| broken(|_: &mut u32, _, cx| cx.emit(1)), &alone) });
    assert!(why.contains("none can be belated"), "{why}");
}
