//! The presets against the numbers of the systems they are named after.
#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "helpers of tests fail by panic, as tests do"
)]

mod support;

use fleet_core::{
    event::{self, Dtc, LimitSource, Severity, Telemetry},
    units::{EngineSpeed, Percent, Speed, Temperature, Voltage},
};
use fleet_rules::{Condition, Mode, ProducerFlag, Rules, Threshold, preset};
use support::{at, run, vehicle};

fn event(second: f64) -> Telemetry {
    Telemetry::new(vehicle("v_a_w1_001"), at(second))
}

fn with_codes(mut event: Telemetry, codes: &[&str]) -> Telemetry {
    event.set_dtcs(codes.iter().map(|code| Dtc::new(code).unwrap()).collect());
    event
}

/// The alerts as `KIND SEVERITY value limit source`.
async fn alerts(rules: Rules, rows: Vec<Telemetry>) -> Vec<String> {
    let word = |number: Option<f64>| number.map_or("-".to_owned(), |number| format!("{number:.2}"));
    let alerts = run(rules, rows).await;
    alerts
        .iter()
        .map(|alert| {
            let (kind, severity) = (alert.kind, alert.severity);
            let (value, limit) = (word(alert.value), word(alert.threshold));
            format!("{kind} {severity} {value} {limit} {}", alert.limit_source)
        })
        .collect()
}

#[tokio::test]
async fn ford_compares_in_miles_and_fahrenheit_and_a_value_at_its_limit_is_fine() {
    let rules = || preset::ford(Mode::Edge);
    let at_the_limit = event(0.0)
        .with_speed(Speed::from_mph(80.0))
        .with_engine_temperature(Temperature::from_fahrenheit(220.0))
        .with_battery_voltage(Voltage::from_volts(11.5))
        .with_fuel(Percent::from_percent(10.0));
    assert!(alerts(rules(), vec![at_the_limit]).await.is_empty());
    let beyond = event(0.0)
        .with_speed(Speed::from_mph(80.01))
        .with_engine_temperature(Temperature::from_fahrenheit(220.1))
        .with_battery_voltage(Voltage::from_volts(11.49))
        .with_fuel(Percent::from_percent(9.9));
    let beyond = with_codes(beyond, &["P0420"]);
    assert_eq!(
        alerts(rules(), vec![beyond]).await,
        [
            "ENGINE_OVERHEAT CRITICAL 104.50 104.44 rule",
            "BATTERY_12V_LOW MEDIUM 11.49 11.50 rule",
            "OVERSPEED INFO 128.76 128.75 rule",
            "LOW_FUEL MEDIUM 9.90 10.00 rule",
            "DTC_PRESENT MEDIUM - - rule",
        ]
    );
}

#[tokio::test]
async fn a_trouble_code_opens_once_while_any_is_set_or_once_for_each_event() {
    let codes: [&[&str]; 6] = [
        &["P0420"],
        &["P0171"],
        &[],
        &["P0420", "P0171"],
        &["P0420"],
        &[],
    ];
    let rows = || {
        let rows = (0..).map(f64::from).zip(codes);
        rows.map(|(s, codes)| with_codes(event(s), codes)).collect()
    };
    assert_eq!(alerts(preset::ford(Mode::Edge), rows()).await.len(), 2);
    assert_eq!(alerts(preset::ford(Mode::Every), rows()).await.len(), 4);
}

#[tokio::test]
async fn fleet_pipeline_watches_speed_over_65_and_charge_under_20() {
    let row = |kmh, pct| {
        event(0.0)
            .with_speed(Speed::from_kmh(kmh))
            .with_battery_charge(Percent::from_percent(pct))
    };
    let rules = || preset::fleet_pipeline(Mode::Edge);
    assert!(alerts(rules(), vec![row(65.0, 20.0)]).await.is_empty());
    assert_eq!(
        alerts(rules(), vec![row(65.1, 19.9)]).await,
        [
            "OVERSPEED HIGH 65.10 65.00 rule",
            "TRACTION_SOC_LOW MEDIUM 19.90 20.00 rule"
        ]
    );
}

