//! Reading, writing and refusing telemetry of VehicleOps.

use super::*;
use crate::{
    dialect::Dialect,
    event::{NullField, Reading},
};

/// Reads with both ways of handling unknown keys; they agree wherever a record has none.
fn read(record: &str) -> Result<Telemetry, String> {
    let dialects = [VehicleOps::default(), VehicleOps::keeping_unknown_keys()];
    let [ignoring, keeping] = dialects.map(|dialect| {
        let event = dialect.read(record, &mut TimeReader::default());
        event.map(|event| event.unwrap()).map_err(|why| why.0)
    });
    assert_eq!(ignoring.is_ok(), keeping.is_ok(), "{record}");
    ignoring
}

fn again(dialect: VehicleOps, record: &str) -> String {
    let event = dialect.read(record, &mut TimeReader::default()).unwrap();
    let mut bytes = Vec::new();
    dialect.write(&event.unwrap(), &mut bytes);
    String::from_utf8(bytes).unwrap()
}

const FULL: &str = r#"{"vehicle_id":"fleet-001-VH-001","fleet_id":"fleet-001","latitude":4.711,"longitude":-74.0721,"speed_kmh":42.5,"battery_pct":78,"engine_temp_c":72.3,"load_pct":65.0,"status":"MOVING","timestamp":"2024-02-15T14:32:18.500000+00:00"}"#;

#[test]
fn the_ten_keys_are_read_and_written_back_with_their_number_kinds() {
    let event = read(FULL).unwrap();
    assert_eq!(event.vehicle().as_str(), "fleet-001-VH-001");
    assert_eq!(event.fleet().unwrap().as_str(), "fleet-001");
    assert_eq!(event.at().to_string(), "2024-02-15T14:32:18.500Z");
    assert_eq!(event.status(), Some(Status::Moving));
    assert_eq!(event.value(Signal::Latitude), Some(4.711));
    assert_eq!(event.value(Signal::Longitude), Some(-74.0721));
    assert_eq!(event.value(Signal::Speed), Some(42.5));
    assert_eq!(event.value(Signal::BatteryCharge), Some(78.0));
    assert_eq!(event.value(Signal::EngineTemperature), Some(72.3));
    assert_eq!(event.value(Signal::Load), Some(65.0));
    assert_eq!(again(VehicleOps::default(), FULL), FULL);
}

#[test]
fn missing_null_and_zero_stay_three_things() {
    let record = r#"{"vehicle_id":"a","fleet_id":null,"speed_kmh":null,"battery_pct":0,"status":null,"timestamp":"2024-02-15T14:32:18Z"}"#;
    let event = read(record).unwrap();
    assert_eq!(event.reading(Signal::Speed), Reading::null());
    assert_eq!(event.reading(Signal::BatteryCharge), Reading::of_raw(0.0));
    assert_eq!(event.reading(Signal::Load), Reading::missing());
    assert!(event.is_null(NullField::Fleet) && event.is_null(NullField::Status));
    assert_eq!(again(VehicleOps::default(), record), record);
}

#[test]
fn any_key_order_and_any_white_space_is_read() {
    let record = " {\t\"timestamp\" : \"2024-02-15T14:32:18Z\" ,\r\n \"status\":\"STOPPED\", \"vehicle\\u005fid\":\"caf\\u00e9\"} ";
    let event = read(record).unwrap();
    assert_eq!(event.vehicle().as_str(), "café");
    assert_eq!(event.status(), Some(Status::from_word("STOPPED")));
    let kept = again(VehicleOps::keeping_unknown_keys(), record);
    assert_eq!(
        kept,
        r#"{"timestamp":"2024-02-15T14:32:18Z","status":"STOPPED","vehicle_id":"café"}"#
    );
}

#[test]
fn unknown_keys_survive_where_they_are_kept_and_never_break_a_line() {
    let record = "{\"b\":{\"x\":[1.50,\n2e3]},\"timestamp\":\"2024-02-15T14:32:18Z\",\"a\\n\":-0,\"vehicle_id\":\"v\",\"speed_kmh\":7}";
    let kept = again(VehicleOps::keeping_unknown_keys(), record);
    assert_eq!(kept, record.replace(",\n2", ", 2"));
    let ignored = again(VehicleOps::default(), record);
    assert_eq!(
        ignored,
        r#"{"vehicle_id":"v","speed_kmh":7,"timestamp":"2024-02-15T14:32:18Z"}"#
    );
}

#[test]
fn a_layout_writes_what_was_set_later_and_leaves_out_what_was_removed() {
    let record = r#"{"x":1,"timestamp":"2024-02-15T14:32:18Z","vehicle_id":"v","speed_kmh":7}"#;
    let dialect = VehicleOps::keeping_unknown_keys();
    let mut event = dialect
        .read(record, &mut TimeReader::default())
        .unwrap()
        .unwrap();
    event.set(Signal::Speed, Reading::missing());
    event.set(Signal::Load, Reading::of_raw(1.5));
    let mut to = Vec::new();
    dialect.write(&event, &mut to);
    let expected = r#"{"x":1,"timestamp":"2024-02-15T14:32:18Z","vehicle_id":"v","load_pct":1.5}"#;
    assert_eq!(to, expected.as_bytes());
}

