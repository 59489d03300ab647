//! Tests that VehicleOps' vehicles stay in the ranges of the original.

use fleet_core::{
    EventTime,
    dialect::VehicleOps,
    event::{Signal, Status, Telemetry},
    units::{Percent, round_decimals},
};

use super::check::{assert_comes_back, assert_share, assert_uniform};
use crate::simulator::{Area, Draws, Model, Scenario, VehicleOpsModel};

const TICKS: u32 = 1200;

/// The events of one vehicle in ten minutes.
fn run(model: &VehicleOpsModel, number: u32) -> Vec<Telemetry> {
    let mut draws = Draws::new(1, number);
    let mut vehicle = model.vehicle(number, &mut draws).unwrap();
    let tick = |_| model.tick(&mut vehicle, EventTime::MIN, &mut draws);
    (0..TICKS).map(tick).collect()
}

fn fleet(scenario: Scenario, vehicles: u32) -> Vec<Vec<Telemetry>> {
    let model = VehicleOpsModel::default().scenario(scenario);
    (1..=vehicles).map(|number| run(&model, number)).collect()
}

fn values(events: &[Vec<Telemetry>], signal: Signal) -> Vec<f64> {
    let all = events.iter().flatten();
    all.map(|event| event.value(signal).unwrap()).collect()
}

#[test]
fn normal_values_fill_the_ranges_of_the_original() {
    let events = fleet(Scenario::Normal, 50);
    assert_uniform(&values(&events, Signal::Speed), 5.0, 60.0);
    assert_uniform(&values(&events, Signal::EngineTemperature), 60.0, 105.0);
    assert_uniform(&values(&events, Signal::Load), 20.0, 95.0);
    let hot = values(&events, Signal::EngineTemperature);
    let hot = hot.iter().filter(|celsius| **celsius > 100.0).count();
    assert_share(hot, 60_000, 1.0 / 9.0);
    assert!(
        events
            .iter()
            .flatten()
            .all(|event| event.status() == Some(Status::Moving))
    );
}

#[test]
fn events_come_back_from_the_wire_as_they_were_made() {
    for vehicle in fleet(Scenario::Mixed, 10) {
        assert_comes_back(&VehicleOps::default(), &vehicle);
    }
}

#[test]
fn a_tick_takes_up_to_a_twentieth_of_a_percent_of_the_battery() {
    for vehicle in fleet(Scenario::Normal, 30) {
        for pair in values(&[vehicle], Signal::BatteryCharge).windows(2) {
            // Both are rounded to a tenth.
            assert!(pair[0] - pair[1] <= 0.05 + 0.1 + 1e-9, "{pair:?}");
        }
    }
}

#[test]
fn a_battery_drains_and_never_charges() {
    for vehicle in fleet(Scenario::Mixed, 30) {
        let charge: Vec<f64> = vehicle
            .iter()
            .map(|event| event.battery_charge().unwrap().as_percent())
            .collect();
        assert!(charge.is_sorted_by(|before, after| after <= before));
        assert!(charge[0] >= 99.9);
    }
    // 1200 ticks of 0.025 on average, with a standard deviation of 0.05 / sqrt(12) * sqrt(1200) =
    // 0.5.
    for vehicle in fleet(Scenario::Normal, 30) {
        let left = vehicle
            .last()
            .unwrap()
            .battery_charge()
            .unwrap()
            .as_percent();
        assert!((67.0..73.0).contains(&left), "{left}");
    }
}

#[test]
fn an_empty_battery_stays_at_0() {
    let model = VehicleOpsModel::default();
    let mut draws = Draws::new(1, 1);
    let mut vehicle = model.vehicle(1, &mut draws).unwrap();
    let mut last = None;
    for _ in 0..6000 {
        last = Some(model.tick(&mut vehicle, EventTime::MIN, &mut draws));
    }
    let last = last.unwrap();
    assert_eq!(last.battery_charge(), Some(Percent::from_percent(0.0)));
    assert_eq!(last.status(), Some(Status::LowBattery));
}

