//! Trips through any detector and any profile: in a stream as in a batch, bit for bit.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panic, as tests do"
)]

mod driving;

use std::time::Duration;

use driving::{Part, car, drive, start, town};
use fleet_core::{
    DriverId, EventTime, Graph, Order, State,
    dialect::TripRequest,
    event::{Telemetry, TripSample, TripSamples},
    table::{TableRow, to_ndjson},
    testing::{Harness, conformance},
    units::{Acceleration, Distance, EngineSpeed, Heading, Speed},
};
use fleet_scoring::{
    TripOptions, VehicleClass,
    assess::{
        Assess, AssessRequests, AssessTrips, AssessedTrip, DetectLive, Finder, TripEvent,
        TripRecorder,
    },
    profile,
    score::{Evidence, Profile, RollingScores, ScoredTrip},
};

const STOP: Duration = Duration::from_secs(20);

fn options() -> TripOptions {
    TripOptions {
        stop: STOP,
        gap: Duration::from_secs(120),
        ..TripOptions::default()
    }
}

fn production() -> Finder {
    Finder::production(VehicleClass::Passenger)
}

fn assess(profile: Profile) -> Assess {
    Assess::new(production(), profile).unwrap()
}

fn trips_of(rows: &[Telemetry], operator: AssessTrips, sizes: &[usize]) -> Vec<AssessedTrip> {
    let (mut graph, telemetry) = Graph::new();
    let trips = graph.apply("trips", telemetry, operator);
    let mut harness = Harness::new(graph, Order::within(Duration::ZERO));
    harness.watch(trips);
    let mut rest = rows;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (batch, later) = rest.split_at((*size).min(rest.len()));
        harness.push_batch(batch.to_vec()).unwrap();
        let snapshot = harness.snapshot();
        harness.restore(&snapshot).unwrap();
        rest = later;
    }
    harness.end();
    harness.take(trips)
}

fn operator() -> AssessTrips {
    AssessTrips::new(options(), assess(profile::per_100km()))
}

/// A harsh brake within half a minute, for suites that run a drive many times.
fn quick() -> Vec<Part> {
    vec![
        (2.0, 0.0),
        (7.0, 0.25),
        (6.0, 0.0),
        (3.0, -0.5),
        (3.0, -0.12),
        (7.0, 0.0),
    ]
}

/// Two cars, and a second trip of one of them. The suite restarts after each batch, so it is short.
fn quick_drives() -> Vec<Telemetry> {
    let mut rows = drive(&car(0), 0.0, 5.0, &quick());
    rows.extend(drive(&car(1), 2.1, 5.0, &quick()));
    rows.extend(drive(&car(0), 40.0, 5.0, &quick()));
    rows.sort_by_key(Telemetry::at);
    rows
}

#[test]
fn assessing_trips_passes_the_suite_of_operators() {
    let quick = TripOptions {
        distance: Distance::from_m(100.0),
        stop: Duration::from_secs(4),
        ..options()
    };
    let operator = || AssessTrips::new(quick, assess(profile::per_100km()));
    assert_eq!(trips_of(&quick_drives(), operator(), &[9]).len(), 3);
    conformance::operator(operator, &quick_drives());
}

#[test]
fn detecting_live_passes_the_suite_of_operators() {
    let mut rows = quick_drives();
    rows.retain(|row| row.at() < start() + Duration::from_secs(22));
    conformance::operator(|| DetectLive::new(VehicleClass::Passenger), &rows);
}

#[test]
fn assessing_requests_passes_the_suite_of_operators() {
    let request = |n: u32| {
        let sample = |i: u32| TripSample {
            t_s: None,
            speed: Some(Speed::from_kmh(f64::from(30 + i % 40))),
            longitudinal: Some(Acceleration::from_g(f64::from((n + i / 9) % 9) / 8.0 - 0.5)),
            lateral: None,
        };
        TripRequest::from(TripSamples {
            trip_id: None,
            vehicle: car(n % 3),
            driver: DriverId::new("driver-1").unwrap(),
            at: start() + Duration::from_secs(u64::from(n / 4) * 60),
            sample_rate_hz: (!n.is_multiple_of(3)).then_some(10.0),
            samples: (0..n % 5 * 40).map(sample).collect(),
        })
    };
    let requests: Vec<_> = (0..60).map(request).collect();
    let operator = || AssessRequests::new(assess(profile::seed_fleetflow_v2()));
    conformance::operator(operator, &requests);
}

