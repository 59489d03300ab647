//! The detectors over real recordings.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panic, as tests do"
)]

mod recorded;

use std::{collections::BTreeMap, path::Path};

use fleet_scoring::{
    detect::{Clock, Detection, Detector, Filter, Frame, Kind, Limit, SignalColumns, VehicleClass},
    signal::slopes,
};
use ndarray::{Array1, ArrayView1};
use recorded::recording;

/// Columns of a file, as numbers; NaN where a cell is empty.
fn columns(path: &Path, names: &[&str]) -> Vec<Vec<f64>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let places: Vec<usize> = names
        .iter()
        .map(|name| header.iter().position(|column| column == *name).unwrap())
        .collect();
    let mut columns = vec![Vec::new(); names.len()];
    for row in reader.records() {
        let row = row.unwrap();
        for (column, place) in columns.iter_mut().zip(&places) {
            column.push(row[*place].parse().unwrap_or(f64::NAN));
        }
    }
    columns
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "columns are of single precision"
)]
fn narrow(column: &[f64], unit: f64) -> Vec<f32> {
    column.iter().map(|value| (value / unit) as f32).collect()
}

/// The time of each row, and speed in km/h, acceleration along and across.
type Drive = (Vec<f64>, [Vec<f32>; 3]);

/// The drives of the naturalistic recording.
fn drives() -> Option<Vec<Drive>> {
    let path = recording("nds/nds_dev.csv")?;
    let read = columns(
        &path,
        &["drive", "time_utc", "speed_mph", "accel_x", "accel_y"],
    );
    let mut drives = BTreeMap::<u64, Vec<usize>>::new();
    for (row, drive) in read[0].iter().enumerate() {
        drives.entry(drive.to_bits()).or_default().push(row);
    }
    let drives = drives.into_values().map(|rows| {
        let column = |place: usize| rows.iter().map(|row| read[place][*row]).collect::<Vec<_>>();
        let speed = narrow(&column(2), 1.0 / 1.609_344);
        (
            column(1),
            [speed, narrow(&column(3), 1.0), narrow(&column(4), 1.0)],
        )
    });
    Some(drives.collect())
}

fn signals<'a>(times: &'a [f64], columns: &'a [Vec<f32>; 3]) -> SignalColumns<'a> {
    SignalColumns::new(Clock::Times(ArrayView1::from(times)))
        .with_speed(ArrayView1::from(&columns[0]))
        .with_longitudinal(ArrayView1::from(&columns[1]))
        .with_lateral(ArrayView1::from(&columns[2]))
}

#[test]
fn a_limit_of_a_third_of_a_g_gives_the_samples_and_events_that_the_recording_marks() {
    let Some(drives) = drives() else {
        return;
    };
    let limit = Limit::new(0.35).unwrap();
    let (mut samples, mut lateral, mut events) = (0, 0, 0);
    for (times, columns) in &drives {
        let found = limit.detect(&signals(times, columns));
        samples += found.samples;
        lateral += found.lateral;
        events += found.events.len();
    }
    assert_eq!((drives.len(), samples, events, lateral), (17, 70, 62, 45));
}

#[test]
fn once_a_second_acceleration_is_unavailable_and_speed_takes_its_place() {
    let Some(drives) = drives() else {
        return;
    };
    let detector = Detector::new(Frame::Vehicle, VehicleClass::Passenger);
    let (mut harsh, mut km) = (0, 0.0);
    for (times, columns) in &drives {
        let found = detector.detect(&signals(times, columns));
        assert_eq!(found.filter, Some(Filter::Line));
        let lacks = |what: &str| {
            found
                .unavailable
                .iter()
                .any(|lack| lack.what.contains(what))
        };
        assert!(lacks("by acceleration") && lacks("corners"));
        harsh += found.harsh().count();
        km += found.distance_km.unwrap();
    }
    // Ordinary drives: what a person would call harsh is rare, less than one in a kilometre.
    assert!(km > 50.0 && (harsh as f64) < km, "{harsh} in {km} km");
}

struct Minute {
    times: Vec<f64>,
    accel: [Vec<f32>; 3],
    gyro: [Vec<f32>; 3],
    speed: Vec<f32>,
}

/// A minute of a car at 104 Hz: forward, right, down; its speed beside each sample.
fn minute() -> Option<Minute> {
    let accel = recording("comma2k19/IMU_accelerometer.csv")?;
    let gyro = recording("comma2k19/IMU_gyro.csv")?;
    let speed = recording("comma2k19/CAN_speed.csv")?;
    let accel = columns(&accel, &["t_boot_s", "ax_fwd", "ay_right", "az_down"]);
    let gyro = columns(&gyro, &["t_boot_s", "gx", "gy", "gz"]);
    let speed = columns(&speed, &["t_boot_s", "speed_mps"]);
    let beside = |times: &[f64], values: &[f64]| -> Vec<f64> {
        let at = accel[0].iter().map(|at| {
            let place = times.partition_point(|then| then <= at);
            values[place.saturating_sub(1)]
        });
        at.collect()
    };
    let turn = |axis: usize| narrow(&beside(&gyro[0], &gyro[axis]), 1.0_f64.to_radians());
    Some(Minute {
        accel: [1, 2, 3].map(|axis| narrow(&accel[axis], 9.806_65)),
        gyro: [1, 2, 3].map(turn),
        speed: narrow(&beside(&speed[0], &speed[1]), 1.0 / 3.6),
        times: accel[0].clone(),
    })
}

