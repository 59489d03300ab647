//! The detector of `production` on drives that are put together by hand.
#![expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "helpers of tests fail by panic, as tests do; columns are of single precision"
)]

use fleet_core::event::Severity;
use fleet_scoring::detect::{
    Clock, Detection, Detector, Filter, Frame, Kind, SignalColumns, VehicleClass,
};
use ndarray::{Array1, ArrayView1};

/// A part of a drive: seconds, acceleration in g, yaw rate in degrees per second.
type Part = (f64, f64, f64);

/// The motion of a vehicle, and what sensors along its axes show of it.
struct Drive {
    hz: f64,
    along: Vec<f32>,
    across: Vec<f32>,
    up: Vec<f32>,
    yaw: Vec<f32>,
    kmh: Vec<f32>,
    heading: Vec<f64>,
}

/// Numbers from -1 to 1 that look random.
fn noise(state: &mut u64) -> f64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1);
    (*state >> 33) as f64 / f64::from(1 << 30) - 1.0
}

fn drive(hz: f64, parts: &[Part]) -> Drive {
    let mut drive = Drive {
        hz,
        along: Vec::new(),
        across: Vec::new(),
        up: Vec::new(),
        yaw: Vec::new(),
        kmh: Vec::new(),
        heading: Vec::new(),
    };
    let (mut speed, mut along, mut yaw, mut heading, mut state) =
        (0.0_f64, 0.0_f64, 0.0, 0.3_f64, 7);
    let pedal = 1.0 - (-5.0 / hz).exp();
    for (seconds, accel, turn) in parts {
        for _ in 0..(seconds * hz) as usize {
            along += (accel - along) * pedal;
            yaw += (turn - yaw) * pedal;
            let before = speed;
            speed = (speed + along * 9.80665 / hz).max(0.0);
            let felt = (speed - before) * hz / 9.80665;
            heading += f64::to_radians(yaw) / hz;
            let shake = (0.002 + 0.002 * speed.min(20.0)) * noise(&mut state);
            drive.along.push((felt + shake) as f32);
            drive
                .across
                .push((speed * f64::to_radians(yaw) / 9.80665 + shake * noise(&mut state)) as f32);
            drive
                .up
                .push((1.0 + 2.0 * shake * noise(&mut state)) as f32);
            drive.yaw.push(yaw as f32);
            drive.kmh.push((speed * 3.6) as f32);
            drive.heading.push(heading);
        }
    }
    drive
}

/// A drive with turns to both sides, one harsh brake to a stop from 45 s on, one rapid
/// acceleration from 60 s on.
fn town() -> Vec<Part> {
    vec![
        (5.0, 0.0, 0.0),
        (9.0, 0.12, 0.0),
        (6.0, 0.0, 0.0),
        (4.0, -0.08, 0.0),
        (5.0, 0.0, 13.0),
        (6.0, 0.08, 0.0),
        (5.0, 0.0, -11.0),
        (5.0, 0.08, 0.0),
        (4.0, -0.45, 0.0),
        (11.0, 0.0, 0.0),
        (5.0, 0.28, 0.0),
        (10.0, 0.0, 0.0),
        (5.0, -0.1, 0.0),
        (6.0, 0.0, 10.0),
        (10.0, 0.06, 0.0),
        (6.0, -0.1, 0.0),
        (5.0, 0.0, -12.0),
        (9.0, -0.12, 0.0),
        (8.0, 0.0, 0.0),
    ]
}

impl Drive {
    fn vehicle(&self) -> SignalColumns<'_> {
        SignalColumns::new(Clock::Rate(self.hz))
            .with_acceleration([&self.along, &self.across, &self.up].map(ArrayView1::from))
            .with_yaw_rate(ArrayView1::from(&self.yaw))
    }

    /// What a device shows that is turned by three angles.
    fn device(&self, angles: [f64; 3]) -> [[Vec<f32>; 3]; 2] {
        let zero = vec![0.0; self.yaw.len()];
        let turn = |columns: [&Vec<f32>; 3]| {
            let mut turned: [Vec<f32>; 3] = Default::default();
            for row in 0..columns[0].len() {
                let mut v = columns.map(|column| f64::from(column[row]));
                for (axis, angle) in angles.iter().enumerate() {
                    let (a, b) = ((axis + 1) % 3, (axis + 2) % 3);
                    (v[a], v[b]) = (
                        v[a] * angle.cos() - v[b] * angle.sin(),
                        v[a] * angle.sin() + v[b] * angle.cos(),
                    );
                }
                for (column, value) in turned.iter_mut().zip(v) {
                    column.push(value as f32);
                }
            }
            turned
        };
        [
            turn([&self.along, &self.across, &self.up]),
            turn([&zero, &zero, &self.yaw]),
        ]
    }

    /// What a device shows in the frame of the earth, with an error of its compass.
    fn earth(&self, compass: f64) -> [Vec<f32>; 2] {
        let mut axes: [Vec<f32>; 2] = Default::default();
        for (row, heading) in self.heading.iter().enumerate() {
            let (a, l) = (f64::from(self.along[row]), f64::from(self.across[row]));
            let (sin, cos) = (heading + compass).sin_cos();
            axes[0].push((a * cos - l * sin) as f32);
            axes[1].push((a * sin + l * cos) as f32);
        }
        axes
    }
}

