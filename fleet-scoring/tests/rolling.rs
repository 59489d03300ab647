//! Rolling scores of drivers: the suite of operators, and a plain loop.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panic, as tests do"
)]

use std::time::Duration;

use fleet_core::{
    ContentId, DriverId, EventTime, Graph, Order,
    event::Severity,
    table::{TableRow, to_ndjson},
    testing::{Harness, conformance},
    units::Distance,
    window::Window,
};
use fleet_scoring::{
    profile,
    score::{
        Cause, DriverRating, Evidence, Exposure, RollingScore, RollingScores, ScoredEvent,
        ScoredTrip,
    },
};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Midnight, UTC.
const START_S: i64 = 1_700_006_400;

fn at(hours: i64) -> EventTime {
    EventTime::from_micros((START_S + hours * 3600) * 1_000_000)
}

/// A trip of one of three drivers every five hours; now and then the distance is unknown.
fn trip(number: u32) -> ScoredTrip {
    let end = at(i64::from(number) * 5);
    let name = format!("trip-{number}");
    let driven = Exposure::new(
        Distance::from_km(f64::from(number % 7) * 11.0 + 3.0),
        Duration::from_secs(900),
    );
    let driven = (!number.is_multiple_of(10)).then_some(driven);
    let watched = [Cause::HarshBrake, Cause::HarshCorner, Cause::Speeding];
    let mut evidence = Evidence::of_trip(driven, &watched);
    for event in 0..number % 4 {
        let start = end - Duration::from_secs(u64::from(event) * 40 + 60);
        let cause = watched[usize::try_from(event).unwrap()];
        let event = ScoredEvent::new(&name, cause, start, start + Duration::from_secs(5));
        evidence.add(event.with_severity(Severity::Medium));
    }
    ScoredTrip {
        id: ContentId(number.into()),
        driver: DriverId::new(&format!("driver-{}", number % 3)).unwrap(),
        end,
        evidence,
    }
}

fn trips() -> Vec<ScoredTrip> {
    (0..150).map(trip).collect()
}

#[test]
fn rolling_scores_pass_the_suite_of_operators() {
    conformance::revising_operator(
        || RollingScores::over(7 * DAY, profile::per_100km()).unwrap(),
        &trips(),
        conformance::latest_windows,
    );
}

fn rolled(trips: Vec<ScoredTrip>) -> Vec<Window<RollingScore>> {
    let (mut graph, rows) = Graph::new();
    let operator = RollingScores::over(7 * DAY, profile::per_100km()).unwrap();
    let scores = graph.apply("scores", rows, operator);
    let mut harness = Harness::new(graph, Order::within(Duration::ZERO));
    harness.watch(scores);
    harness.push_batch(trips).unwrap();
    harness.end();
    harness.take(scores)
}

#[test]
fn each_window_scores_the_union_of_its_trips_by_a_plain_loop() {
    let profile = profile::per_100km();
    let windows = rolled(trips());
    assert!(windows.len() > 90, "{}", windows.len());
    for window in &windows {
        let mut evidence = Evidence::default();
        let mut left_out = 0;
        for trip in trips() {
            let is_in = trip.end >= window.start && trip.end < window.end;
            if trip.driver.as_str() != window.key || !is_in {
                continue;
            }
            if trip.evidence.sums().driven().is_none() {
                left_out += 1;
            } else {
                evidence.merge(&trip.evidence);
            }
        }
        assert_eq!(window.end.since(window.start), 7 * DAY);
        assert_eq!(window.value.trips, evidence.sums().trips());
        assert_eq!(window.value.trips_left_out, left_out);
        assert_eq!(window.value.receipt, profile.shrunk_receipt(&evidence));
    }
    assert!(windows.iter().any(|window| window.value.trips_left_out > 0));
}

#[test]
fn a_trip_that_is_sent_twice_counts_once() {
    let twice = trips().into_iter().flat_map(|trip| [trip.clone(), trip]);
    assert_eq!(rolled(twice.collect()), rolled(trips()));
}

#[test]
fn a_score_of_one_driver_does_not_depend_on_another() {
    let alone: Vec<_> = trips()
        .into_iter()
        .filter(|trip| trip.driver.as_str() == "driver-1")
        .collect();
    let mut among = rolled(trips());
    among.retain(|window| window.key == "driver-1");
    assert_eq!(rolled(alone), among);
}

#[test]
fn a_rating_is_a_row_of_a_table() {
    let window = rolled(vec![trip(1)]).remove(0);
    let mut line = Vec::new();
    to_ndjson(&DriverRating(window), &mut line);
    let row: serde_json::Value = serde_json::from_slice(&line).unwrap();
    assert_eq!(row["driver_id"], "driver-1");
    assert_eq!((&row["trips"], &row["revision"]), (&1.into(), &0.into()));
    assert_eq!(
        (&row["profile"], &row["profile_version"]),
        (&"per100km".into(), &1.into())
    );
    assert!(row["score"].as_f64().unwrap() < 100.0 && row["insufficient"].is_null());
    assert!(row["score_low"].as_f64() < row["score"].as_f64());
    assert!(row["score_high"].as_f64() > row["score"].as_f64());
    assert_eq!(
        row.as_object().unwrap().len(),
        DriverRating::columns().len()
    );
    let empty = rolled(vec![trip(10)]).remove(0);
    assert_eq!(
        (empty.value.receipt.score, empty.value.trips_left_out),
        (None, 1)
    );
}
