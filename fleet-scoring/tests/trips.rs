//! Trips in a running pipeline: where they start and end, what they hold, and that a plain loop
//! finds the same.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panic, as tests do"
)]

use std::sync::{Arc, Mutex};

use fleet_core::{
    EventTime, Graph, MemoryStore, Order, Pipeline, Stream, VehicleId,
    decode::Typed,
    event::Telemetry,
    table::{TableRow, to_ndjson},
    testing::{Harness, Script, Scripted},
    units::{Acceleration, Distance, Speed},
};
use fleet_scoring::{SeedFleetflow, SegmentTrips, Trip, TripOptions};

const START_S: i64 = 1_700_000_000;

fn row(second: i64, kmh: f64) -> Telemetry {
    let at = EventTime::from_micros((START_S + second) * 1_000_000);
    Telemetry::new(VehicleId::new("car-1").unwrap(), at).with_speed(Speed::from_kmh(kmh))
}

async fn trips_by(rows: Vec<Telemetry>, script: Vec<Script>) -> Vec<Trip> {
    let (mut graph, telemetry) = Graph::new();
    let logic = SegmentTrips::new(TripOptions::default(), SeedFleetflow::default());
    let trips = graph.apply("trips", telemetry, logic);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&seen);
    let counted = graph.map("taken", trips, move |trip: &Trip| {
        taken.lock().unwrap().push(trip.clone());
        1
    });
    let store = MemoryStore::default();
    let source = Scripted::new("memory", Arc::new(rows), script);
    let order = Order::default();
    Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone())
        .store("taken", counted, store.table("taken"))
        .run()
        .await
        .unwrap();
    let seen = seen.lock().unwrap();
    seen.clone()
}

/// The trips as `start-end samples km`, seconds from the start of the test.
async fn trips(rows: Vec<Telemetry>) -> Vec<String> {
    let second = |at: EventTime| at.as_micros() / 1_000_000 - START_S;
    let km = |trip: &Trip| {
        trip.sums
            .distance_km()
            .map_or("?".into(), |km| format!("{km:.3}"))
    };
    let trips = trips_by(rows, vec![]).await;
    trips
        .iter()
        .map(|trip| {
            let (start, end) = (second(trip.start), second(trip.end));
            format!("{start}-{end} {} {}", trip.sums.samples, km(trip))
        })
        .collect()
}

/// Rows every 10 s: so many at each speed.
fn drive(parts: &[(i64, f64)]) -> Vec<Telemetry> {
    let speeds = parts
        .iter()
        .flat_map(|(rows, kmh)| (0..*rows).map(move |_| *kmh));
    (0..)
        .step_by(10)
        .zip(speeds)
        .map(|(second, kmh)| row(second, kmh))
        .collect()
}

#[tokio::test]
async fn a_trip_runs_from_the_first_row_that_moves_to_the_first_of_a_long_stop() {
    // 36 km/h are 100 m in 10 s; half of that into the stop.
    let rows = drive(&[(3, 0.0), (10, 36.0), (40, 0.0)]);
    assert_eq!(trips(rows).await, ["30-130 11 0.950"]);
}

#[tokio::test]
async fn a_short_stop_belongs_to_the_trip_and_a_stop_of_three_minutes_ends_it() {
    let halt = |rows| trips(drive(&[(10, 36.0), (rows, 0.0), (10, 36.0), (30, 0.0)]));
    assert_eq!(halt(17).await, ["0-370 38 1.950"]);
    assert_eq!(halt(19).await, ["0-100 11 0.950", "290-390 11 0.950"]);
}

#[tokio::test]
async fn a_move_that_is_short_in_way_and_time_is_no_trip() {
    assert!(trips(drive(&[(2, 36.0), (60, 0.0)])).await.is_empty());
    // 190 s at 2 km/h are 106 m, and long enough.
    assert_eq!(
        trips(drive(&[(20, 2.0), (30, 0.0)])).await,
        ["0-200 21 0.108"]
    );
    assert!(trips(drive(&[(17, 2.0), (30, 0.0)])).await.is_empty());
    assert!(trips(drive(&[(30, 0.9)])).await.is_empty());
}

#[tokio::test]
async fn an_hour_of_silence_ends_a_trip_at_its_last_row() {
    let mut rows = drive(&[(10, 36.0)]);
    rows.extend((0..5).map(|i| row(90 + 3600 + i * 10, 36.0)));
    assert_eq!(trips(rows).await, ["0-90 10 0.900", "3690-3730 5 0.400"]);
}

#[tokio::test]
async fn an_odometer_that_starts_anew_does_not_stretch_the_trip_and_without_any_means_it_is_unknown()
 {
    let with_odometer = |reset: bool| {
        let rows = drive(&[(20, 36.0), (20, 0.0)]);
        let numbered = rows.into_iter().zip(0_u8..);
        let rows = numbered.map(|(row, i)| {
            let km = 0.1 * f64::from(i.min(19)) + if i == 19 { 0.05 } else { 0.0 };
            let base = if reset && i >= 10 { 0.0 } else { 90_000.0 };
            row.with_odometer(Distance::from_km(base + km))
        });
        trips(rows.collect())
    };
    assert_eq!(with_odometer(false).await, with_odometer(true).await);

    // Only odometer and no speed: it moves when the odometer does.
    let rows = (0..30_i32).map(|i| {
        let at = EventTime::from_micros((START_S + i64::from(i) * 10) * 1_000_000);
        let km = f64::from(i.min(10)) * 0.1;
        let row = Telemetry::new(VehicleId::new("car-1").unwrap(), at);
        row.with_odometer(Distance::from_km(km))
    });
    assert_eq!(trips(rows.collect()).await, ["10-110 11 0.900"]);

    let mut rows = drive(&[(20, 36.0), (20, 0.0)]);
    rows[5] = Telemetry::new(rows[5].vehicle().clone(), rows[5].at());
    assert_eq!(trips(rows).await, ["0-200 21 ?"]);
}