/// Two trips of two cars; the rows of each trip give the same as a batch.
#[test]
fn prop_a_trip_in_a_stream_is_the_trip_in_a_batch_in_any_chunks_and_over_restarts() {
    for (hz, seed) in [(1.0, 1_u32), (5.0, 2), (10.0, 3)] {
        let mut rows = drive(&car(seed), 0.0, hz, &town());
        rows.extend(drive(&car(seed), 400.0, hz, &town()));
        let whole = trips_of(&rows, operator(), &[rows.len()]);
        assert_eq!(whole.len(), 2, "{hz}");
        for trip in &whole {
            let of_trip = |row: &&Telemetry| row.at() >= trip.start && row.at() <= trip.end;
            let mut batch = TripRecorder::default();
            rows.iter().filter(of_trip).for_each(|row| batch.push(row));
            let name = AssessedTrip::name(&trip.vehicle, trip.start);
            let expected = batch.assess(&name, &assess(profile::per_100km()));
            assert_eq!(trip.assessment, expected, "{hz}");
            assert_eq!(trip.samples, batch.len() as u64);
            assert!(hz < 2.0 || !expected.events.is_empty());
        }
        for sizes in [&[1][..], &[7, 1, 64], &[500]] {
            assert_eq!(trips_of(&rows, operator(), sizes), whole, "{hz} {sizes:?}");
        }
    }
}

/// A number that looks random, below a limit.
fn draw(state: &mut u32, below: u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    (*state >> 8) % below
}

/// A drive as devices send it: readings are missing, events too, and there is an odometer.
fn gappy(seed: u32) -> Vec<Telemetry> {
    let mut state = seed;
    let mut km = 0.0;
    let mut rows = Vec::new();
    for row in drive(&car(seed), 0.0, 4.0 + f64::from(seed % 7), &town()) {
        km += row.speed().unwrap().as_kmh() / 36_000.0;
        if draw(&mut state, 9) == 0 {
            continue;
        }
        let mut event = Telemetry::new(car(seed), row.at());
        if draw(&mut state, 5) > 0 {
            event = event.with_speed(row.speed().unwrap());
        }
        if draw(&mut state, 6) > 0 {
            let along = row.acceleration_longitudinal().unwrap();
            event = event.with_acceleration_longitudinal(along);
        }
        if draw(&mut state, 3) == 0 {
            event = event.with_odometer(Distance::from_km(1000.0 + km));
        }
        if draw(&mut state, 20) == 0 {
            event = event.with_heading(Heading::from_degrees(f64::from(seed)));
        }
        rows.push(event);
    }
    // Legs of a drive meet in two rows; a pipeline would count equal ones once.
    rows.dedup_by_key(|row| row.at());
    rows
}

#[test]
fn prop_gaps_and_missing_readings_change_nothing_about_that() {
    for seed in 0..6 {
        let rows = gappy(seed);
        let mut state = seed;
        let sizes: Vec<usize> = (0..7).map(|_| draw(&mut state, 90) as usize + 1).collect();
        let chunks = trips_of(&rows, operator(), &sizes);
        assert_eq!(chunks, trips_of(&rows, operator(), &[rows.len()]), "{seed}");
        assert_eq!(chunks.len(), 1, "{seed}");
        for trip in &chunks {
            let of_trip = |row: &&Telemetry| row.at() >= trip.start && row.at() <= trip.end;
            let mut batch = TripRecorder::default();
            rows.iter().filter(of_trip).for_each(|row| batch.push(row));
            let name = AssessedTrip::name(&trip.vehicle, trip.start);
            let expected = batch.assess(&name, &assess(profile::per_100km()));
            assert_eq!(trip.assessment, expected, "{seed}");
        }
    }
}

#[test]
fn a_state_takes_a_few_bytes_for_each_reading_and_no_more_than_the_bound() {
    let (mut graph, telemetry) = Graph::new();
    let operator = operator().with_most_events(200);
    graph.apply("trips", telemetry, operator);
    let mut harness = Harness::new(graph, Order::within(Duration::ZERO));
    let rows = drive(&car(0), 0.0, 10.0, &[(5.0, 0.1), (200.0, 0.0)]);
    let mut largest = 0;
    for row in rows {
        harness.push(row).unwrap();
        let state = harness.state::<AssessTrips>("trips", "car-0").unwrap();
        let mut bytes = Vec::new();
        state.encode(&mut bytes);
        largest = largest.max(bytes.len());
    }
    // Three signals, and at most three bytes for a tenth of a second.
    assert!(largest < 200 * (3 * 4 + 3) + 400, "{largest}");
    assert!(largest > 190 * 3 * 4, "{largest}");
}

/// The seconds since the start at which trips began and ended.
fn spans(trips: &[AssessedTrip]) -> Vec<(u64, u64)> {
    let second = |at: EventTime| at.since(start()).as_secs();
    let spans = trips
        .iter()
        .map(|trip| (second(trip.start), second(trip.end)));
    spans.collect()
}

