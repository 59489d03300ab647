//! Reading, converting and writing telemetry of the Ford fleet demo.

use super::*;
use crate::{
    data::units::{Speed, Temperature},
    dialect::{Dialect, FleetStream, VehicleOps},
    event::{AccessRoles, NullField},
};

const FULL: &str = r#"{"customer_id":"customer_a","vehicle_id":"v_a_w1_001","ts":"2024-02-15T14:32:18.123456Z","region_id":"WEST","territory_id":"WEST_1","lat":37.7749295,"lon":-122.4194155,"speed":64.37,"engine_temp":198.46,"fuel_pct":71.5,"battery_v":12.61,"odometer":48213,"dtc_code":"P0420","heading":271.4,"rpm":2310,"throttle_pct":33.2,"access_roles":",territory_west_1,region_west,admin_all,"}"#;

fn read(record: &str) -> Telemetry {
    let event = Ford::default().read(record, &mut TimeReader::default());
    event
        .unwrap_or_else(|why| panic!("{record}: {why}"))
        .unwrap()
}

fn again(record: &str) -> String {
    let mut to = Vec::new();
    Ford::default().write(&read(record), &mut to);
    String::from_utf8(to).unwrap()
}

#[test]
fn the_seventeen_keys_are_read_and_written_back() {
    let event = read(FULL);
    assert_eq!(event.speed(), Some(Speed::from_mph(64.37)));
    assert_eq!(
        event.engine_temperature(),
        Some(Temperature::from_fahrenheit(198.46))
    );
    assert_eq!(
        event.odometer().map(|way| way.as_miles().round()),
        Some(48213.0)
    );
    assert_eq!(event.value(Signal::BatteryVoltage), Some(12.61));
    assert_eq!(event.value(Signal::Throttle), Some(33.2));
    assert_eq!(event.dtcs()[0].as_str(), "P0420");
    assert_eq!(event.text(TextField::Region), Some("WEST"));
    assert_eq!(event.text(TextField::Territory), Some("WEST_1"));
    let roles = AccessRoles::parse(event.text(TextField::AccessRoles).unwrap());
    assert!(roles.allow("region_west") && !roles.allow("region_east"));
    assert_eq!(again(FULL), FULL);
}

#[test]
fn every_key_may_be_null_or_absent_but_the_id_and_the_time() {
    let head = r#"{"vehicle_id":"v","ts":"2024-02-15T14:32:18.000000Z"}"#;
    assert_eq!(again(head), head);
    for field in SCHEMA.fields {
        if matches!(
            field.target,
            TelemetryTarget::Vehicle | TelemetryTarget::Time
        ) {
            continue;
        }
        let key = field.key;
        let record = if matches!(key, "customer_id") {
            head.replacen('{', &format!(r#"{{"{key}":null,"#), 1)
        } else {
            head.replace('}', &format!(r#","{key}":null}}"#))
        };
        assert_eq!(again(&record), record);
    }
    assert!(read(&FULL.replace("\"P0420\"", "null")).is_null(NullField::Dtcs));
    let empty = Ford::default().read(&FULL.replace("P0420", ""), &mut TimeReader::default());
    assert!(empty.unwrap_err().0.starts_with("dtc_code"));
}

/// Reads and writes a record with this number.
fn same(key: &str, number: &str) {
    let record =
        format!(r#"{{"vehicle_id":"v","ts":"2024-02-15T14:32:18.000000Z","{key}":{number}}}"#);
    assert_eq!(again(&record), record);
}

#[test]
fn prop_every_speed_of_two_decimals_comes_back() {
    for hundredths in 0..=20_000 {
        same("speed", &format!("{:?}", f64::from(hundredths) / 100.0));
    }
}

#[test]
fn prop_every_engine_temperature_of_two_decimals_comes_back() {
    for hundredths in -4_000..=40_000 {
        same(
            "engine_temp",
            &format!("{:?}", f64::from(hundredths) / 100.0),
        );
    }
}

/// The middle of reading and writing alone, since a million whole records take too long without
/// optimisation.
#[test]
fn prop_every_odometer_of_whole_miles_comes_back() {
    let unit = Unit::Miles;
    for miles in 0..=1_000_000 {
        let value = unit.to_model(f64::from(miles));
        let written = unit.write_back(value, Some(ODOMETER_DECIMALS), true);
        assert_eq!(written.to_string(), miles.to_string());
        if miles % 97 == 0 {
            same("odometer", &miles.to_string());
        }
    }
}

#[test]
fn prop_every_other_number_comes_back_through_whole_records() {
    for step in 0..=14_800 {
        let value =
            |least: f64, step: f64, scale: f64| ((least * scale + step) / scale).to_string();
        let step = f64::from(step);
        let record = format!(
            r#"{{"vehicle_id":"v","ts":"2024-02-15T14:32:18.000000Z","lat":{},"lon":{},"fuel_pct":{},"battery_v":{},"heading":{},"rpm":{},"throttle_pct":{}}}"#,
            value(-90.0, step * 1215.0, 1e5),
            value(-180.0, step * 2430.0 + 1.0, 1e5),
            value(0.0, step.min(10_000.0), 100.0),
            value(0.0, step, 1e3),
            value(0.0, step * 2.4, 100.0),
            step,
            value(0.0, (step / 2.0).trunc(), 100.0),
        );
        let (before, after): (serde_json::Value, serde_json::Value) = (
            serde_json::from_str(&record).unwrap(),
            serde_json::from_str(&again(&record)).unwrap(),
        );
        assert_eq!(before, after, "{record}");
    }
}

#[test]
fn numbers_with_more_places_than_the_dialect_writes_come_back_too() {
    for record in [
        FULL.replace("64.37", "64.371234"),
        FULL.replace("198.46", "198.461"),
        FULL.replace("48213", "48213.5"),
        FULL.replace("48213", "48213.0"),
        FULL.replace("64.37", "64"),
        FULL.replace("2310", "2310.5"),
    ] {
        assert_eq!(again(&record), record);
    }
}

#[test]
fn an_event_of_another_dialect_is_written_in_these_units() {
    let line = r#"{"vehicle_id":"v","timestamp":"2025-08-09T12:34:56+00:00","speed_kmh":100,"engine_rpm":2140,"fault_codes":["B1342","P0171","P0420"],"road_type":"rural"}"#;
    let event = FleetStream::default().read(line, &mut TimeReader::default());
    let mut event = event.unwrap().unwrap();
    event.set(Signal::Odometer, crate::event::Reading::of_raw(1000.0));
    let mut to = Vec::new();
    Ford::default().write(&event, &mut to);
    let expected = r#"{"vehicle_id":"v","ts":"2025-08-09T12:34:56.000000Z","speed":62.14,"odometer":621,"dtc_code":"P0171","rpm":2140}"#;
    assert_eq!(String::from_utf8(to).unwrap(), expected);
    assert_eq!(Ford::default().lossy(&event).to_string(), "road_type, dtcs");
    let lossy = VehicleOps::default().lossy(&read(FULL)).to_string();
    let expected = "heading_deg, odometer_km, battery_v, rpm, fuel_pct, throttle_pct, dtcs, customer_id, region_id, territory_id, access_roles";
    assert_eq!(lossy, expected);
}