fn views(columns: &[Vec<f32>; 3]) -> [ArrayView1<'_, f32>; 3] {
    columns.each_ref().map(ArrayView1::from)
}

fn car(frame: Frame) -> Detector {
    Detector::new(frame, VehicleClass::Passenger)
}

/// The harsh kinds with the seconds in which they begin.
fn kinds(found: &Detection) -> Vec<(Kind, f64)> {
    found
        .harsh()
        .map(|one| (one.kind, one.start_s.round()))
        .collect()
}

fn is_the_town(found: &Detection) -> bool {
    let kinds = kinds(found);
    let near = |place: usize, kind, at: f64| {
        let found: Option<&(Kind, f64)> = kinds.get(place);
        found.is_some_and(|(one, start)| *one == kind && (start - at).abs() <= 2.0)
    };
    kinds.len() == 2 && near(0, Kind::HarshBrake, 45.0) && near(1, Kind::RapidAccel, 60.0)
}

#[test]
fn every_frame_and_rate_gives_the_brake_and_the_acceleration_of_a_town() {
    for hz in [10.0, 25.0, 50.0, 104.0, 1000.0] {
        let drive = drive(hz, &town());
        let found = car(Frame::Vehicle).detect(&drive.vehicle());
        assert!(is_the_town(&found), "vehicle {hz} {:?}", found.manoeuvres);
        for angles in [[0.0, 0.0, 2.0], [1.0, -0.7, 0.3], [3.0, 0.2, -2.0]] {
            let [accel, gyro] = drive.device(angles);
            let columns = SignalColumns::new(Clock::Rate(hz)).with_acceleration(views(&accel));
            let found = car(Frame::Device).detect(&columns.with_gyroscope(views(&gyro)));
            assert!(
                is_the_town(&found),
                "device {hz} {angles:?} {:?}",
                found.manoeuvres
            );
            assert!(found.forward.unwrap().error_deg < 30.0);
        }
        for compass in [0.0, 2.0, -1.0] {
            let [east, north] = drive.earth(compass);
            let columns = SignalColumns::new(Clock::Rate(hz))
                .with_east_north(ArrayView1::from(&east), ArrayView1::from(&north))
                .with_yaw_rate(ArrayView1::from(&drive.yaw));
            let found = car(Frame::Earth).detect(&columns);
            assert!(
                is_the_town(&found),
                "earth {hz} {compass} {:?}",
                found.manoeuvres
            );
        }
    }
}

#[test]
fn prop_any_chunks_give_what_the_whole_recording_gives() {
    let mut state = 3;
    for (hz, times) in [
        (50.0, false),
        (50.0, true),
        (1000.0, false),
        (1000.0, true),
        (16_000.0, false),
    ] {
        let parts = if hz > 500.0 {
            town()[..3].to_vec()
        } else {
            town()
        };
        let mut drive = drive(hz, &parts);
        // Missing samples, and times that jitter.
        for row in (0..drive.along.len()).step_by(997) {
            drive.along[row] = f32::NAN;
        }
        let at: Array1<f64> = (0..drive.along.len())
            .map(|row| (row as f64 + 0.4 * noise(&mut state)) / hz)
            .collect();
        let speed = drive.kmh.clone();
        let mut columns = drive.vehicle().with_speed(ArrayView1::from(&speed));
        if times {
            columns = SignalColumns::new(Clock::Times(at.view()))
                .with_acceleration([&drive.along, &drive.across, &drive.up].map(ArrayView1::from))
                .with_yaw_rate(ArrayView1::from(&drive.yaw))
                .with_speed(ArrayView1::from(&speed));
        }
        for frame in [Frame::Vehicle, Frame::Device, Frame::Earth] {
            let whole = car(frame).detect(&columns);
            for most in [3.0, 100.0, 9000.0] {
                let mut trip = car(frame).start();
                let mut start = 0;
                while start < columns.len() {
                    let end = start + ((noise(&mut state).abs() * most) as usize);
                    trip.push(&columns.rows(start..end));
                    start = end.min(columns.len()).max(start);
                }
                assert_eq!(trip.finish(), whole, "{hz} {times} {frame:?}");
            }
        }
    }
}

