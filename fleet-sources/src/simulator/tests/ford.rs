//! Tests that the Ford demo's vehicles drive plausibly and have the expected anomalies.

use std::time::Duration;

use fleet_core::{
    dialect::Ford,
    event::{NullField, Signal, Telemetry, TextField},
};

use super::check::{assert_comes_back, assert_share, hours, metres_between, run};
use crate::simulator::{FordCustomer, FordEnv, FordModel, Simulator};

const VEHICLES: u32 = 24;

fn fleet(model: &FordModel) -> Vec<Vec<Telemetry>> {
    let options = model.options(VEHICLES).duration(hours(2));
    let one = |number| run(model, number, options);
    (1..=VEHICLES).map(one).collect()
}

#[test]
fn numbers_stay_in_the_ranges_of_the_original() {
    let model = FordModel::default().anomaly_probability(0.0);
    let (mut top, mut all) = (0.0f64, 0);
    for event in fleet(&model).iter().flatten() {
        let mph = event.speed().unwrap().as_mph();
        assert!((0.0..=85.0 + 1e-9).contains(&mph), "{mph}");
        let engine = event.engine_temperature().unwrap().as_fahrenheit();
        assert!((170.0 - 1e-9..=220.0 + 1e-9).contains(&engine), "{engine}");
        let volts = event.battery_voltage().unwrap().as_volts();
        assert!((11.5..=14.8).contains(&volts), "{volts}");
        let within = |signal, from: f64, to: f64| {
            let number = event.value(signal).unwrap();
            assert!((from..=to).contains(&number), "{signal:?} {number}");
        };
        within(Signal::Fuel, 0.0, 100.0);
        within(Signal::Throttle, 0.0, 100.0);
        within(Signal::EngineSpeed, 650.0, 3200.0);
        within(Signal::Heading, 0.0, 359.99);
        assert!(event.dtcs().is_empty());
        (top, all) = (top.max(mph), all + 1);
    }
    assert!(top > 80.0, "{top}");
    assert_eq!(all, 2 * 3600 * 10);
}

#[test]
fn a_share_of_events_is_anomalous_in_one_of_three_ways() {
    for share in [0.02, 0.3] {
        let model = FordModel::default().anomaly_probability(share);
        let events = fleet(&model);
        let (mut hot, mut flat, mut codes, mut all) = (0, 0, 0, 0);
        for event in events.iter().flatten() {
            let is_hot = event.engine_temperature().unwrap().as_fahrenheit() > 220.000_001;
            let is_flat = event.battery_voltage().unwrap().as_volts() < 11.5;
            let has_code = !event.dtcs().is_empty();
            assert!(u8::from(is_hot) + u8::from(is_flat) + u8::from(has_code) <= 1);
            assert!(event.dtcs().len() <= 1, "the wire has room for one");
            hot += usize::from(is_hot);
            flat += usize::from(is_flat);
            codes += usize::from(has_code);
            all += 1;
        }
        for kind in [hot, flat, codes] {
            assert_share(kind, all, share / 3.0);
        }
    }
}

#[test]
fn so_many_events_come_a_second_and_evenly() {
    let model = FordModel::default().events_per_second(50.0);
    let options = model.options(VEHICLES).duration(Duration::from_secs(60));
    let mut times: Vec<i64> = (1..=VEHICLES)
        .flat_map(|number| run(&model, number, options))
        .map(|event| event.at().as_micros())
        .collect();
    times.sort_unstable();
    assert_eq!(times.len(), 3000);
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] == 20_000));
}

#[test]
fn vehicles_are_dealt_to_customers_and_territories_in_turn() {
    let ids = |model: &FordModel| -> Vec<String> {
        let options = model.options(14).duration(Duration::from_micros(1));
        let first = |number| run(model, number, options)[0].vehicle().to_string();
        (1..=14).map(first).collect()
    };
    let both = ids(&FordModel::default());
    assert_eq!(both[..3], ["v_a_w1_001", "v_b_w1_001", "v_a_w2_001"]);
    assert_eq!(both[12..], ["v_a_w1_002", "v_b_w1_002"]);
    let one = ids(&FordModel::default().customer(FordCustomer::B));
    assert_eq!(
        one[..7],
        [
            "v_b_w1_001",
            "v_b_w2_001",
            "v_b_e1_001",
            "v_b_e2_001",
            "v_b_c1_001",
            "v_b_c2_001",
            "v_b_w1_002"
        ]
    );
}

#[test]
fn events_say_whose_they_are_and_who_may_see_them() {
    let model = FordModel::default().customer(FordCustomer::B);
    let options = model.options(3).duration(Duration::from_micros(1));
    let event = &run(&model, 3, options)[0];
    let texts = [
        TextField::Customer,
        TextField::Region,
        TextField::Territory,
        TextField::AccessRoles,
    ];
    assert_eq!(
        texts.map(|field| event.text(field).unwrap()),
        [
            "customer_b",
            "EAST",
            "EAST_1",
            ",territory_east_1,region_east,admin_all,"
        ]
    );
    assert!(event.is_null(NullField::Dtcs) || event.dtcs().len() == 1);
}