#[tokio::test]
async fn harsh_samples_of_a_trip_make_its_score_and_those_outside_do_not() {
    let harsh = |row: Telemetry, g| row.with_acceleration_longitudinal(Acceleration::from_g(g));
    let mut rows = drive(&[(3, 0.0), (10, 36.0), (40, 0.0)]);
    for (place, g) in [(0, -0.9), (5, -0.5), (6, 0.5), (7, 0.4), (30, 0.9)] {
        rows[place] = harsh(rows[place].clone(), g);
    }
    let found = trips_by(rows, vec![]).await;
    assert_eq!(
        (found[0].sums.harsh_braking, found[0].sums.rapid_accel),
        (1, 1)
    );
    assert_eq!(found[0].score.value, Some(90));
    let silent = trips_by(drive(&[(10, 36.0), (40, 0.0)]), vec![]).await;
    assert_eq!(silent[0].score.value, None);
    assert!(silent[0].score.insufficient.is_some());
}

#[tokio::test]
async fn any_batching_gives_the_same_trips() {
    let rows = || {
        drive(&[
            (10, 36.0),
            (19, 0.0),
            (10, 36.0),
            (5, 0.0),
            (9, 50.0),
            (30, 0.0),
        ])
    };
    let whole = trips_by(rows(), vec![]).await;
    assert_eq!(whole.len(), 2);
    for size in [1, 2, 7] {
        assert_eq!(trips_by(rows(), vec![Script::Rows(size); 100]).await, whole);
    }
}

#[tokio::test]
async fn distance_counts_from_the_start_of_the_trip_also_when_it_is_known_later() {
    let mut rows = drive(&[(1, 0.0), (20, 36.0), (30, 0.0)]);
    let numbered = rows.iter_mut().zip(0_u8..);
    for (row, n) in numbered.filter(|(_, n)| *n != 1) {
        *row = row
            .clone()
            .with_odometer(Distance::from_km(0.1 * f64::from(n.min(21))));
    }
    // The row in which the vehicle starts, at 10 s, has no odometer: the 200 m of the first 20 s
    // are known at 20 s, and half of them were driven before the trip.
    assert_eq!(trips(rows).await, ["10-210 21 2.000"]);
}

#[tokio::test]
async fn without_a_speed_a_vehicle_moves_at_one_kilometre_per_hour_by_its_odometer() {
    let creep = |metres: f64| {
        let rows = (0..40_u8).map(|n| {
            let row = drive(&[(1, 0.0)]).remove(0);
            let at = row.at() + std::time::Duration::from_secs(10) * u32::from(n);
            let row = Telemetry::new(row.vehicle().clone(), at);
            row.with_odometer(Distance::from_m(metres * f64::from(n)))
        });
        trips(rows.collect())
    };
    assert!(creep(1.0).await.is_empty());
    assert!(creep(2.75).await.is_empty());
    assert_eq!(creep(2.8).await, ["10-390 39 0.106"]);
}

/// The operator in a harness that takes rows in the order of arrival.
fn harness() -> (Harness<Telemetry>, Stream<Trip>) {
    let (mut graph, telemetry) = Graph::new();
    let logic = SegmentTrips::new(TripOptions::default(), SeedFleetflow::default());
    let trips = graph.apply("trips", telemetry, logic);
    let mut harness = Harness::new(graph, Order::within(std::time::Duration::ZERO));
    harness.watch(trips);
    (harness, trips)
}

#[test]
fn two_odometer_readings_of_one_time_are_no_speed() {
    let (mut harness, trips) = harness();
    let at = |second, km: Option<f64>| {
        let row = row(second, 0.0);
        let row = Telemetry::new(row.vehicle().clone(), row.at());
        km.map_or(row.clone(), |km| row.with_odometer(Distance::from_km(km)))
    };
    let rows = [at(0, Some(10.0)), at(0, Some(10.4)), at(200, None)];
    harness.push_batch(rows).unwrap();
    harness.end();
    assert!(harness.take(trips).is_empty());
}

#[test]
fn a_vehicle_is_remembered_after_a_trip_until_it_has_been_silent_for_an_hour() {
    let (mut harness, trips) = harness();
    let state = |harness: &Harness<_>| harness.state::<SegmentTrips>("trips", "car-1");
    let rows = drive(&[(10, 36.0), (10, 0.0)]);
    let last = rows.last().unwrap().at();
    harness.push_batch(rows).unwrap();
    // The stop that ends the trip is over before the next row.
    harness.advance_to(row(281, 0.0).at());
    assert_eq!(harness.take(trips).len(), 1);
    assert!(state(&harness).is_some());
    let hour = std::time::Duration::from_secs(3600);
    harness.advance_to(last + hour);
    assert!(state(&harness).is_some());
    harness.advance_to(last + hour + std::time::Duration::from_secs(1));
    assert!(state(&harness).is_none());
}

#[tokio::test]
async fn a_row_has_a_value_for_each_column() {
    let trip = trips_by(drive(&[(10, 36.0)]), vec![]).await.remove(0);
    let mut line = Vec::new();
    to_ndjson(&trip, &mut line);
    let line = String::from_utf8(line).unwrap();
    assert_eq!(line.matches("\":").count(), Trip::columns().len());
    assert!(
        line.contains("\"samples\":10,\"duration_s\":90.0,\"distance_km\":0.9,"),
        "{line}"
    );
}
