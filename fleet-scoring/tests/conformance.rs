//! Every operator of this crate passes the suite of operators.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panic, as tests do"
)]

use fleet_core::{
    DriverId, EventTime, VehicleId,
    dialect::TripRequest,
    event::{Telemetry, TripSample, TripSamples},
    testing::conformance,
    units::{Acceleration, Distance, Speed},
};
use fleet_scoring::{ScoreTrips, SeedFleetflow, SegmentTrips, TripOptions};

fn at(second: u32) -> EventTime {
    EventTime::from_micros((1_700_000_000 + i64::from(second)) * 1_000_000)
}

fn vehicle(number: u32) -> VehicleId {
    VehicleId::new(&format!("car-{number}")).unwrap()
}

/// Two cars that drive, stop for a while, and stop for good; now and then a reading is missing.
fn drive() -> Vec<Telemetry> {
    let rows = (0..160_u32).map(|n| {
        let (car, step) = (n % 2, n / 2);
        let kmh = match (step + car) % 40 {
            0..16 => 36.0,
            20..28 => 50.0,
            _ => 0.0,
        };
        let mut row = Telemetry::new(vehicle(car), at(step * 20));
        if !n.is_multiple_of(7) {
            row = row.with_speed(Speed::from_kmh(kmh));
        }
        if !n.is_multiple_of(5) {
            row = row.with_odometer(Distance::from_km(f64::from(step) * 0.125));
        }
        row.with_acceleration_longitudinal(Acceleration::from_g(f64::from(n % 13) / 12.0 - 0.5))
    });
    rows.collect()
}

#[test]
fn segmenting_trips_passes_the_suite_of_operators() {
    let trips = || SegmentTrips::new(TripOptions::default(), SeedFleetflow::default());
    conformance::operator(trips, &drive());
}

#[test]
fn scoring_trips_passes_the_suite_of_operators() {
    let request = |n: u32| {
        let sample = |i: u32| TripSample {
            t_s: None,
            speed: Some(Speed::from_kmh(f64::from(30 + i))),
            longitudinal: Some(Acceleration::from_g(f64::from((n + i) % 9) / 8.0 - 0.5)),
            lateral: None,
        };
        TripRequest::from(TripSamples {
            trip_id: None,
            vehicle: vehicle(n % 3),
            driver: DriverId::new("driver-1").unwrap(),
            at: at(n / 4 * 60),
            sample_rate_hz: (n.is_multiple_of(2)).then_some(2.0),
            samples: (0..n % 5).map(sample).collect(),
        })
    };
    let requests: Vec<_> = (0..60).map(request).collect();
    conformance::operator(|| ScoreTrips::new(SeedFleetflow::default()), &requests);
}