#[test]
fn a_second_of_braking_is_one_event_at_any_rate() {
    for hz in [20.0, 100.0, 16_000.0] {
        let second = |n: usize| (10.0..11.0).contains(&(n as f64 / hz));
        let along: Vec<f32> = (0..(20.0 * hz) as usize)
            .map(|n| if second(n) { -0.5 } else { 0.0 })
            .collect();
        let columns =
            SignalColumns::new(Clock::Rate(hz)).with_longitudinal(ArrayView1::from(&along));
        let found = car(Frame::Vehicle).detect(&columns);
        assert_eq!(kinds(&found), [(Kind::HarshBrake, 10.0)], "{hz}");
        let impulse = found.impulse.brake_mgs;
        assert!((300..=350).contains(&impulse), "{impulse}");
    }
}

#[test]
fn road_shocks_and_missing_samples_and_gaps_are_no_events() {
    let hz = 100.0;
    let mut along = vec![0.0_f32; 6000];
    for shock in (100..5900).step_by(300) {
        along[shock..shock + 10].fill(if shock % 200 == 0 { 0.6 } else { -0.6 });
    }
    along[3000..3100].fill(f32::NAN);
    let columns = SignalColumns::new(Clock::Rate(hz)).with_longitudinal(ArrayView1::from(&along));
    let found = car(Frame::Vehicle).detect(&columns);
    assert_eq!(found.manoeuvres, []);
    assert!((found.measured_s - 59.0).abs() < 0.5);
    // Braking before and after a gap is two events, and neither reaches into it.
    let mut along = vec![0.0_f32; 3000];
    along[1000..1600].fill(-0.4);
    along[1200..1400].fill(f32::NAN);
    let columns = SignalColumns::new(Clock::Rate(hz)).with_longitudinal(ArrayView1::from(&along));
    let found = car(Frame::Vehicle).detect(&columns);
    let spans: Vec<_> = found.harsh().map(|one| (one.start_s, one.end_s)).collect();
    assert_eq!(spans.len(), 2);
    assert!(spans[0].1 <= 12.1 && spans[1].0 >= 13.9, "{spans:?}");
}

#[test]
fn samples_at_the_range_of_the_sensor_are_missing() {
    for hz in [100.0, 16_000.0] {
        let clipped = |n: usize| (10.0..12.0).contains(&(n as f64 / hz));
        let along: Vec<f32> = (0..(20.0 * hz) as usize)
            .map(|n| if clipped(n) { -2.0 } else { 0.0 })
            .collect();
        let columns =
            SignalColumns::new(Clock::Rate(hz)).with_longitudinal(ArrayView1::from(&along));
        assert_eq!(car(Frame::Vehicle).detect(&columns).harsh().count(), 1);
        assert_eq!(
            car(Frame::Vehicle)
                .with_range(2.0)
                .detect(&columns)
                .harsh()
                .count(),
            0
        );
    }
}

#[test]
fn hard_turns_are_corners_and_no_brakes() {
    let mut parts = vec![(5.0, 0.0, 0.0), (8.0, 0.12, 0.0)];
    for turn in 0..12 {
        let side = if turn % 3 == 0 { -1.0 } else { 1.0 };
        parts.extend([(4.0, 0.0, 27.0 * side), (3.0, 0.05, 0.0), (2.0, -0.06, 0.0)]);
    }
    let drive = drive(50.0, &parts);
    let [accel, gyro] = drive.device([0.4, 1.1, 2.5]);
    let device = SignalColumns::new(Clock::Rate(50.0))
        .with_acceleration(views(&accel))
        .with_gyroscope(views(&gyro));
    for (frame, columns) in [(Frame::Vehicle, drive.vehicle()), (Frame::Device, device)] {
        let found = car(frame).detect(&columns);
        assert_eq!(found.of_kind(Kind::HarshBrake).count(), 0, "{frame:?}");
        assert!(
            found.of_kind(Kind::HarshCorner).count() >= 10,
            "{frame:?} {:?}",
            kinds(&found)
        );
    }
}

#[test]
fn a_shift_of_gears_does_not_split_an_acceleration() {
    let parts = [
        (5.0, 0.0, 0.0),
        (2.0, 0.3, 0.0),
        (0.6, 0.02, 0.0),
        (2.5, 0.25, 0.0),
        (10.0, 0.0, 0.0),
    ];
    let found = car(Frame::Vehicle).detect(&drive(50.0, &parts).vehicle());
    assert_eq!(found.of_kind(Kind::RapidAccel).count(), 1);
    assert_eq!(kinds(&found).len(), 1);
}