#[test]
fn vehicles_begin_around_the_centre_and_take_small_steps() {
    for area in Area::ALL {
        let model = VehicleOpsModel::default().area(area);
        let centre = area.centre();
        for number in 1..=20 {
            let positions: Vec<_> = run(&model, number)
                .iter()
                .map(|event| event.position().unwrap())
                .collect();
            let off = |a: f64, b: f64, most: f64| (a - b).abs() <= most + 1.1e-6;
            assert!(off(
                positions[0].latitude.as_degrees(),
                centre.latitude.as_degrees(),
                0.0503
            ));
            assert!(off(
                positions[0].longitude.as_degrees(),
                centre.longitude.as_degrees(),
                0.0503
            ));
            for pair in positions.windows(2) {
                assert!(off(
                    pair[0].latitude.as_degrees(),
                    pair[1].latitude.as_degrees(),
                    0.0003
                ));
                assert!(off(
                    pair[0].longitude.as_degrees(),
                    pair[1].longitude.as_degrees(),
                    0.0003
                ));
            }
        }
    }
}

#[test]
fn faults_are_speeding_in_5_percent_of_ticks_and_failing_batteries() {
    let events = fleet(Scenario::FaultInjection, 100);
    let speeds = values(&events, Signal::Speed);
    let (fast, slow): (Vec<f64>, Vec<f64>) = speeds.iter().partition(|kmh| **kmh > 80.0);
    assert_share(fast.len(), speeds.len(), 0.05);
    assert_uniform(&fast, 90.0, 120.0);
    assert_uniform(&slow, 5.0, 60.0);
    let failed = |vehicle: &&Vec<Telemetry>| {
        vehicle
            .last()
            .unwrap()
            .battery_charge()
            .unwrap()
            .as_percent()
            < 15.0
    };
    // At least one failure in 1200 ticks.
    let expected = 1.0 - (1.0 - 1.0 / 2000f64).powi(1200);
    assert_share(events.iter().filter(failed).count(), 100, expected);
    for event in events.iter().flatten() {
        let kmh = event.speed().unwrap().as_kmh();
        let alert = event.status() == Some(Status::Alert);
        assert_eq!(alert, kmh > 80.0);
    }
}

#[test]
fn mixed_vehicles_are_drawn_from_the_three() {
    let events = fleet(Scenario::Mixed, 300);
    let speeds = |vehicle: &&Vec<Telemetry>| {
        vehicle
            .iter()
            .any(|event| event.status() == Some(Status::Alert))
    };
    assert_share(events.iter().filter(speeds).count(), 300, 1.0 / 3.0);
}

#[test]
fn the_status_comes_from_the_numbers_before_rounding() {
    let events = fleet(Scenario::FaultInjection, 400);
    let below = |event: &&Telemetry| {
        event.battery_charge() == Some(Percent::from_percent(15.0))
            && event.status() == Some(Status::LowBattery)
    };
    let model = VehicleOpsModel::default();
    let mut found = events.iter().flatten().any(|event| below(&event));
    for number in 1..=20 {
        let mut draws = Draws::new(2, number);
        let mut vehicle = model.vehicle(number, &mut draws).unwrap();
        for _ in 0..4000 {
            found |= below(&&model.tick(&mut vehicle, EventTime::MIN, &mut draws));
        }
    }
    assert!(found, "14.96 % is written as 15.0 and is low");
}

#[test]
fn numbers_have_the_decimals_of_the_wire() {
    let decimals = [
        (Signal::Latitude, 6),
        (Signal::Longitude, 6),
        (Signal::Speed, 2),
        (Signal::BatteryCharge, 1),
        (Signal::EngineTemperature, 1),
        (Signal::Load, 1),
    ];
    let events = fleet(Scenario::Mixed, 3);
    for (signal, decimals) in decimals {
        for value in values(&events, signal) {
            assert_eq!(value.to_bits(), round_decimals(value, decimals).to_bits());
        }
    }
}

#[test]
fn ids_count_from_1_with_three_digits_or_more() {
    let model = VehicleOpsModel::default().fleet("f");
    for (number, id) in [(1, "f-VH-001"), (999, "f-VH-999"), (12_345, "f-VH-12345")] {
        let event = &run(&model, number)[0];
        assert_eq!(
            (event.vehicle().as_str(), event.fleet().unwrap().as_str()),
            (id, "f")
        );
    }
}

#[test]
fn names_are_those_of_the_command_line() {
    for scenario in Scenario::ALL {
        assert_eq!(scenario.to_string().parse(), Ok(scenario));
    }
    for area in Area::ALL {
        assert_eq!(area.to_string().parse(), Ok(area));
    }
    let error = "calm".parse::<Scenario>().unwrap_err().to_string();
    assert_eq!(
        error,
        "scenario `calm` is not known: give one of normal, high-load, fault-injection, mixed"
    );
}
