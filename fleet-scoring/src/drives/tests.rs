//! Tests of the synthetic drives: physics, truth, seeds, and what the distributions cover.

use std::collections::BTreeSet;

use fleet_core::event::AlertKind::{HarshBrake, HarshCorner, RapidAccel};

use super::{
    draws::Draws,
    driver::{Driver, G},
    levels::ClassLevels,
    motion::{self, Motion, STEP_S},
    *,
};
use crate::evaluation::{Clock, Gravity, Recording, Style, VehicleClass};

fn motion_of(class: VehicleClass, style: Style, seed: u64) -> Motion {
    let levels = ClassLevels::of(class);
    let mut draws = Draws::new(seed);
    let mut driver = Driver::new(levels, style, Scenario::Mixed, draws.branch());
    motion::drive(levels, &mut driver, 600.0, draws)
}

/// The step at a time.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times of tests are small and not negative"
)]
fn index(seconds: f64) -> usize {
    (seconds * STEPS_PER_S).round() as usize
}

fn each_class(mut check: impl FnMut(VehicleClass, Style, &Motion)) {
    for class in VehicleClass::ALL {
        for style in [Style::Calm, Style::Aggressive] {
            for seed in 0..3 {
                check(class, style, &motion_of(class, style, seed));
            }
        }
    }
}

#[test]
fn speed_is_the_integral_of_acceleration_and_never_negative() {
    each_class(|class, _, motion| {
        let mut metres = 0.0;
        for pair in motion.steps.windows(2) {
            let (step, next) = (pair[0], pair[1]);
            assert!(step.speed >= 0.0, "{class:?}");
            let integrated = step.speed + step.accel * STEP_S;
            assert!((next.speed - integrated).abs() < 1e-9, "{class:?}");
            metres += step.speed * STEP_S;
            assert!((next.distance - metres).abs() < 1e-6, "{class:?}");
        }
    });
}

#[test]
fn lateral_acceleration_is_speed_times_yaw_rate_within_the_tightest_turn() {
    each_class(|class, _, motion| {
        let radius = ClassLevels::of(class).radius_m;
        for step in &motion.steps {
            assert!((step.lateral - step.speed * step.yaw_rate).abs() < 1e-9);
            assert!(
                step.yaw_rate.abs() <= step.speed / radius + 1e-9,
                "{class:?}"
            );
        }
    });
}

#[test]
fn no_vehicle_accelerates_beyond_its_engine_or_tyres() {
    each_class(|class, _, motion| {
        let levels = ClassLevels::of(class);
        for step in &motion.steps {
            let power = step.accel * step.speed;
            assert!(power <= levels.power.1 + 1.0, "{class:?}: {power} W/kg");
            assert!(step.accel <= levels.accel.limit * G + 1e-6, "{class:?}");
            assert!(step.accel >= -levels.brake.limit * G - 1e-6, "{class:?}");
        }
    });
}

#[test]
fn labels_lie_where_the_true_acceleration_says_and_nothing_harsh_lies_elsewhere() {
    let (mut meant, mut labelled) = (0, 0);
    each_class(|class, style, motion| {
        let levels = ClassLevels::of(class);
        let labels = truth::labels(motion, &levels);
        meant += motion.meant.len();
        labelled += labels.len();
        let mut free = vec![true; motion.steps.len()];
        for span in &motion.meant {
            let end = (span.end + 200).min(free.len());
            free[span.first..end].fill(false);
        }
        let reading = |step: &Step| (-step.accel / G, step.accel / G, step.lateral.abs() / G);
        for label in &labels {
            let event = &motion.steps[index(label.start_s)..=index(label.end_s)];
            let of = |step: &Step| match &label.kind {
                kind if *kind == HarshBrake => (reading(step).0, levels.brake.least),
                kind if *kind == RapidAccel => (reading(step).1, levels.accel.least),
                _ => (reading(step).2, levels.corner.least),
            };
            let peak = event.iter().map(|step| of(step).0).fold(0.0, f64::max);
            let ends = [event[0], event[event.len() - 1]].map(|step| of(&step).0);
            assert!(
                peak >= 0.85 * of(&event[0]).1,
                "{class:?} {label:?}: {peak}"
            );
            assert!(
                ends.iter().all(|end| *end > 0.3 * peak),
                "{label:?}: {ends:?}"
            );
        }
        for (step, free) in motion.steps.iter().zip(free) {
            let (brake, accel, corner) = reading(step);
            if free {
                assert!(
                    brake < 0.85 * levels.brake.least,
                    "{class:?} {style:?} {brake}"
                );
                assert!(
                    accel < 0.85 * levels.accel.least,
                    "{class:?} {style:?} {accel}"
                );
                assert!(
                    corner < 0.85 * levels.corner.least,
                    "{class:?} {style:?} {corner}"
                );
            }
        }
    });
    assert!(
        meant > 100 && labelled * 10 > meant * 9,
        "{labelled} of {meant}"
    );
}

