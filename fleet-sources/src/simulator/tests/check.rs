//! Assertions and helpers that the tests of the models share.

use std::time::Duration;

use fleet_core::{
    Event, GeoPoint,
    dialect::{Dialect, Lossy},
};

use crate::simulator::{Draws, Model, SimulatorOptions};

/// Simulates one vehicle and returns its events.
pub(super) fn run<M: Model>(model: &M, number: u32, options: SimulatorOptions) -> Vec<M::Event> {
    let mut draws = Draws::new(options.seed, number);
    let mut vehicle = model.vehicle(number, &mut draws).unwrap();
    let mut events = Vec::new();
    for tick in 0..options.ticks() {
        events.push(model.tick(&mut vehicle, options.at(tick), &mut draws));
        events.extend(std::iter::from_fn(|| model.more(&mut vehicle)));
    }
    events
}

pub(super) const fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

/// Asserts that a dialect writes events without loss and reads the same events back.
#[track_caller]
pub(super) fn assert_comes_back<D: Dialect>(dialect: &D, events: &[D::Event]) {
    let mut memo = D::Memo::default();
    assert!(!events.is_empty());
    for event in events {
        let (mut line, mut again) = (Vec::new(), Vec::new());
        dialect.write(event, &mut line);
        let line = String::from_utf8(line).unwrap();
        assert_eq!(dialect.lossy(event), Lossy::default(), "{line}");
        let read = dialect.read(&line, &mut memo).unwrap().unwrap();
        assert_eq!((read.key(), read.at()), (event.key(), event.at()));
        assert_eq!(read.identity(), event.identity(), "{line}");
        dialect.write(&read, &mut again);
        assert_eq!(line.as_bytes(), again);
    }
}

/// Asserts that values fill a range evenly: both ends, and the mean to six standard errors.
#[track_caller]
pub(super) fn assert_uniform(values: &[f64], from: f64, to: f64) {
    let (n, width) = (values.len() as f64, to - from);
    assert!(values.iter().all(|value| (from..=to).contains(value)));
    let near = |edge: f64| {
        values
            .iter()
            .any(|value| (value - edge).abs() < width * 0.01)
    };
    assert!(near(from) && near(to));
    let mean = values.iter().sum::<f64>() / n;
    let error = width / 12f64.sqrt() / n.sqrt();
    assert!(
        (mean - f64::midpoint(from, to)).abs() < 6.0 * error,
        "mean {mean} of {from}..{to}"
    );
}

/// Asserts a share of events, to six standard errors.
#[track_caller]
pub(super) fn assert_share(part: usize, of: usize, expected: f64) {
    let (share, n) = (part as f64 / of as f64, of as f64);
    let error = (expected * (1.0 - expected) / n).sqrt();
    assert!(
        (share - expected).abs() < 6.0 * error,
        "{share} is not about {expected}"
    );
}

/// The distance of two nearby positions, metres: Pythagoras on a sphere of the Earth's mean radius.
pub(super) fn metres_between(from: GeoPoint, to: GeoPoint) -> f64 {
    let north = to.latitude.as_degrees() - from.latitude.as_degrees();
    let east = to.longitude.as_degrees() - from.longitude.as_degrees();
    let between = f64::midpoint(from.latitude.as_degrees(), to.latitude.as_degrees());
    north.hypot(east * between.to_radians().cos()) * 111_195.08
}