fn segmented(rows: &[Telemetry]) -> Vec<(u64, u64)> {
    spans(&trips_of(rows, operator(), &[50]))
}

/// Seconds at rest, at 36 km/h for as long as given, at rest; in jumps, so that times are plain.
fn stretches(stretches: &[(u32, f64)]) -> Vec<Telemetry> {
    let mut second = 0;
    let mut rows = Vec::new();
    for (length, kmh) in stretches {
        for _ in 0..*length {
            let at = start() + Duration::from_secs(second);
            rows.push(Telemetry::new(car(0), at).with_speed(Speed::from_kmh(*kmh)));
            second += 1;
        }
    }
    rows
}

#[test]
fn a_stop_that_is_shorter_than_the_limit_is_part_of_a_trip_and_a_longer_one_ends_it() {
    let short = [(5, 0.0), (30, 36.0), (19, 0.0), (30, 36.0), (60, 0.0)];
    assert_eq!(segmented(&stretches(&short)), [(5, 84)]);
    let long = [(5, 0.0), (30, 36.0), (21, 0.0), (30, 36.0), (60, 0.0)];
    assert_eq!(segmented(&stretches(&long)), [(5, 35), (56, 86)]);
    // The input may end while the vehicle is on its way.
    assert_eq!(segmented(&stretches(&[(40, 36.0)])), [(0, 39)]);
}

#[test]
fn a_trip_that_is_short_in_distance_and_time_is_no_trip() {
    assert!(segmented(&stretches(&[(19, 36.0), (60, 0.0)])).is_empty());
    assert_eq!(segmented(&stretches(&[(21, 36.0), (60, 0.0)])).len(), 1);
    // Slow, but for more than three minutes.
    assert_eq!(segmented(&stretches(&[(185, 1.5), (60, 0.0)])).len(), 1);
}

#[test]
fn a_silence_ends_a_trip_at_its_last_event() {
    let mut rows = stretches(&[(40, 36.0)]);
    let later = stretches(&[(40, 36.0)]).into_iter().map(|row| {
        let at = row.at() + Duration::from_secs(200);
        Telemetry::new(car(0), at).with_speed(Speed::from_kmh(36.0))
    });
    rows.extend(later);
    assert_eq!(segmented(&rows), [(0, 39), (200, 239)]);
}

#[test]
fn a_trip_starts_with_the_engine_and_an_engine_that_idles_for_long_starts_none() {
    let with_engine = |from: usize, rows: Vec<Telemetry>| -> Vec<Telemetry> {
        let rows = rows.into_iter().enumerate();
        let rows = rows.map(|(second, row)| {
            row.with_engine_speed(EngineSpeed::from_rpm(if second < from {
                0.0
            } else {
                800.0
            }))
        });
        rows.collect()
    };
    let rows = stretches(&[(20, 0.0), (30, 36.0), (60, 0.0)]);
    assert_eq!(segmented(&with_engine(12, rows)), [(12, 50)]);
    let rows = stretches(&[(60, 0.0), (30, 36.0), (60, 0.0)]);
    assert_eq!(segmented(&with_engine(12, rows)), [(60, 90)]);
}

#[test]
fn a_trip_of_too_many_events_is_ended_and_another_goes_on_from_its_last_event() {
    let rows = stretches(&[(100, 36.0), (60, 0.0)]);
    let found = trips_of(&rows, operator().with_most_events(51), &[1, 9]);
    assert_eq!(spans(&found), [(0, 50), (50, 100)]);
    let km = |trip: &AssessedTrip| trip.assessment.evidence.sums().driven().unwrap().distance();
    let sum = found.iter().map(|trip| km(trip).as_m()).sum::<f64>();
    // The last second goes from 36 km/h to rest.
    assert!((sum - 995.0).abs() < 1e-6, "{sum}");
}

