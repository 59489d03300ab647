//! The score of FleetFlow: the described cases, counts against a plain loop, events, and what is
//! not known.
#![expect(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "helpers of tests fail by panic, as tests do; the numbers compared are exact"
)]

use fleet_core::{
    DriverId, EventTime, TripId, VehicleId,
    event::{AlertKind, Severity, Telemetry, TripSample, TripSamples},
    units::{Acceleration, Speed},
};
use fleet_scoring::{EmptyTrip, HarshEvent, ScoreReport, SeedFleetflow, TripColumns, TripSums};

fn score(g: &[f64]) -> Option<u8> {
    SeedFleetflow::default()
        .score(&TripColumns::new(g.to_vec()))
        .score
        .value
}

fn sample(speed: f64, g: f64) -> TripSample {
    TripSample {
        t_s: None,
        speed: Some(Speed::from_kmh(speed)),
        longitudinal: Some(Acceleration::from_g(g)),
        lateral: Some(Acceleration::from_g(0.0)),
    }
}

fn request(samples: Vec<TripSample>) -> TripSamples {
    TripSamples {
        trip_id: Some(TripId::new("550e8400-e29b-41d4-a716-446655440000").unwrap()),
        vehicle: VehicleId::new("car-1").unwrap(),
        driver: DriverId::new("driver-1").unwrap(),
        at: EventTime::MIN,
        sample_rate_hz: None,
        samples,
    }
}

#[test]
fn the_described_request_loses_one_penalty_and_names_its_trip_and_driver() {
    let trip = request(vec![sample(50.0, 0.1), sample(45.0, -0.5)]);
    let found = SeedFleetflow::default().score_samples(&trip);
    assert_eq!((found.sums.harsh_braking, found.sums.rapid_accel), (1, 0));
    assert_eq!(found.score.value, Some(95));
    let json = serde_json::to_value(ScoreReport { trips: vec![found] }).unwrap();
    let trip = &json["trips"][0];
    assert_eq!(trip["trip_id"], "550e8400-e29b-41d4-a716-446655440000");
    assert_eq!(trip["driver_id"], "driver-1");
    // Samples without a time and a trip without a rate: counts alone.
    assert!(trip["duration_s"].is_null() && trip["distance_km"].is_null());
    assert_eq!(trip["events"], serde_json::json!([]));
    assert_eq!(trip["components"][0]["name"], "harsh_braking");
    assert_eq!(trip["components"][0]["quantity"], 1.0);
    assert_eq!(trip["components"][1]["points_lost"], 0.0);
}

#[test]
fn one_braking_and_one_acceleration_cost_two_penalties_and_a_limit_itself_costs_nothing() {
    assert_eq!(score(&[-0.5, 0.5]), Some(90));
    assert_eq!(score(&[-0.4, 0.4]), Some(100));
    let gentle = SeedFleetflow::new(2.5).unwrap();
    assert_eq!(
        gentle.score(&TripColumns::new(vec![-0.5])).score.value,
        Some(98)
    );
    assert!(SeedFleetflow::new(-1.0).is_err() && SeedFleetflow::new(f64::NAN).is_err());
    assert!(SeedFleetflow::new(0.0).is_ok() && SeedFleetflow::new(f64::INFINITY).is_err());
    assert_eq!(gentle.name(), "seed-fleetflow");
}

#[test]
fn each_sample_counts_so_a_second_of_braking_costs_more_at_a_higher_rate() {
    let second = |hz: usize| {
        SeedFleetflow::default().score(&TripColumns::new(vec![-0.5; hz]).with_rate(hz as f64))
    };
    assert_eq!(second(1).score.value, Some(95));
    let fast = second(16_000);
    assert_eq!(
        (fast.score.value, fast.sums.harsh_braking),
        (Some(0), 16_000)
    );
    assert_eq!(fast.score.components[0].points_lost, 80_000.0);
    assert_eq!(fast.events.len(), 1);
}