impl Minute {
    fn signals(&self, with_speed: bool) -> SignalColumns<'_> {
        let columns = SignalColumns::new(Clock::Times(ArrayView1::from(&self.times)))
            .with_acceleration([0, 1, 2].map(|axis| ArrayView1::from(&self.accel[axis])))
            .with_gyroscope([0, 1, 2].map(|axis| ArrayView1::from(&self.gyro[axis])));
        if with_speed {
            columns.with_speed(ArrayView1::from(&self.speed))
        } else {
            columns
        }
    }

    /// The same minute in a device that is turned.
    fn turned(&self, [yaw, pitch, roll]: [f64; 3]) -> Self {
        let turn = |axes: &[Vec<f32>; 3]| {
            let mut turned: [Vec<f32>; 3] = Default::default();
            let [first, second, third] = axes;
            for ((x, y), z) in first.iter().zip(second).zip(third) {
                let [x, y, z] = [x, y, z].map(|value| f64::from(*value));
                let (x, y) = (x * yaw.cos() - y * yaw.sin(), x * yaw.sin() + y * yaw.cos());
                let (x, z) = (
                    x * pitch.cos() - z * pitch.sin(),
                    x * pitch.sin() + z * pitch.cos(),
                );
                let (y, z) = (
                    y * roll.cos() - z * roll.sin(),
                    y * roll.sin() + z * roll.cos(),
                );
                for (axis, value) in turned.iter_mut().zip([x, y, z]) {
                    axis.extend(narrow(&[value], 1.0));
                }
            }
            turned
        };
        Self {
            times: self.times.clone(),
            accel: turn(&self.accel),
            gyro: turn(&self.gyro),
            speed: self.speed.clone(),
        }
    }
}

#[test]
fn the_forward_axis_of_a_real_car_is_found_without_knowing_the_axes() {
    let Some(minute) = minute() else {
        return;
    };
    let known = Detector::new(Frame::Vehicle, VehicleClass::Passenger);
    let known = known.detect(&minute.signals(true));
    let detector = Detector::new(Frame::Device, VehicleClass::Passenger);
    for angles in [
        [0.0; 3],
        [0.4, 0.2, 0.1],
        [2.0, -1.0, 0.5],
        [-2.6, 0.9, 3.0],
    ] {
        let turned = minute.turned(angles);
        let found = detector.detect(&turned.signals(true));
        assert!(
            found.forward.unwrap().error_deg < 5.0,
            "{:?}",
            found.forward
        );
        // The same acceleration and the same braking as along the known axis.
        let brake = |found: &Detection| {
            let brakes: Vec<_> = found.of_kind(Kind::FirmBrake).copied().collect();
            (brakes.len(), brakes[0])
        };
        let ((count, brake), (expected, true_brake)) = (brake(&found), brake(&known));
        assert_eq!(count, expected);
        assert!(
            (brake.peak_g - true_brake.peak_g).abs() < 0.01,
            "{angles:?} {brake:?}"
        );
        assert!((brake.start_s - true_brake.start_s).abs() < 0.3);
        let impulse = found.impulse.accel_mgs - known.impulse.accel_mgs;
        assert!(impulse.abs() < 30, "{angles:?} {impulse}");
    }
    // A minute of a motorway without a speed does not say what is forward, and nothing is
    // called an acceleration.
    let found = detector.detect(&minute.signals(false));
    assert!(found.forward.unwrap().error_deg > 35.0);
    assert_eq!(found.of_kind(Kind::RapidAccel).count(), 0);
}

#[test]
fn acceleration_agrees_with_speed_on_a_real_car() {
    let Some(minute) = minute() else {
        return;
    };
    let known =
        Detector::new(Frame::Vehicle, VehicleClass::Passenger).detect(&minute.signals(true));
    assert!(
        (known.rate_hz.unwrap() - 104.0).abs() < 3.0,
        "{:?}",
        known.rate_hz
    );
    assert!(known.harsh().count() == 0, "{:?}", known.manoeuvres);
    let times = Array1::from(minute.times.clone());
    let speed = Array1::from(minute.speed.clone());
    let slopes = slopes(times.view(), speed.view(), 0.75);
    let strongest = slopes
        .iter()
        .filter(|slope| slope.is_finite())
        .fold(0.0_f64, |a, b| a.max(b.abs()));
    // By speed and by acceleration, the strongest is about the same.
    let by_speed = strongest / 3.6 / 9.806_65;
    let by_accel = known
        .manoeuvres
        .iter()
        .map(|one| one.peak_g.abs())
        .fold(0.0, f64::max);
    assert!((by_speed - by_accel).abs() < 0.03, "{by_speed} {by_accel}");
}