/// A record with the required keys and these.
fn with(fields: &str) -> String {
    format!(r#"{{"vehicle_id":"v","timestamp":"2024-02-15T14:32:18Z",{fields}}}"#)
}

/// Each record is refused, with this in the reason.
fn refused(records: &[(String, &str)]) {
    for (record, reason) in records {
        let why = read(record).expect_err(record);
        assert!(why.contains(reason), "{record}: {why}");
        assert!(why.len() < 500);
    }
}

#[test]
fn every_malformed_record_is_refused_with_a_reason() {
    refused(&[
        ("nonsense".into(), "not JSON"),
        (
            "[1,2]".into(),
            "expected VehicleOps telemetry as a JSON object",
        ),
        ("{}".into(), "required key vehicle_id"),
        (r#"{"vehicle_id":"v"}"#.into(), "required key timestamp"),
        (
            r#"{"timestamp":"2024-02-15T14:32:18Z"}"#.into(),
            "required key vehicle_id",
        ),
        (
            r#"{"vehicle_id":"","timestamp":"2024-02-15T14:32:18Z"}"#.into(),
            "vehicle_id: an id must not be empty",
        ),
        (
            r#"{"vehicle_id":null,"timestamp":"2024-02-15T14:32:18Z"}"#.into(),
            "vehicle_id: expected a text, found null",
        ),
        (
            r#"{"vehicle_id":7,"timestamp":"2024-02-15T14:32:18Z"}"#.into(),
            "vehicle_id: expected a text, found a number",
        ),
        (
            r#"{"vehicle_id":"a\u0000b","timestamp":"2024-02-15T14:32:18Z"}"#.into(),
            "control character U+0000",
        ),
        (
            r#"{"vehicle_id":"v","timestamp":"yesterday at noon"}"#.into(),
            "timestamp: not a time",
        ),
        (
            r#"{"vehicle_id":"v","timestamp":"2024-02-15T14:32:18"}"#.into(),
            "timestamp: the time has no zone",
        ),
        (
            r#"{"vehicle_id":"v","timestamp":"300000-01-01T00:00:00Z"}"#.into(),
            "timestamp",
        ),
        (
            r#"{"vehicle_id":"v","timestamp":1708007538}"#.into(),
            "timestamp: expected a text",
        ),
    ]);
}

#[test]
fn every_value_of_another_kind_is_refused_with_a_reason_that_names_the_key() {
    refused(&[
        (
            with(r#""speed_kmh":"fast""#),
            "speed_kmh: expected a number or null, found a text",
        ),
        (
            with(r#""speed_kmh":true"#),
            "speed_kmh: expected a number or null, found true or false",
        ),
        (
            with(r#""speed_kmh":[1]"#),
            "speed_kmh: expected a number or null, found an array",
        ),
        (
            with(r#""speed_kmh":{}"#),
            "speed_kmh: expected a number or null, found an object",
        ),
        (with(r#""speed_kmh":NaN"#), "not JSON"),
        (with(r#""speed_kmh":1e999"#), "not finite"),
        (with(r#""speed_kmh":-1e999"#), "not finite"),
        (
            with(r#""speed_kmh":1,"speed_kmh":1"#),
            "speed_kmh is there twice",
        ),
        (with(r#""vehicle_id":"v""#), "vehicle_id is there twice"),
        (
            with(r#""latitude":91"#),
            "latitude: 91 is outside -90 to 90",
        ),
        (with(r#""latitude":-90.0001"#), "latitude"),
        (
            with(r#""longitude":181"#),
            "longitude: 181 is outside -180 to 180",
        ),
        (
            with(r#""status":5"#),
            "status: expected a text or null, found a number",
        ),
        (
            with(r#""status":"\u0000""#),
            "status: a text must not hold U+0000",
        ),
        (
            with(r#""fleet_id":"""#),
            "fleet_id: an id must not be empty",
        ),
        (format!("{FULL}x"), "not JSON"),
        (format!("{FULL}{FULL}"), "not JSON"),
        (FULL.replace('}', ",}"), "not JSON"),
        (FULL.replace("42.5", "042.5"), "not JSON"),
        (FULL.replace("42.5", "42."), "not JSON"),
        (
            FULL.replace("MOVING", &"x".repeat(9000))
                .replace("42.5", "\"42\""),
            "speed_kmh",
        ),
    ]);
}

#[test]
fn an_unknown_key_is_seen_twice_only_where_it_is_kept() {
    let record = with(r#""x":1,"x":2"#);
    assert!(
        VehicleOps::default()
            .read(&record, &mut TimeReader::default())
            .is_ok()
    );
    let kept = VehicleOps::keeping_unknown_keys().read(&record, &mut TimeReader::default());
    assert!(kept.unwrap_err().0.contains("x is there twice"));
}

#[test]
fn numbers_past_the_exact_ones_are_kept_as_floats() {
    let record = FULL.replace("42.5", "9007199254740993");
    let event = read(&record).unwrap();
    assert_eq!(event.value(Signal::Speed), Some(9_007_199_254_740_992.0));
    let again: serde_json::Value =
        serde_json::from_str(&again(VehicleOps::default(), &record)).unwrap();
    assert!(again["speed_kmh"].is_f64());
}