#[test]
fn a_trip_without_a_score_lists_its_events_and_a_longer_one_has_an_interval() {
    let short = trips_of(&drive(&car(0), 0.0, 10.0, &town()), operator(), &[100]);
    let found = &short[0].assessment;
    assert!(found.receipt.score.is_none() && found.receipt.insufficient.is_some());
    let harsh = found
        .events
        .iter()
        .filter(|event| event.kind.as_word() == "HARSH_BRAKE");
    assert_eq!(harsh.count(), 1);

    let parts: Vec<Part> = (0..8)
        .flat_map(|_| town())
        .filter(|part| part.0 < 15.0)
        .collect();
    let long = trips_of(&drive(&car(0), 0.0, 10.0, &parts), operator(), &[100]);
    let receipt = &long[0].assessment.receipt;
    let (score, interval) = (receipt.score.unwrap(), receipt.interval.unwrap());
    assert!(interval.low <= score && score <= interval.high && interval.low < interval.high);
    let lost: f64 = receipt.components.iter().map(|line| line.points_lost).sum();
    assert_eq!((score + lost).to_bits(), 100.0_f64.to_bits());
    let smoothness = receipt
        .components
        .iter()
        .find(|line| line.name == "smoothness");
    assert!(
        smoothness.unwrap().quantity > 0.0,
        "firm manoeuvres cost smoothness"
    );

    let mut line = Vec::new();
    to_ndjson(&long[0], &mut line);
    let row: serde_json::Value = serde_json::from_slice(&line).unwrap();
    assert_eq!(row["score"].as_f64(), receipt.score);
    assert_eq!(
        row.as_object().unwrap().len(),
        AssessedTrip::columns().len()
    );
    let events = long[0].events();
    let mut line = Vec::new();
    to_ndjson(&events[0], &mut line);
    let row: serde_json::Value = serde_json::from_slice(&line).unwrap();
    assert_eq!(row["trip_id"], long[0].id.to_string());
    assert_eq!(row.as_object().unwrap().len(), TripEvent::columns().len());
}

/// Vehicles first, drivers second: each trip has another driver than the one before.
#[test]
fn rolling_scores_over_the_second_key_are_those_of_the_drivers_trips() {
    let driver = |trip: &AssessedTrip| {
        let hour = trip.start.as_micros() / 1_000_000 / 400;
        DriverId::new(&format!("driver-{}", hour.rem_euclid(2))).unwrap()
    };
    let mut rows = Vec::new();
    for number in 0..3_u32 {
        for begin in [0.0, 400.0, 800.0] {
            rows.extend(drive(&car(number), begin, 5.0, &town()));
        }
    }
    let trips = trips_of(&rows, operator(), &[64]);
    assert_eq!(trips.len(), 9);
    let by_driver: Vec<ScoredTrip> = trips.iter().map(|trip| trip.scored(driver(trip))).collect();
    let (mut graph, log) = Graph::new();
    let week = Duration::from_secs(7 * 24 * 3600);
    let scores = RollingScores::over(week, profile::per_100km()).unwrap();
    let scores = graph.apply("scores", log, scores);
    let mut harness = Harness::new(graph, Order::within(Duration::from_secs(3600)));
    harness.watch(scores);
    harness.push_batch(by_driver.clone()).unwrap();
    harness.end();
    let windows = harness.take(scores);
    assert_eq!(windows.len(), 2 * 7, "each driver in seven windows");
    for window in windows {
        let mut union = Evidence::default();
        for trip in &by_driver {
            if trip.driver.as_str() == window.key {
                union.merge(&trip.evidence);
            }
        }
        let expected = profile::per_100km().shrunk_receipt(&union);
        assert_eq!(window.value.receipt, expected);
        assert!(expected.score.unwrap() < 100.0);
    }
}

#[test]
fn a_live_brake_is_reported_once_while_it_is_driven_and_less_surely_than_at_the_end() {
    let rows = drive(&car(0), 0.0, 10.0, &town());
    let (mut graph, telemetry) = Graph::new();
    let live = graph.apply("live", telemetry, DetectLive::new(VehicleClass::Passenger));
    let mut harness = Harness::new(graph, Order::within(Duration::ZERO));
    harness.watch(live);
    harness.push_batch(rows.clone()).unwrap();
    harness.end();
    let live = harness.take(live);
    let trip = &trips_of(&rows, operator(), &[100])[0];
    for kind in ["HARSH_BRAKE", "RAPID_ACCEL"] {
        let of_kind: Vec<_> = live
            .iter()
            .filter(|one| one.kind.as_word() == kind)
            .collect();
        let events = trip.assessment.events.iter();
        let final_one: Vec<_> = events.filter(|one| one.kind.as_word() == kind).collect();
        assert_eq!((of_kind.len(), final_one.len()), (1, 1), "{kind}");
        let end = trip.start + Duration::from_secs_f64(final_one[0].end_s.unwrap());
        let delay = of_kind[0].found.since(of_kind[0].start);
        assert!(of_kind[0].found <= end + Duration::from_secs(1), "{kind}");
        assert!(delay >= Duration::from_millis(500), "{kind} {delay:?}");
        assert!(of_kind[0].confidence < final_one[0].confidence.unwrap());
        assert!(of_kind[0].confidence > 0.0 && of_kind[0].confidence <= 0.7);
    }
    assert!(
        live.iter()
            .all(|one| !one.kind.as_word().starts_with("FIRM"))
    );
    assert!(!live.iter().any(|one| one.found < one.start));
}