#[test]
fn runs_become_events_and_end_at_another_sample_another_kind_or_a_pause() {
    let g = vec![-0.41, -0.7, 0.0, 0.5, -0.45, -0.45, f64::NAN, -0.45, -0.45];
    let times = vec![10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 19.5];
    let found = SeedFleetflow::default().score(&TripColumns::new(g).with_times(times));
    let event = |kind, start_s, end_s, peak_g, severity| HarshEvent {
        kind,
        start_s,
        end_s,
        peak_g,
        severity,
    };
    let (brake, accel) = (AlertKind::HarshBrake, AlertKind::RapidAccel);
    assert_eq!(
        found.events,
        [
            event(brake, 0.0, 1.0, -0.7, Severity::High),
            event(accel, 3.0, 3.0, 0.5, Severity::Medium),
            event(brake, 4.0, 5.0, -0.45, Severity::Low),
            event(brake, 7.0, 7.0, -0.45, Severity::Low),
            event(brake, 9.5, 9.5, -0.45, Severity::Low),
        ]
    );
    assert_eq!((found.sums.measured, found.duration_s), (8, Some(9.5)));
}

#[test]
fn a_run_over_the_end_of_a_block_is_one_event_in_either_precision() {
    let mut g = vec![0.0_f32; 10_000];
    g[4000..4200].fill(-0.6);
    g[8191] = 0.9;
    let narrow = TripColumns::new(g.clone()).with_rate(100.0);
    let wide = TripColumns::new(g.iter().map(|g| f64::from(*g)).collect()).with_rate(100.0);
    let (narrow, wide) = (
        SeedFleetflow::default().score(&narrow),
        SeedFleetflow::default().score(&wide),
    );
    assert_eq!(narrow, wide);
    let spans: Vec<_> = wide
        .events
        .iter()
        .map(|event| (event.start_s, event.end_s))
        .collect();
    assert_eq!(spans, [(40.0, 41.99), (81.91, 81.91)]);
}

#[test]
fn prop_counts_are_those_of_a_plain_loop() {
    let mut state = 1_u64;
    for length in [0_u32, 1, 4095, 4096, 4097, 20_000] {
        let g: Vec<f64> = (0..length)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (state >> 33) as f64 / f64::from(1 << 30) - 1.0
            })
            .collect();
        let found = SeedFleetflow::default().score(&TripColumns::new(g.clone()));
        let count = |offends: fn(&f64) -> bool| g.iter().filter(|g| offends(g)).count() as u64;
        assert_eq!(found.sums.harsh_braking, count(|g| *g < -0.4));
        assert_eq!(found.sums.rapid_accel, count(|g| *g > 0.4));
        assert_eq!(found.sums.samples, u64::from(length));
    }
}

#[test]
fn what_was_not_measured_is_never_guessed() {
    let unknown = |profile: SeedFleetflow, g: Vec<f64>| profile.score(&TripColumns::new(g)).score;
    let blind = unknown(SeedFleetflow::default(), vec![f64::NAN; 3]);
    assert_eq!(blind.value, None);
    assert_eq!(
        blind.insufficient,
        Some("no sample has a longitudinal acceleration")
    );
    // The one exception is the described system's own answer, and can be refused.
    let empty = unknown(SeedFleetflow::default(), vec![]);
    assert_eq!((empty.value, empty.insufficient), (Some(100), None));
    let strict = SeedFleetflow::default().empty_trip(EmptyTrip::Insufficient);
    assert_eq!(
        unknown(strict, vec![]).insufficient,
        Some("the trip has no samples")
    );
}

#[test]
fn unknown_times_leave_only_the_counts() {
    let trip = |times: Vec<f64>| TripColumns::new(vec![-0.5, -0.5]).with_times(times);
    for times in [
        vec![1.0, 0.5],
        vec![1.0],
        vec![0.0, 1.0, 2.0],
        vec![],
        vec![0.0, f64::NAN],
    ] {
        let found = SeedFleetflow::default().score(&trip(times));
        assert_eq!((found.duration_s, found.events.len()), (None, 0));
        assert_eq!(found.score.value, Some(90));
    }
    let found = SeedFleetflow::default().score(&TripColumns::new(vec![-0.5]).with_rate(0.0));
    assert_eq!(found.duration_s, None);
}

