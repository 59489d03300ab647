//! The finders of assessments: limits, times, what they could watch for, and disputes.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panic, as tests do"
)]

mod driving;

use driving::{car, drive, start, town};
use fleet_core::{
    DriverId, EventTime, Graph, Order,
    event::{Severity, Signal, Telemetry, TripSample, TripSamples},
    testing::Harness,
    units::{Acceleration, Distance, Speed},
};
use fleet_scoring::{
    SeedFleetflow, TripColumns, TripOptions, VehicleClass,
    assess::{Assess, AssessTrips, Driven, Finder, Found, TripRecorder, TripSignals},
    profile::{self, FIRST_LIMITS, LIMITS},
    score::{Cause, Insufficient, Profile},
};

/// Speed, longitudinal and lateral acceleration of a sample; missing if NaN.
type Sample = [f64; 3];

fn request(samples: &[Sample], rate: Option<f64>) -> TripSamples {
    let known = |value: f64| value.is_finite().then_some(value);
    let sample = |[kmh, along, across]: &Sample| TripSample {
        t_s: None,
        speed: known(*kmh).map(Speed::from_kmh),
        longitudinal: known(*along).map(Acceleration::from_g),
        lateral: known(*across).map(Acceleration::from_g),
    };
    TripSamples {
        trip_id: None,
        vehicle: car(0),
        driver: DriverId::new("ada").unwrap(),
        at: start(),
        sample_rate_hz: rate,
        samples: samples.iter().map(sample).collect(),
    }
}

fn signals(samples: &[Sample], rate: Option<f64>) -> TripSignals {
    TripSignals::of_samples(&request(samples, rate))
}

fn causes(found: &Found) -> Vec<Cause> {
    found.events.iter().map(|event| event.kind).collect()
}

#[test]
fn runs_are_strictly_beyond_each_limit() {
    let find = |sample: Sample| causes(&Finder::runs(LIMITS).find(&signals(&[sample], Some(1.0))));
    assert!(find([80.0, -0.4, 0.3]).is_empty());
    assert!(find([80.0, 0.4, -0.3]).is_empty());
    assert_eq!(find([80.1, 0.0, 0.0]), [Cause::Speeding]);
    assert_eq!(find([0.0, -0.401, 0.0]), [Cause::HarshBrake]);
    assert_eq!(find([0.0, 0.401, 0.0]), [Cause::RapidAccel]);
    assert_eq!(find([0.0, 0.0, 0.301]), [Cause::HarshCorner]);
    assert_eq!(find([0.0, 0.0, -0.301]), [Cause::HarshCorner]);
    assert!(find([f64::NAN, f64::NAN, f64::NAN]).is_empty());
    // The first version looks along the vehicle alone.
    let first = Finder::runs(FIRST_LIMITS).find(&signals(&[[99.0, 0.0, 0.9]], Some(1.0)));
    assert!(first.events.is_empty());
    assert_eq!(first.watched.len(), 2);
}

/// Numbers from -0.7 to 0.7 in steps of 0.1, every eleventh missing.
fn arbitrary(count: u32, seed: u32) -> Vec<Sample> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 20
    };
    let mut g = || match next() {
        number if number.is_multiple_of(11) => f64::NAN,
        number => (f64::from(number % 15) - 7.0) / 10.0,
    };
    (0..count).map(|_| [50.0, g(), g()]).collect()
}

#[test]
fn prop_runs_along_the_vehicle_are_the_events_of_the_first_version() {
    for seed in 0..40 {
        let samples = arbitrary(300, seed);
        let rate = [None, Some(0.4), Some(10.0)];
        let rate = rate.get(seed as usize % 3).copied().flatten();
        let found = Finder::runs(FIRST_LIMITS).find(&signals(&samples, rate));
        let columns = TripColumns::<f64>::of_samples(&request(&samples, rate));
        let own = SeedFleetflow::default().score(&columns).events;
        let spans = found.events.iter();
        let spans = spans.filter_map(|event| Some((event.start_s?, event.end_s?, event.severity)));
        let spans: Vec<_> = spans.collect();
        let expected = own.iter();
        let expected = expected.map(|event| (event.start_s, event.end_s, event.severity));
        assert_eq!(spans, expected.collect::<Vec<_>>(), "{seed}");
        for (event, own) in found.events.iter().zip(&own) {
            assert!((event.peak_g.unwrap() - own.peak_g).abs() < 1e-6);
        }
        assert!(
            !found.events.is_empty(),
            "they are counted without times, too"
        );
    }
}

