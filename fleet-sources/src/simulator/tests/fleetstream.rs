//! Tests that FleetStream's car drives plausibly and as its description says.

use std::collections::BTreeMap;

use fleet_core::{
    dialect::FleetStream,
    event::{Dtc, Flag, RoadType, Signal, Telemetry},
};

use super::check::{assert_comes_back, assert_share, hours, metres_between, run};
use crate::simulator::{Area, FleetStreamEnv, FleetStreamModel, Model};

fn day() -> Vec<Telemetry> {
    let model = FleetStreamModel::default();
    run(&model, 1, model.options().duration(hours(10)))
}

fn value(event: &Telemetry, signal: Signal) -> f64 {
    event.value(signal).unwrap()
}

#[test]
fn speeds_are_a_car_s_and_speeding_is_not_rare() {
    let events = day();
    let mut speeding = BTreeMap::<String, (u32, u32)>::new();
    for event in &events {
        let (kmh, limit) = (
            value(event, Signal::Speed),
            value(event, Signal::SpeedLimit),
        );
        assert!((0.0..=180.0).contains(&kmh));
        let (fast, all) = speeding.entry(limit.to_string()).or_default();
        *fast += u32::from(kmh > limit + 5.0);
        *all += 1;
    }
    assert_eq!(speeding.keys().collect::<Vec<_>>(), ["130", "50", "90"]);
    for (limit, (fast, all)) in speeding {
        let share = f64::from(fast) / f64::from(all);
        assert!((0.03..0.35).contains(&share), "{limit}: {share}");
        assert!(all > 10_000, "{limit}: {all}");
    }
    let top = events.iter().map(|event| value(event, Signal::Speed));
    assert!(top.fold(0.0, f64::max) > 160.0);
    for pair in events.windows(2) {
        // 0.2 s, plus a rounding error of 0.05 at both ends.
        let change = value(&pair[1], Signal::Speed) - value(&pair[0], Signal::Speed);
        assert!((-2.6001..=1.9001).contains(&change), "{change}");
    }
}

#[test]
fn it_stands_at_red_lights_in_town_only() {
    let events = day();
    let standing = |event: &&Telemetry| value(event, Signal::Speed) <= 0.0;
    let stops = events
        .windows(2)
        .filter(|pair| !standing(&&pair[0]) && standing(&&pair[1]))
        .count();
    assert!((100..1000).contains(&stops), "{stops}");
    // A red light can stop the car where the town ends, so not all of them.
    let in_town = |event: &&Telemetry| value(event, Signal::SpeedLimit) < 51.0;
    let all = events.iter().filter(standing).count();
    let there = events.iter().filter(standing).filter(in_town).count();
    assert!(there * 100 > all * 80, "{there} of {all}");
}

#[test]
fn the_gear_is_neutral_while_it_stands_and_the_engine_stays_in_range() {
    let events = day();
    let mut gears = BTreeMap::<i8, u32>::new();
    let mut over = 0;
    for event in &events {
        let (gear, rpm) = (event.gear().unwrap(), value(event, Signal::EngineSpeed));
        assert!((800.0..=6515.0).contains(&rpm), "{rpm}");
        assert_eq!(rpm.to_bits(), rpm.round().to_bits());
        over += u32::from(rpm > 6200.0);
        if gear == 0 {
            assert!(rpm <= 815.0 && value(event, Signal::Speed) <= 0.0);
        } else if value(event, Signal::Speed) > 10.0 {
            // The gear determines the engine speed.
            let kmh_at_1000 =
                [8.0, 15.0, 24.0, 34.3, 43.0, 52.0][usize::try_from(gear).unwrap() - 1];
            let turned = value(event, Signal::Speed) / kmh_at_1000 * 1000.0;
            assert!((rpm - turned.max(800.0)).abs() < 15.0 + 0.5 + 50.0 / kmh_at_1000 + 1.0);
        }
        *gears.entry(gear).or_default() += 1;
    }
    assert_eq!(
        gears.keys().copied().collect::<Vec<_>>(),
        [0, 1, 2, 3, 4, 5, 6]
    );
    let share = f64::from(over) / events.len() as f64;
    assert!(over > 0 && share < 0.01, "over the redline: {share}");
}

#[test]
fn what_can_be_derived_is_said() {
    let mut speeding = 0;
    for event in day() {
        let (kmh, limit) = (
            value(&event, Signal::Speed),
            value(&event, Signal::SpeedLimit),
        );
        let road = match event.road_type().unwrap() {
            RoadType::Urban => 50.0,
            RoadType::Rural => 90.0,
            _ => 130.0,
        };
        assert_eq!(limit.to_bits(), f64::to_bits(road));
        assert_eq!(event.flag(Flag::Speeding), Some(kmh > limit + 5.0));
        let rpm = value(&event, Signal::EngineSpeed);
        assert_eq!(event.flag(Flag::OverRedline), Some(rpm > 6200.0));
        assert!(event.dtc_list().is_some());
        speeding += u32::from(kmh > limit + 5.0);
    }
    assert!(speeding > 1000);
}