#[test]
fn times_of_samples_come_before_a_rate_and_distance_needs_a_speed_at_both_ends() {
    let mut trip = request(vec![
        sample(36.0, 0.0),
        sample(36.0, 0.0),
        sample(36.0, 0.0),
    ]);
    trip.sample_rate_hz = Some(2.0);
    let by_rate = SeedFleetflow::default().score_samples(&trip);
    assert_eq!(
        (by_rate.duration_s, by_rate.distance_km),
        (Some(1.0), Some(0.01))
    );
    for (sample, t) in trip.samples.iter_mut().zip([5.0, 15.0, 25.0]) {
        sample.t_s = Some(t);
    }
    let by_time = SeedFleetflow::default().score_samples(&trip);
    assert_eq!(
        (by_time.duration_s, by_time.distance_km),
        (Some(20.0), Some(0.2))
    );
    // Evenly or by their times, speeds that change give the same distance.
    let kmh: Vec<f64> = (0..1003_u32).map(|i| f64::from(i % 70)).collect();
    let times = (0..1003_u32).map(|i| f64::from(i) / 8.0).collect();
    let columns = || TripColumns::new(vec![0.0; 1003]).with_speed(kmh.clone());
    let km = |trip: TripColumns<f64>| SeedFleetflow::default().score(&trip).distance_km.unwrap();
    let (even, timed) = (
        km(columns().with_rate(8.0)),
        km(columns().with_times(times)),
    );
    assert!((even - timed).abs() < 1e-9, "{even} {timed}");
    // One missing speed is bridged; an hour is not.
    trip.samples[1].speed = None;
    let bridged = SeedFleetflow::default().score_samples(&trip);
    assert_eq!(bridged.distance_km, Some(0.2));
    trip.samples[2].t_s = Some(3600.0);
    assert_eq!(
        SeedFleetflow::default().score_samples(&trip).distance_km,
        None
    );
}

#[test]
fn the_score_of_a_day_is_that_of_its_sums() {
    let profile = SeedFleetflow::default();
    let mut day = TripSums::default();
    for g in [vec![-0.5; 30], vec![0.0; 10]] {
        day.merge(&profile.score(&TripColumns::new(g)).sums);
    }
    let score = profile.score_sums(&day);
    assert_eq!((day.samples, score.value), (40, Some(0)));
}

#[test]
fn columns_know_how_many_samples_they_have() {
    let columns = |samples: usize| TripColumns::new(vec![0.0_f32; samples]);
    assert_eq!((columns(0).len(), columns(0).is_empty()), (0, true));
    assert_eq!((columns(2).len(), columns(2).is_empty()), (2, false));
}

#[test]
fn columns_of_telemetry_have_its_times_and_readings() {
    let event = |second: i64| {
        let at = EventTime::from_micros(1_700_000_000_000_000 + second * 1_000_000);
        Telemetry::new(VehicleId::new("car-1").unwrap(), at)
            .with_speed(Speed::from_kmh(36.0))
            .with_acceleration_longitudinal(Acceleration::from_g(-0.5))
    };
    let events = [event(0), event(10), event(25)];
    let found = SeedFleetflow::default().score(&TripColumns::<f64>::of_telemetry(&events));
    assert_eq!(
        (found.duration_s, found.distance_km),
        (Some(25.0), Some(0.25))
    );
    assert_eq!((found.samples, found.sums.harsh_braking), (3, 3));
    let empty = SeedFleetflow::default().score(&TripColumns::<f64>::of_telemetry(&[]));
    assert_eq!((empty.samples, empty.duration_s), (0, None));
}

#[test]
fn speed_bridges_a_pause_of_300_seconds_and_no_longer_one() {
    let trip =
        |speeds: &[f64]| TripColumns::new(vec![0.0; speeds.len()]).with_speed(speeds.to_vec());
    let km = |trip: TripColumns<f64>| SeedFleetflow::default().score(&trip).distance_km;
    let steady = [36.0, 36.0];
    assert_eq!(km(trip(&steady).with_times(vec![0.0, 300.0])), Some(3.0));
    assert_eq!(km(trip(&steady).with_times(vec![0.0, 300.5])), None);
    assert_eq!(km(trip(&steady).with_rate(1.0 / 256.0)), Some(2.56));
    assert_eq!(km(trip(&steady).with_rate(1.0 / 512.0)), None);
    // A missing speed doubles the pause.
    let missing = [36.0, f64::NAN, 36.0];
    assert_eq!(km(trip(&missing).with_rate(1.0 / 128.0)), Some(2.56));
    assert_eq!(km(trip(&missing).with_rate(1.0 / 256.0)), None);
    assert_eq!(km(trip(&[36.0]).with_rate(1.0)), None);
    assert_eq!(km(trip(&steady)), None);
    let short = TripColumns::new(vec![0.0; 3]).with_speed(vec![36.0; 2]);
    assert_eq!(km(short.with_rate(1.0)), None);
}
