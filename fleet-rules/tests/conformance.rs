//! Every operator of this crate passes the suite of operators, in each mode.
#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "helpers of tests fail by panic, as tests do"
)]

mod support;

use std::{collections::BTreeMap, time::Duration};

use fleet_core::{
    EventTime,
    event::{
        self, Direction, Driving, DrivingKind, Dtc, FleetEvent, Initiator, ObjectClass, Perception,
        Telemetry,
    },
    testing::conformance,
    units::{Distance, EngineSpeed, Percent, Speed, Temperature, Voltage},
    window::Summary,
};
use fleet_rules::{
    CollisionOptions, CollisionRisk, MeterDistance, Metered, MinuteSums, Mode, SelfDriving,
    SelfDrivingHour, SelfDrivingOptions, Silent, SumMinutes, SumSelfDriving, VehicleMinute, preset,
};
use support::{at, vehicle};

fn car(number: u32) -> String {
    format!("car-{number}")
}

/// Rows of three cars whose readings cross the limits of all presets. Some lack a reading, and at
/// some times a car has two rows.
fn telemetry() -> Vec<Telemetry> {
    let rows = (0..72_u32).map(|n| {
        let (number, step) = (n % 3, n / 3);
        let wave = f64::from(step * 7 % 24);
        let second =
            f64::from(step - u32::from(step % 10 == 9)) * 30.0 + f64::from(step % 4) * 0.25;
        let mut row = Telemetry::new(vehicle(&car(number)), at(second))
            .with_battery_charge(Percent::from_percent(4.0 + wave))
            .with_battery_voltage(Voltage::from_volts(11.0 + wave / 20.0))
            .with_fuel(Percent::from_percent(wave))
            .with_engine_speed(EngineSpeed::from_rpm(5_600.0 + wave * 50.0))
            .with_engine_temperature(Temperature::from_celsius(92.0 + wave))
            .with_odometer(Distance::from_km(f64::from(step) * 0.5));
        if !n.is_multiple_of(11) {
            row = row.with_speed(Speed::from_kmh(50.0 + wave * 4.0));
        }
        if !n.is_multiple_of(4) {
            row = row.with_speed_limit(Speed::from_kmh(90.0));
        }
        row.set_flag(
            event::Flag::Speeding,
            (n.is_multiple_of(9)).then_some(n.is_multiple_of(2)),
        );
        row.set_autopilot_engaged((!n.is_multiple_of(13)).then_some(step % 8 < 5));
        if step % 6 < 2 {
            row.set_dtcs(vec![Dtc::new("P0420").unwrap()]);
        }
        row
    });
    rows.collect()
}

/// The same rows with detections and driving events in between.
fn events() -> Vec<FleetEvent> {
    let mut events = Vec::new();
    for (row, n) in telemetry().into_iter().zip(0_u32..) {
        let (vehicle, at) = (row.vehicle().clone(), row.at());
        events.push(row.into());
        for round in 0..2_u32 {
            let at = at + Duration::from_millis(400) * (round + 1);
            let mut seen = Perception::new(vehicle.clone(), at);
            let metres = f64::from(n % 8) * 3.0 + 20.0 - f64::from(round) * 8.0;
            seen.distance = Distance::from_m(metres.max(1.0)).into();
            seen.track = (!n.is_multiple_of(4)).then(|| format!("t{}", n / 12).into());
            seen.direction = Some(Direction::Ahead).filter(|_| n.is_multiple_of(3));
            seen.class = ObjectClass::ALL.get(n as usize % 9).copied();
            if !n.is_multiple_of(5) {
                seen.speed = Speed::from_kmh(f64::from(n % 6) * 4.0).into();
            }
            events.push(seen.into());
        }
        let kind = match n % 7 {
            0 => DrivingKind::Intervention,
            1 => DrivingKind::Disengagement,
            2 => DrivingKind::LaneChange,
            _ => continue,
        };
        let mut driving = Driving::new(vehicle, at + Duration::from_secs(1), kind);
        driving.planned = (n.is_multiple_of(5)).then_some(n.is_multiple_of(2));
        driving.initiator = Some(Initiator::Driver).filter(|_| n.is_multiple_of(2));
        events.push(driving.into());
    }
    events
}

#[test]
fn the_rules_of_every_preset_pass_the_suite_of_operators() {
    for name in preset::names() {
        for mode in [Mode::Edge, Mode::Every] {
            let rules = || preset::by_name(name, mode).unwrap().rules;
            conformance::operator(rules, &telemetry());
        }
    }
}

#[test]
fn collision_risks_pass_the_suite_of_operators() {
    let corridor = CollisionOptions {
        corridor: Some(Distance::from_m(1.8)),
        ..CollisionOptions::default()
    };
    for (options, mode) in [
        (CollisionOptions::default(), Mode::Edge),
        (corridor, Mode::Every),
    ] {
        conformance::operator(|| CollisionRisk::new(options, mode).unwrap(), &events());
    }
}

#[test]
fn silence_passes_the_suite_of_operators() {
    let seconds = Duration::from_secs;
    conformance::operator(|| Silent::after(seconds(20)).unwrap(), &telemetry());
}

/// By vehicle and hour, the sums that belated events add to.
fn counts(hours: Vec<SelfDrivingHour>) -> BTreeMap<(String, EventTime), SelfDriving> {
    let mut counts: BTreeMap<_, SelfDriving> = BTreeMap::new();
    for hour in hours {
        let of = (hour.vehicle.to_string(), hour.start);
        let sums = hour.sums;
        counts.entry(of).or_default().merge(&SelfDriving {
            telemetry: sums.telemetry,
            speeding_rows: sums.speeding_rows,
            interventions: sums.interventions,
            disengagements: sums.disengagements,
            disengagements_by: sums.disengagements_by,
            planned: sums.planned,
            detections: sums.detections,
            ..SelfDriving::default()
        });
    }
    counts
}

#[test]
fn sums_of_self_driving_pass_the_suite_of_operators() {
    // Hours of five minutes: some of them are over when their belated events arrive.
    let options = SelfDrivingOptions {
        bucket: Duration::from_secs(300),
        ..SelfDrivingOptions::default()
    };
    conformance::revising_operator(|| SumSelfDriving::new(options.clone()), &events(), counts);
}

/// The sums of each minute, but for distances: belated events add none.
fn sums_of_minutes(minutes: Vec<VehicleMinute>) -> BTreeMap<(String, EventTime), MinuteSums> {
    let mut all = BTreeMap::new();
    for minute in minutes {
        let sums = MinuteSums {
            distance: Summary::EMPTY,
            ..minute.sums
        };
        let of = (minute.vehicle.to_string(), minute.start);
        all.entry(of).or_insert(MinuteSums::EMPTY).merge(&sums);
    }
    all
}

#[test]
fn sums_of_minutes_pass_the_suite_of_operators() {
    conformance::revising_operator(SumMinutes::default, &telemetry(), sums_of_minutes);
}

/// The events that distances were added to.
fn metered(rows: Vec<Metered>) -> Vec<String> {
    let mut events: Vec<_> = rows
        .into_iter()
        .map(|row| format!("{:?}", row.telemetry))
        .collect();
    events.sort_unstable();
    events
}

#[test]
fn distances_pass_the_suite_of_operators() {
    conformance::revising_operator(MeterDistance::default, &telemetry(), metered);
}