/// The bits of all readings, which NaN does not spoil.
fn bits(recording: &Recording) -> Vec<u32> {
    let axes = [&recording.acceleration, &recording.turn_rate];
    let single = [&recording.yaw_rate, &recording.speed];
    let columns = axes.into_iter().flatten().flatten();
    let columns = columns.chain(single.into_iter().flatten());
    columns.flatten().map(|value| value.to_bits()).collect()
}

#[test]
fn equal_seeds_give_equal_bytes_and_others_give_others() {
    for mounting in Mounting::ALL {
        let drive = |seed| {
            let options = DriveOptions {
                mounting,
                seed,
                seconds: 60.0,
                ..DriveOptions::default()
            };
            options.drive().labelled
        };
        let (one, same, other) = (drive(1), drive(1), drive(2));
        assert_eq!(bits(&one.recording), bits(&same.recording));
        assert_eq!(one.labels, same.labels);
        assert_ne!(bits(&one.recording), bits(&other.recording), "{mounting:?}");
    }
}

fn drive(mounting: Mounting, rate_hz: f64, seed: u64) -> Drive {
    let options = DriveOptions {
        mounting,
        rate_hz,
        seed,
        seconds: 200.0,
        ..DriveOptions::default()
    };
    options.drive()
}

/// The readings of three axes while the vehicle stands, averaged.
fn at_rest(drive: &Drive, axes: &[Vec<f32>; 3]) -> Option<[f64; 3]> {
    let recording = &drive.labelled.recording;
    let mut sums = [0.0; 3];
    let mut count = 0.0;
    for sample in 0..recording.len() {
        let step = index(recording.time_s(sample).unwrap());
        let step = step.min(drive.steps.len() - 1);
        // After a stop the body rings for a while.
        let calm = drive.steps[step.saturating_sub(600)..=step].iter();
        if calm.clone().any(|step| step.speed > 0.0) || axes[0][sample].is_nan() {
            continue;
        }
        count += 1.0;
        for (sum, axis) in sums.iter_mut().zip(axes) {
            *sum += f64::from(axis[sample]);
        }
    }
    (count > 20.0).then(|| sums.map(|sum| sum / count))
}

fn length(axes: [f64; 3]) -> f64 {
    axes.iter().map(|part| part * part).sum::<f64>().sqrt()
}

#[test]
fn at_rest_a_gyroscope_reads_its_bias_and_an_accelerometer_gravity_in_any_direction() {
    let (mut biases, mut ups) = (Vec::new(), Vec::new());
    for seed in 0..40 {
        let drive = drive(Mounting::Unknown, 10.0, seed);
        let recording = &drive.labelled.recording;
        let turn = at_rest(&drive, recording.turn_rate.as_ref().unwrap());
        let force = at_rest(&drive, recording.acceleration.as_ref().unwrap());
        biases.extend(turn.map(length));
        match (recording.gravity, force) {
            (Gravity::Included, Some(force)) => {
                assert!((length(force) - 1.0).abs() < 0.07, "{force:?}");
                ups.push(force[2]);
            }
            (Gravity::Removed, Some(force)) => assert!(length(force) < 0.25, "{force:?}"),
            _ => {}
        }
    }
    assert!(
        biases.iter().all(|bias| (0.15..0.75).contains(bias)),
        "{biases:?}"
    );
    let spread = |least: f64, most: f64| {
        biases.iter().any(|bias| *bias < least) && biases.iter().any(|bias| *bias > most)
    };
    assert!(spread(0.35, 0.55), "{biases:?}");
    assert!(
        ups.iter().any(|up| *up < -0.3) && ups.iter().any(|up| *up > 0.3),
        "{ups:?}"
    );
}

#[test]
fn a_receiver_is_late_by_up_to_two_seconds() {
    let mut lags = Vec::new();
    for seed in 0..25 {
        let drive = drive(Mounting::SpeedAlone, 1.0, seed);
        let recording = &drive.labelled.recording;
        let speed = recording.speed.as_ref().unwrap();
        let error = |lag: f64| {
            let pairs = speed.iter().enumerate().filter_map(|(sample, kmh)| {
                let at = recording.time_s(sample)? - lag;
                let step = drive.steps.get(index(at.max(0.0)))?;
                let off = f64::from(*kmh) - step.speed * 3.6;
                (!kmh.is_nan()).then_some(off * off)
            });
            pairs.sum::<f64>()
        };
        let lags_s = (0..80).map(|lag| f64::from(lag) * 0.05);
        lags.extend(lags_s.min_by(|one, other| error(*one).total_cmp(&error(*other))));
    }
    // Up to 2 s, 0.6 s of smoothing, and 0.3 s between fix and row.
    assert!(lags.iter().all(|lag| (0.1..3.05).contains(lag)), "{lags:?}");
    assert!(lags.iter().any(|lag| *lag < 1.0), "{lags:?}");
    assert!(lags.iter().any(|lag| *lag > 1.8), "{lags:?}");
}

