//! Each kind of windows passes the suite of operators, with each aggregate.

use std::time::Duration;

use crate::{
    data::{
        EventTime, VehicleId,
        units::{Percent, Speed},
    },
    event::Telemetry,
    testing::conformance::{latest_sessions, latest_windows, revising_operator},
    window::{Aggregate, Session, Sliding, SummaryOf, Tumbling},
};

const SECOND: Duration = Duration::from_secs(1);

/// Rows of three cars, with pauses that part sessions; some rows have no speed, some times have two
/// rows.
fn drive() -> Vec<Telemetry> {
    let rows = (0..120_u32).map(|n| {
        let car = VehicleId::new(&format!("car-{}", n % 3)).unwrap();
        let second = n / 3 + n / 30 * 7 + if n.is_multiple_of(5) { n % 2 } else { 0 };
        let at = EventTime::from_micros(1_700_000_000_000_000) + SECOND * second;
        // The suite delays every third row of a car: those have the lowest charges.
        let charge = if n / 3 % 3 == 1 { n % 20 } else { 20 + n % 80 };
        let charge = Percent::from_percent(f64::from(charge));
        let row = Telemetry::new(car, at).with_battery_charge(charge);
        if n.is_multiple_of(11) {
            row
        } else {
            row.with_speed(Speed::from_kmh(f64::from(n * 13 % 97) + 0.125))
        }
    });
    rows.collect()
}

fn speed(row: &Telemetry) -> Option<f64> {
    row.speed().map(Speed::as_kmh)
}

/// An aggregate other than the one of the library: the lowest charge, percent.
#[derive(Clone, Copy)]
struct LowestCharge;

impl Aggregate for LowestCharge {
    type In = Telemetry;
    type Accumulator = f64;
    type Out = f64;
    fn empty(&self) -> f64 {
        f64::MAX
    }
    fn add(&self, lowest: &mut f64, row: &Telemetry, _: EventTime) {
        let charge = row.battery_charge().map(Percent::as_percent);
        *lowest = charge.map_or(*lowest, |charge| charge.min(*lowest));
    }
    fn merge(&self, into: &mut f64, other: &f64) {
        *into = into.min(*other);
    }
    fn finish(&self, lowest: &f64) -> f64 {
        *lowest
    }
}

#[test]
fn tumbling_windows_pass_the_suite_of_operators() {
    for length in [SECOND, 7 * SECOND] {
        let windows = Tumbling::of(length).unwrap();
        let speeds = || windows.aggregate(SummaryOf::new(speed));
        revising_operator(speeds, &drive(), latest_windows);
        revising_operator(|| windows.aggregate(LowestCharge), &drive(), latest_windows);
    }
}

#[test]
fn sliding_windows_pass_the_suite_of_operators() {
    for (length, slide) in [(6, 2), (20, 5)] {
        let windows = Sliding::of(length * SECOND, slide * SECOND).unwrap();
        let speeds = || windows.aggregate(SummaryOf::new(speed));
        revising_operator(speeds, &drive(), latest_windows);
        revising_operator(|| windows.aggregate(LowestCharge), &drive(), latest_windows);
    }
}

#[test]
fn sessions_pass_the_suite_of_operators() {
    for gap in [2, 5] {
        let sessions = Session::of(gap * SECOND).unwrap();
        let speeds = || sessions.aggregate(SummaryOf::new(speed));
        revising_operator(speeds, &drive(), latest_sessions);
        revising_operator(
            || sessions.aggregate(LowestCharge),
            &drive(),
            latest_sessions,
        );
    }
}