#[test]
fn events_come_back_from_the_wire_as_they_were_made() {
    for vehicle in fleet(&FordModel::default().anomaly_probability(0.1)) {
        assert_comes_back(&Ford::default(), &vehicle);
    }
}

#[test]
fn the_odometer_counts_whole_miles_and_agrees_with_the_speed() {
    for vehicle in fleet(&FordModel::default()) {
        let miles: Vec<f64> = vehicle
            .iter()
            .map(|event| event.odometer().unwrap().as_miles())
            .collect();
        assert!(miles.is_sorted());
        assert!(
            miles
                .iter()
                .all(|miles| (miles - miles.round()).abs() < 1e-9)
        );
        let driven: f64 = vehicle
            .windows(2)
            .map(|pair| {
                let mph = |event: &Telemetry| event.speed().unwrap().as_mph();
                let hours = pair[1].at().since(pair[0].at()).as_secs_f64() / 3600.0;
                f64::midpoint(mph(&pair[0]), mph(&pair[1])) * hours
            })
            .sum();
        let shown = miles[miles.len() - 1] - miles[0];
        assert!((shown - driven).abs() < 1.1, "{shown} and {driven}");
    }
}

#[test]
fn a_vehicle_moves_as_fast_as_it_says() {
    for vehicle in fleet(&FordModel::default()) {
        for pair in vehicle.windows(2) {
            let way = metres_between(pair[0].position().unwrap(), pair[1].position().unwrap());
            let mps = |event: &Telemetry| event.speed().unwrap().as_mps();
            let seconds = pair[1].at().since(pair[0].at()).as_secs_f64();
            let driven = f64::midpoint(mps(&pair[0]), mps(&pair[1])) * seconds;
            // Speeds are rounded to 0.01 mph, and a degree east is shorter at the northern end of a
            // step.
            assert!((way - driven).abs() < 0.05, "{way} m and {driven} m");
        }
    }
}

#[test]
fn fuel_drains_and_is_filled_up_while_standing() {
    let model = FordModel::default().events_per_second(0.2);
    let options = model.options(VEHICLES).duration(hours(20));
    let mut filled = 0;
    for number in 1..=VEHICLES {
        for pair in run(&model, number, options).windows(2) {
            let fuel = |event: &Telemetry| event.fuel().unwrap().as_percent();
            let (before, after) = (fuel(&pair[0]), fuel(&pair[1]));
            if after > before {
                assert!(before < 5.5 && after >= 100.0, "{before} {after}");
                assert!(pair[1].speed().unwrap().as_mph() <= 0.0);
                filled += 1;
            }
        }
    }
    assert!(filled > VEHICLES, "{filled}");
}

#[test]
fn numbers_have_the_decimals_of_the_wire() {
    for event in fleet(&FordModel::default()).iter().flatten() {
        let decimals = [
            (event.value(Signal::Latitude).unwrap(), 7),
            (event.value(Signal::Longitude).unwrap(), 7),
            (event.speed().unwrap().as_mph(), 2),
            (event.value(Signal::Heading).unwrap(), 2),
            (event.engine_temperature().unwrap().as_fahrenheit(), 1),
            (event.battery_voltage().unwrap().as_volts(), 1),
            (event.value(Signal::Fuel).unwrap(), 1),
            (event.value(Signal::EngineSpeed).unwrap(), 0),
        ];
        for (number, digits) in decimals {
            // Values in other units were converted there and back.
            let off = number - fleet_core::units::round_decimals(number, digits);
            assert!(off.abs() < 1e-9, "{number}");
        }
    }
}

#[test]
fn variables_keep_their_names_and_defaults() {
    assert_eq!(FordEnv::from_vars(|_| None), Ok(FordEnv::default()));
    let given = |name: &'static str, value: &'static str| {
        FordEnv::from_vars(move |asked| (asked == name).then(|| value.into()))
    };
    let expected = FordEnv {
        events_per_second: 2.5,
        ..FordEnv::default()
    };
    assert_eq!(given("EVENTS_PER_SECOND", "2.5"), Ok(expected));
    let expected = FordEnv {
        anomaly_probability: 1.0,
        ..FordEnv::default()
    };
    assert_eq!(given("ANOMALY_PROBABILITY", " 1 "), Ok(expected));
    for (name, value) in [
        ("EVENTS_PER_SECOND", "0"),
        ("EVENTS_PER_SECOND", "inf"),
        ("EVENTS_PER_SECOND", "ten"),
        ("ANOMALY_PROBABILITY", "1.1"),
        ("ANOMALY_PROBABILITY", "NaN"),
        ("ANOMALY_PROBABILITY", ""),
    ] {
        let error = given(name, value).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("{name} is `{value}`, which is no number")),
            "{error}"
        );
    }
    let model = FordEnv::default().model();
    assert_eq!(model, FordModel::default());
}

#[test]
fn a_rate_that_is_none_is_refused() {
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let model = FordModel::default().events_per_second(rate);
        let options = model.options(3);
        let dialect = Ford::default();
        let error = Simulator::new(model, dialect, options)
            .unwrap_err()
            .to_string();
        assert!(error.contains("under 1 microsecond"), "{rate}: {error}");
    }
}