#[test]
fn each_rate_gives_its_samples_and_only_gaps_leave_some_out() {
    let mut gaps = 0;
    for (seed, rate) in (0..).zip([1.0, 10.0, 50.0, 100.0, 1.0, 10.0, 50.0, 1.0, 1.0, 1.0]) {
        let drive = drive(Mounting::Vehicle, rate, seed);
        let recording = &drive.labelled.recording;
        let Clock::Times(times) = &recording.clock else {
            panic!("slow recordings have times");
        };
        let expected = (drive.steps.len() as f64 / STEPS_PER_S * rate).ceil();
        let pauses = times
            .windows(2)
            .filter(|pair| pair[1] - pair[0] > 1.5 / rate);
        gaps += pauses.count();
        let samples = times.len() as f64;
        assert!(samples <= expected && samples > 0.8 * expected);
        assert!(times.is_sorted(), "{rate}");
    }
    assert!(gaps > 0);
}

#[test]
fn sixteen_kilohertz_have_a_rate_and_no_gyroscope() {
    for mounting in [Mounting::Vehicle, Mounting::Unknown, Mounting::Earth] {
        let options = DriveOptions {
            mounting,
            rate_hz: 16_000.0,
            seconds: 2.0,
            ..DriveOptions::default()
        };
        let recording = options.drive().labelled.recording;
        assert_eq!(recording.clock, Clock::Rate(16_000.0));
        assert!(recording.turn_rate.is_none() && recording.yaw_rate.is_none());
        let axes = recording.acceleration.as_ref().unwrap();
        assert!(recording.len() >= 32_000 && axes.iter().all(|axis| axis.len() == recording.len()));
    }
}

#[test]
fn shocks_of_half_a_g_and_more_last_20_to_100_ms() {
    let mut steps = vec![
        Step {
            speed: 14.0,
            ..Step::default()
        };
        400_000
    ];
    for (number, step) in steps.iter_mut().enumerate() {
        step.distance = number as f64 * 14.0 * STEP_S;
    }
    let mut draws = Draws::new(8);
    let mut shocks = shocks::Shocks::new(&mut draws);
    let (mut lengths, mut peaks, mut current) = (Vec::new(), Vec::new(), 0);
    let mut peak: f64 = 0.0;
    for step in &steps {
        let [_, _, up, _] = shocks.step(step, &mut draws);
        if up == 0.0 && current > 1 {
            lengths.push(f64::from(current) * STEP_S);
            peaks.push(peak);
            (current, peak) = (0, 0.0);
        } else if up != 0.0 || current == 1 {
            current += 1;
            peak = peak.max(up.abs());
        }
    }
    peaks.sort_by(f64::total_cmp);
    assert!(peaks.len() > 20, "{}", peaks.len());
    assert!(lengths.iter().all(|length| *length <= 0.105), "{lengths:?}");
    let median = peaks[peaks.len() / 2];
    assert!((0.35..0.8).contains(&median), "{median}");
}

#[test]
fn aggressive_trips_have_many_harsh_events_calm_ones_few_and_hard_turns_no_harsh_brake() {
    let count = |style, scenario| {
        let mut counts = [0; 3];
        for seed in 0..6 {
            let options = DriveOptions {
                style,
                scenario,
                seconds: 600.0,
                rate_hz: 1.0,
                seed,
                ..DriveOptions::default()
            };
            for label in options.drive().labelled.labels {
                let kinds = [HarshBrake, RapidAccel, HarshCorner];
                let at = kinds.iter().position(|kind| *kind == label.kind).unwrap();
                counts[at] += 1;
            }
        }
        counts
    };
    let [brakes, accels, corners] = count(Style::Aggressive, Scenario::Mixed);
    assert!(brakes > 15 && accels > 15 && corners > 15);
    assert!(count(Style::Calm, Scenario::Mixed).iter().sum::<i32>() <= 6);
    let [brakes, accels, corners] = count(Style::Calm, Scenario::HardTurns);
    assert!(
        brakes == 0 && accels == 0 && corners > 60,
        "{brakes} {accels} {corners}"
    );
}

#[test]
fn sets_cover_every_cell_and_no_two_drives_share_a_seed() {
    let development = DriveSet::development();
    let cells: BTreeSet<_> = development
        .drives()
        .map(|drive| (drive.mounting, drive.rate_hz.to_bits(), drive.class))
        .collect();
    assert_eq!(cells.len(), 52);
    let sets = [
        development,
        DriveSet::evaluation(b"one"),
        DriveSet::evaluation(b"two"),
    ];
    let seeds: Vec<u64> = sets
        .iter()
        .flat_map(|set| set.drives().map(|drive| drive.seed))
        .collect();
    let distinct: BTreeSet<_> = seeds.iter().collect();
    assert_eq!((seeds.len(), distinct.len()), (3 * 520, 3 * 520));
    let again = DriveSet::evaluation(b"one");
    assert_eq!(again, sets[1]);
}