#[tokio::test]
async fn fleet_pipeline_believes_the_producers_flag_before_its_limit() {
    let row = |second, kmh, flag| {
        let mut row = event(second).with_speed(Speed::from_kmh(kmh));
        row.set_flag(event::Flag::Speeding, flag);
        row
    };
    let rows = vec![
        row(0.0, 50.0, Some(true)),
        row(1.0, 90.0, Some(false)),
        row(2.0, 90.0, None),
    ];
    assert_eq!(
        alerts(preset::fleet_pipeline(Mode::Edge), rows).await,
        [
            "OVERSPEED HIGH 50.00 - flag",
            "OVERSPEED HIGH 90.00 65.00 rule"
        ]
    );
}

#[tokio::test]
async fn fleetstream_takes_the_limit_of_the_event_with_its_tolerance_and_nothing_without_one() {
    let row = |kmh| event(0.0).with_speed(Speed::from_kmh(kmh));
    let limited = |kmh| row(kmh).with_speed_limit(Speed::from_kmh(50.0));
    let rules = || preset::fleetstream(Mode::Edge);
    assert_eq!(
        alerts(rules(), vec![limited(73.4)]).await,
        ["OVERSPEED HIGH 73.40 50.00 event"]
    );
    assert!(
        alerts(rules(), vec![limited(55.0), row(170.0)])
            .await
            .is_empty()
    );
    let revs = |rpm| event(0.0).with_engine_speed(EngineSpeed::from_rpm(rpm));
    assert!(alerts(rules(), vec![revs(6200.0)]).await.is_empty());
    assert_eq!(
        alerts(rules(), vec![revs(6201.0)]).await,
        ["RPM_REDLINE LOW 6201.00 6200.00 rule"]
    );
}

#[tokio::test]
async fn a_producers_flag_decides_where_an_event_has_it_and_the_limit_elsewhere() {
    // Any field will do for a flag: here the gear.
    let flag = ProducerFlag::new("flag", |event| event.gear().map(|gear| gear == 1));
    let rule = Threshold {
        flag: Some(flag),
        ..preset::SPEED_VIOLATION
    };
    let row = |second, kmh, gear| {
        let mut row = event(second).with_speed(Speed::from_kmh(kmh));
        row.set_gear(gear);
        row
    };
    let rows = vec![
        row(0.0, 50.0, Some(1)),
        row(1.0, 90.0, Some(0)),
        row(2.0, 90.0, None),
    ];
    assert_eq!(
        alerts(Rules::new([rule], Mode::Edge).unwrap(), rows).await,
        [
            "OVERSPEED HIGH 50.00 - flag",
            "OVERSPEED HIGH 90.00 65.00 rule"
        ]
    );
}

#[test]
fn every_name_leads_to_its_preset_and_every_rule_has_a_name_of_its_own() {
    for name in preset::names() {
        let preset = preset::by_name(name, Mode::Every).unwrap();
        assert_eq!(preset.rules.mode(), Mode::Every);
        // The checks of the constructor hold for presets too.
        let rules = preset.rules.thresholds().to_vec();
        assert!(Rules::new(rules, Mode::Edge).is_ok(), "{name}");
        assert_eq!(preset.collision.is_some(), name == "fleet-pipeline");
    }
    let ford = preset::by_name("ford", Mode::Edge).unwrap().rules;
    assert!(matches!(ford.thresholds()[4].condition, Condition::AnyCode));
    assert_eq!(ford.thresholds()[0].severity, Severity::Critical);
    let evaluation = ford.thresholds()[4].evaluate(&event(0.0)).unwrap();
    assert_eq!(
        (evaluation.violates, evaluation.source),
        (false, LimitSource::Rule)
    );
}

#[test]
fn the_presets_are_listed_by_name() {
    let names: Vec<_> = preset::names().collect();
    assert_eq!(
        names,
        ["vehicleops", "ford", "fleet-pipeline", "fleetstream"]
    );
    assert!(preset::by_name("Ford", Mode::Edge).is_err());
}