#[test]
fn prop_a_limit_counts_the_samples_of_a_plain_loop_and_joins_those_within_a_second() {
    let finder = Finder::limit(0.5).unwrap();
    for seed in 0..40 {
        let samples = arbitrary(300, seed);
        let found = finder.find(&signals(&samples, Some(2.0)));
        let reach = |value: f64| value.abs() >= 0.5 - 1e-6;
        let is = |sample: &&Sample| reach(sample[1]) || reach(sample[2]);
        let beyond = found.beyond.unwrap();
        assert_eq!(beyond.samples, samples.iter().filter(is).count() as u64);
        let lateral = samples.iter().filter(|sample| reach(sample[2]));
        assert_eq!(beyond.lateral, lateral.count() as u64);
        let along = samples.iter().filter(|sample| reach(sample[1])).count() as u64;
        assert_eq!(beyond.braking + beyond.accelerating, along);
        // Two samples are a second; a third without an event between them parts two events.
        let places = (0_u32..).zip(&samples).filter(|(_, sample)| is(sample));
        let places: Vec<u32> = places.map(|(place, _)| place).collect();
        let parted = places
            .windows(2)
            .filter(|pair| matches!(pair, [a, b] if b - a > 2));
        assert_eq!(found.events.len(), parted.count() + 1, "{seed}");
    }
    for refused in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Finder::limit(refused).is_err(), "{refused}");
    }
}

#[test]
fn the_peak_of_an_event_at_a_limit_says_what_it_is_and_how_severe() {
    let samples = [
        [0.0, -0.4, 0.1],
        [0.0, 0.1, -0.7],
        [0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0],
    ];
    let found = Finder::limit(0.35)
        .unwrap()
        .find(&signals(&samples, Some(2.0)));
    assert_eq!(causes(&found), [Cause::HarshCorner]);
    let peak = found.events.first().unwrap();
    assert_eq!(peak.severity, Severity::High);
    assert!((peak.peak_g.unwrap() + 0.7).abs() < 1e-6);
}

fn all() -> [Profile; 5] {
    [
        profile::seed_fleetflow(5.0),
        profile::seed_fleetflow_v2(),
        profile::per_100km(),
        profile::samsara_2016(),
        profile::geotab(100.0).unwrap(),
    ]
}

fn finders() -> [Finder; 3] {
    [
        Finder::runs(LIMITS),
        Finder::limit(0.35).unwrap(),
        Finder::production(VehicleClass::Passenger),
    ]
}

/// Twelve minutes of town at 10 Hz.
fn long() -> TripRecorder {
    let mut trip = TripRecorder::default();
    let parts: Vec<_> = (0..8)
        .flat_map(|_| town())
        .filter(|part| part.0 < 15.0)
        .collect();
    for row in drive(&car(0), 0.0, 10.0, &parts) {
        trip.push(&row);
    }
    trip
}

#[test]
fn points_and_score_are_100_for_every_profile_and_taking_an_event_out_is_never_worse() {
    let trip = long();
    for profile in all() {
        for finder in finders() {
            let assess = Assess::new(finder, profile.clone()).unwrap();
            let found = trip.assess("trip-1", &assess);
            let receipt = &found.receipt;
            let lost: f64 = receipt.components.iter().map(|line| line.points_lost).sum();
            let score = receipt.score.unwrap();
            assert_eq!(
                (score + lost).to_bits(),
                100.0_f64.to_bits(),
                "{}",
                profile.name
            );
            if found.beyond.is_some() && profile.name == "seed-fleetflow" {
                continue;
            }
            for event in &found.events {
                let mut without = found.evidence.clone();
                assert!(without.dispute(event.id));
                assert!(profile.receipt(&without).score.unwrap() >= score);
            }
        }
    }
}

#[test]
fn samples_without_times_are_counted_in_runs_and_nothing_else_is_claimed() {
    let samples = [
        [50.0, -0.5, 0.0],
        [50.0, -0.6, 0.0],
        [50.0, 0.0, 0.4],
        [50.0, -0.5, 0.0],
    ];
    let untimed = signals(&samples, None);
    let trip = Driven::new("trip-1", start(), &untimed);
    let runs = Assess::new(Finder::runs(LIMITS), profile::seed_fleetflow_v2()).unwrap();
    let found = runs.trip(&trip);
    assert_eq!(found.receipt.score, Some(94.0), "two brakes and a corner");
    assert!(found.events.iter().all(|event| event.start_s.is_none()));
    for finder in [
        Finder::limit(0.35).unwrap(),
        Finder::production(VehicleClass::Bus),
    ] {
        let found = Assess::new(finder, profile::seed_fleetflow_v2())
            .unwrap()
            .trip(&trip);
        assert_eq!(
            found.receipt.insufficient,
            Some(Insufficient::NothingWatched)
        );
        assert!(found.receipt.score.is_none() && !found.unavailable.is_empty());
    }
    let by_sample = Assess::new(Finder::limit(0.35).unwrap(), profile::seed_fleetflow(5.0));
    assert_eq!(by_sample.unwrap().trip(&trip).receipt.score, Some(85.0));
}