#[test]
fn speed_alone_finds_brakes_and_accelerations_and_says_what_it_cannot_find() {
    let drive = drive(1.0, &town());
    let columns = SignalColumns::new(Clock::Rate(1.0)).with_speed(ArrayView1::from(&drive.kmh));
    let found = car(Frame::Vehicle).detect(&columns);
    assert_eq!(found.filter, Some(Filter::Line));
    assert!(is_the_town(&found), "{:?}", found.manoeuvres);
    assert_eq!(found.unavailable.len(), 1);
    assert!(found.distance_km.unwrap() > 0.5);
    // Every ten seconds, a brake lies between two speeds.
    let rare: Vec<f32> = drive.kmh.iter().step_by(10).copied().collect();
    let columns = SignalColumns::new(Clock::Rate(0.1)).with_speed(ArrayView1::from(&rare));
    let found = car(Frame::Vehicle).detect(&columns);
    assert!(found.manoeuvres.is_empty() && !found.unavailable.is_empty());
}

#[test]
fn satellites_alone_find_corners_by_the_course() {
    let mut parts = vec![(12.0, 0.12, 0.0), (5.0, 0.0, 0.0)];
    parts.extend([(5.0, 0.0, 18.0), (10.0, 0.0, 0.0)]);
    let drive = drive(1.0, &parts);
    let course: Vec<f32> = drive
        .heading
        .iter()
        .map(|heading| (90.0 - heading.to_degrees()).rem_euclid(360.0) as f32)
        .collect();
    let columns = SignalColumns::new(Clock::Rate(1.0))
        .with_speed(ArrayView1::from(&drive.kmh))
        .with_course(ArrayView1::from(&course));
    let found = car(Frame::Vehicle).detect(&columns);
    assert_eq!(
        found.of_kind(Kind::HarshCorner).count(),
        1,
        "{:?}",
        found.manoeuvres
    );
}

#[test]
fn speed_that_does_not_change_contradicts_a_brake() {
    let hz = 50.0;
    let along: Vec<f32> = (0..3000)
        .map(|n| if (1000..1100).contains(&n) { -0.4 } else { 0.0 })
        .collect();
    let steady = vec![50.0_f32; 3000];
    let columns = SignalColumns::new(Clock::Rate(hz)).with_longitudinal(ArrayView1::from(&along));
    assert_eq!(car(Frame::Vehicle).detect(&columns).harsh().count(), 1);
    let columns = columns.with_speed(ArrayView1::from(&steady));
    assert_eq!(car(Frame::Vehicle).detect(&columns).harsh().count(), 0);
}

#[test]
fn too_few_samples_give_no_events_and_a_reason() {
    let along = vec![-0.5_f32; 100];
    let columns = SignalColumns::new(Clock::Rate(1.0)).with_longitudinal(ArrayView1::from(&along));
    let found = car(Frame::Vehicle).detect(&columns);
    assert!(found.manoeuvres.is_empty());
    assert!(
        found
            .unavailable
            .iter()
            .any(|lack| lack.reason.contains("rarer than 5"))
    );
    let empty = car(Frame::Earth).detect(&SignalColumns::new(Clock::Rate(50.0)));
    assert_eq!(empty.unavailable.len(), 1);
    let alone = SignalColumns::new(Clock::Rate(50.0))
        .with_east_north(ArrayView1::from(&along), ArrayView1::from(&along));
    assert!(
        car(Frame::Earth).detect(&alone).unavailable[0]
            .reason
            .contains("yaw")
    );
}

#[test]
fn a_heavier_class_is_harsh_sooner_and_severity_follows_the_peak() {
    let brake = |level: f64| {
        drive(
            50.0,
            &[
                (5.0, 0.0, 0.0),
                (9.0, 0.12, 0.0),
                (2.0, -level, 0.0),
                (9.0, 0.0, 0.0),
            ],
        )
    };
    let count = |class, level| {
        Detector::new(Frame::Vehicle, class)
            .detect(&brake(level).vehicle())
            .of_kind(Kind::HarshBrake)
            .count()
    };
    assert_eq!(
        (
            count(VehicleClass::Passenger, 0.27),
            count(VehicleClass::Heavy, 0.27)
        ),
        (0, 1)
    );
    let severity = |level| {
        let found = car(Frame::Vehicle).detect(&brake(level).vehicle());
        found.harsh().map(|one| one.severity).next()
    };
    assert_eq!(severity(0.34), Some(Severity::Low));
    assert_eq!(severity(0.45), Some(Severity::Medium));
    assert_eq!(severity(0.6), Some(Severity::High));
}

#[test]
fn what_comes_after_a_day_is_not_read_so_that_memory_is_bounded() {
    let hour = vec![0.01_f32; 5 * 3600];
    let columns = SignalColumns::new(Clock::Rate(5.0)).with_longitudinal(ArrayView1::from(&hour));
    let mut trip = car(Frame::Vehicle).start();
    for _ in 0..26 {
        trip.push(&columns);
    }
    let hours = trip.finish().measured_s / 3600.0;
    assert!((23.9..=24.0).contains(&hours), "{hours}");
}
