//! Telemetry of a car that drives through a town, for tests.

use std::time::Duration;

use fleet_core::{
    EventTime, VehicleId,
    event::Telemetry,
    units::{Acceleration, Speed},
};

/// Seconds, and acceleration in g.
pub(crate) type Part = (f64, f64);

/// Noon, UTC.
pub(crate) fn start() -> EventTime {
    EventTime::from_micros(1_700_049_600 * 1_000_000)
}

pub(crate) fn car(number: u32) -> VehicleId {
    VehicleId::new(&format!("car-{number}")).unwrap()
}

/// One harsh brake and one rapid acceleration among firm and gentle ones; two minutes, then half a
/// minute at rest.
pub(crate) fn town() -> Vec<Part> {
    vec![
        (5.0, 0.0),
        (9.0, 0.12),
        (10.0, 0.0),
        (3.0, -0.2),
        (6.0, 0.08),
        (9.0, 0.0),
        (3.5, -0.5),
        (8.0, 0.0),
        (5.0, 0.3),
        (10.0, 0.0),
        (4.0, -0.18),
        (8.0, 0.15),
        (12.0, 0.0),
        (20.0, -0.15),
        (30.0, 0.0),
    ]
}

/// The telemetry of such parts, beginning some seconds after [`start`].
pub(crate) fn drive(car: &VehicleId, begin_s: f64, hz: f64, parts: &[Part]) -> Vec<Telemetry> {
    let (mut rows, mut speed, mut felt, mut time) = (Vec::new(), 0.0_f64, 0.0_f64, 0.0_f64);
    for (seconds, accel) in parts {
        let end = time + seconds;
        while time < end {
            felt += (accel - felt) * (1.0 - (-5.0 / hz).exp());
            let before = speed;
            speed = (speed + felt * 9.806_65 / hz).max(0.0);
            let shown = (speed - before) * hz / 9.806_65;
            let at = start() + Duration::from_secs_f64(begin_s + time);
            let row = Telemetry::new(car.clone(), at)
                .with_speed(Speed::from_mps(speed))
                .with_acceleration_longitudinal(Acceleration::from_g(shown))
                .with_acceleration_lateral(Acceleration::from_g(0.01 * (time * 3.0).sin()));
            rows.push(row);
            time += 1.0 / hz;
        }
        time = end;
    }
    rows
}