#[test]
fn what_was_measured_for_less_than_half_of_a_trip_has_no_part_in_its_score() {
    let parts: Vec<_> = (0..8)
        .flat_map(|_| town())
        .filter(|part| part.0 < 15.0)
        .collect();
    let rows = drive(&car(0), 0.0, 10.0, &parts);
    let assess = Assess::new(
        Finder::production(VehicleClass::Passenger),
        profile::per_100km(),
    )
    .unwrap();
    // Before this share of the trip, the accelerometer and the speed are silent.
    let score = |silent: f64| {
        let mut trip = TripRecorder::default();
        let first = rows.len() as f64 * silent;
        for (row, number) in rows.iter().zip(0_u32..) {
            let mut row = row.clone();
            if f64::from(number) < first {
                row = Telemetry::new(car(0), row.at());
            }
            row = row.with_odometer(Distance::from_km(f64::from(number) * 0.001));
            trip.push(&row);
        }
        trip.assess("trip-1", &assess).receipt
    };
    assert!(
        score(0.3)
            .components
            .iter()
            .any(|line| line.name == "harsh_braking")
    );
    let receipt = score(0.7);
    assert_eq!(
        receipt.insufficient,
        Some(Insufficient::NothingWatched),
        "{receipt:?}"
    );
}

#[test]
fn a_missing_speed_leaves_the_distance_known_and_many_make_it_unknown() {
    let driven = |missing: u32| {
        let mut trip = TripRecorder::default();
        for (row, number) in drive(&car(0), 0.0, 1.0, &town()).iter().zip(0_u32..) {
            let bare = Telemetry::new(car(0), row.at());
            trip.push(if number < missing { &bare } else { row });
        }
        trip.driven()
    };
    // Of 140 s, the first is a hundredth, and two are more.
    let whole = driven(0).unwrap();
    assert_eq!(driven(1), Some(whole), "it stands still at first");
    assert_eq!(driven(2), None);
}

#[test]
fn times_in_1970_have_no_night() {
    let night = |origin: i64| {
        let samples = signals(&[[50.0, -0.5, 0.0]], Some(1.0));
        let at = EventTime::from_micros(origin * 1_000_000);
        let assess = Assess::new(Finder::runs(LIMITS), profile::seed_fleetflow_v2()).unwrap();
        assess
            .trip(&Driven::new("trip-1", at, &samples))
            .receipt
            .score
    };
    let day = 24 * 3600;
    assert_eq!(night(0), Some(98.0));
    assert_eq!(night(20_000 * day), Some(97.0));
    assert_eq!(night(20_000 * day + 6 * 3600), Some(98.0));
    assert_eq!(night(20_000 * day + 20 * 3600), Some(97.0));
}

/// The same drive in the frame of the earth, heading north-east, then turned by a quarter.
#[test]
fn a_trip_in_the_frame_of_the_earth_is_scored_and_turning_the_frame_changes_nothing() {
    let rows = |angle: f64| -> Vec<Telemetry> {
        let rows = drive(&car(0), 0.0, 10.0, &town()).into_iter();
        let rows = rows.map(|row| {
            let g = row.acceleration_longitudinal().unwrap().as_g();
            let mut event = Telemetry::new(car(0), row.at()).with_speed(row.speed().unwrap());
            let mut set = |signal, value: f64| {
                event.set(signal, fleet_core::event::Reading::of_raw(value));
            };
            set(Signal::AccelerationEast, g * angle.sin());
            set(Signal::AccelerationNorth, g * angle.cos());
            set(Signal::YawRate, 0.0);
            set(Signal::Heading, angle.to_degrees());
            event
        });
        rows.collect()
    };
    let found = |angle: f64| {
        let assess = Assess::new(
            Finder::production(VehicleClass::Passenger),
            profile::per_100km(),
        );
        let options = TripOptions::default();
        let (mut graph, telemetry) = Graph::new();
        let operator = AssessTrips::new(options, assess.unwrap());
        let trips = graph.apply("trips", telemetry, operator);
        let mut harness = Harness::new(graph, Order::default());
        harness.watch(trips);
        harness.push_batch(rows(angle)).unwrap();
        harness.end();
        let trip = harness.take(trips).pop().unwrap();
        let events = trip.assessment.events.iter();
        events
            .map(|event| (event.kind, (event.start_s.unwrap() * 5.0).round()))
            .collect::<Vec<_>>()
    };
    let one = found(0.8);
    assert!(
        one.iter().any(|(kind, _)| *kind == Cause::HarshBrake),
        "{one:?}"
    );
    assert_eq!(found(0.8 + std::f64::consts::FRAC_PI_2), one);
}
