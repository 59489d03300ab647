//! Recorded drives under the score of FleetFlow: exactly the harsh samples that they have.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panic, as tests do"
)]

mod recorded;

use std::{collections::BTreeMap, path::Path};

use fleet_core::{
    EventTime, VehicleId,
    event::Telemetry,
    units::{Acceleration, Speed},
};
use fleet_scoring::{SeedFleetflow, TripColumns, TripSums};
use recorded::recording;

fn drives(path: &Path) -> BTreeMap<String, Vec<Telemetry>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let column = |name| header.iter().position(|column| column == name).unwrap();
    let [drive, time, speed, accel] = ["drive", "time_utc", "speed_mph", "accel_x"].map(column);
    let mut drives = BTreeMap::<String, Vec<Telemetry>>::new();
    for row in reader.records() {
        let row = row.unwrap();
        let second: i64 = row[time].parse().unwrap();
        let vehicle = VehicleId::new(&row[drive]).unwrap();
        let mut event = Telemetry::new(vehicle, EventTime::from_micros(second * 1_000_000));
        if let Ok(mph) = row[speed].parse() {
            event = event.with_speed(Speed::from_mph(mph));
        }
        if let Ok(g) = row[accel].parse() {
            event = event.with_acceleration_longitudinal(Acceleration::from_g(g));
        }
        drives.entry(row[drive].to_owned()).or_default().push(event);
    }
    drives
}

#[test]
fn recorded_drives_have_three_samples_of_harsh_braking_and_thirteen_of_rapid_acceleration() {
    let Some(path) = recording("nds/nds_dev.csv") else {
        return;
    };
    let drives = drives(&path);
    assert_eq!(drives.len(), 17);
    let profile = SeedFleetflow::default();
    let (mut all, mut rows) = (TripSums::default(), 0);
    for events in drives.values() {
        let wide = profile.score(&TripColumns::<f64>::of_telemetry(events));
        let narrow = profile.score(&TripColumns::<f32>::of_telemetry(events));
        assert_eq!(wide.score, narrow.score);
        let lost = wide.sums.harsh_braking + wide.sums.rapid_accel;
        assert_eq!(
            wide.score.value,
            Some(100 - 5 * u8::try_from(lost).unwrap())
        );
        assert!(wide.duration_s.unwrap() > 0.0);
        assert!(!wide.events.is_empty() || lost == 0);
        rows += events.len();
        all.merge(&wide.sums);
    }
    assert_eq!((rows, all.samples), (9_239, 9_239));
    assert_eq!((all.harsh_braking, all.rapid_accel), (3, 13));
}