#[test]
fn events_come_back_from_the_wire_as_they_were_made() {
    assert_comes_back(&FleetStream::default(), &day());
}

#[test]
fn fuel_drains_and_is_filled_up_when_it_gets_low() {
    let events = day();
    let fuel: Vec<f64> = events
        .iter()
        .map(|event| value(event, Signal::Fuel))
        .collect();
    let mut filled = 0;
    for pair in fuel.windows(2) {
        if pair[1] > pair[0] {
            assert!(pair[0] <= 5.0 && pair[1] >= 99.9, "{pair:?}");
            filled += 1;
        }
        assert!((0.0..=100.0).contains(&pair[0]));
    }
    // Ten hours at about 50 km/h use a little more than 0.13 % per km.
    let used = fuel[0] - fuel[fuel.len() - 1] + 100.0 * f64::from(filled);
    assert!((50.0..150.0).contains(&used), "{used}");
}

#[test]
fn fault_codes_are_rare_and_gone_with_the_next_event() {
    let events = day();
    let codes: Vec<&str> = events
        .iter()
        .flat_map(|event| event.dtcs().iter().map(Dtc::as_str))
        .collect();
    assert_share(codes.len(), events.len(), 1.0 / 2000.0);
    for known in ["P0420", "P0171"] {
        let own = codes.iter().filter(|code| **code == known).count();
        assert_share(own, codes.len(), 0.5);
    }
    let lasting = |pair: &&[Telemetry]| pair.iter().all(|event| !event.dtcs().is_empty());
    assert_eq!(events.windows(2).filter(lasting).count(), 0);
}

#[test]
fn it_moves_as_fast_as_it_says_and_stays_in_warsaw() {
    let events = day();
    let centre = Area::Warsaw.centre();
    let metres = |degrees: f64| degrees * 111_195.08;
    // The cosine of Warsaw's latitude, to 0.3 % anywhere in the square.
    let east = |degrees: f64| metres(degrees) * 0.6125;
    let mut path = 0.0;
    for pair in events.windows(2) {
        let (from, to) = (pair[0].position().unwrap(), pair[1].position().unwrap());
        let way = metres_between(from, to);
        let (before, after) = (
            value(&pair[0], Signal::Speed),
            value(&pair[1], Signal::Speed),
        );
        let driven = f64::midpoint(before, after) / 3.6 * 0.2;
        assert!((way - driven).abs() < 0.25, "{way} m and {driven} m");
        path += driven;
        let off = metres(to.latitude.as_degrees() - centre.latitude.as_degrees());
        assert!(off.abs() < 12_100.0);
        let off = east(to.longitude.as_degrees() - centre.longitude.as_degrees());
        assert!(off.abs() < 12_200.0);
    }
    assert!(path > 300_000.0, "{path}");
}

#[test]
fn numbers_have_the_decimals_of_the_wire() {
    let model = FleetStreamModel::default();
    for event in run(&model, 1, model.options()) {
        for (signal, decimals) in [
            (Signal::Latitude, 6),
            (Signal::Longitude, 6),
            (Signal::Speed, 1),
            (Signal::EngineSpeed, 0),
            (Signal::Fuel, 1),
        ] {
            let number = value(&event, signal);
            let rounded = fleet_core::units::round_decimals(number, decimals);
            assert_eq!(number.to_bits(), rounded.to_bits());
        }
    }
}

#[test]
fn variables_keep_their_names_and_defaults() {
    let none = FleetStreamEnv::from_vars(|_| None);
    assert_eq!(none, FleetStreamEnv::default());
    assert_eq!(none.model(), FleetStreamModel::default());
    let mut asked = Vec::new();
    let all = FleetStreamEnv::from_vars(|name| {
        asked.push(name);
        Some(name.to_lowercase())
    });
    asked.sort_unstable();
    assert_eq!(
        asked,
        ["KAFKA_BOOTSTRAP_SERVERS", "KAFKA_TOPIC", "VEHICLE_ID"]
    );
    assert_eq!(all.bootstrap_servers, "kafka_bootstrap_servers");
    assert_eq!(
        (all.topic.as_str(), all.vehicle_id.as_str()),
        ("kafka_topic", "vehicle_id")
    );
    let model = all.model();
    let ids = [1, 2].map(|number| {
        run(&model, number, model.options())[0]
            .vehicle()
            .to_string()
    });
    assert_eq!(ids, ["vehicle_id", "vehicle_id-2"]);
    assert_eq!(model.settings(), "area=warsaw&vehicle_id=vehicle_id");
}
