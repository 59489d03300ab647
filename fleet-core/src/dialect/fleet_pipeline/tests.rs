//! Reading, writing and refusing events of the self-driving pipeline.

use super::*;
use crate::{
    data::{State, time::TimeReader},
    dialect::VehicleOps,
    event::{Driving, Event, Flag, Signal},
};

const TELEMETRY_FULL: &str = r#"{"vehicle_id":3,"timestamp":"2024-02-15 14:32:18","current_speed_kmh":61.27,"speed_limit_violation":false,"latitude":37.774912,"longitude":-122.419416,"battery_level_pct":64,"remaining_range_km":212.5,"autopilot_engaged":true,"odometer_km":15230.4,"start_location":"San Francisco","destination":"Palo Alto"}"#;
const PERCEPTION_FULL: &str = r#"{"vehicle_id":3,"timestamp":"2024-02-15 14:32:18","object_class":"motorcycle","object_distance_m":4.9,"object_speed_kmh":12,"object_relative_direction":"ahead","confidence":0.87}"#;
const DRIVING_FULL: &str = r#"{"vehicle_id":3,"timestamp":"2024-02-15 14:32:18","event_type":"lane_change","event_detail":"left","latitude":37.774912,"longitude":-122.5}"#;

fn read(dialect: FleetPipeline, record: &str) -> FleetEvent {
    let event = dialect.read(record, &mut NaiveTimeReader::default());
    event
        .unwrap_or_else(|why| panic!("{record}: {why}"))
        .unwrap()
}

fn same(record: &str) {
    for dialect in [
        FleetPipeline::default(),
        FleetPipeline::keeping_unknown_keys(),
    ] {
        let event = read(dialect, record);
        let mut to = Vec::new();
        dialect.write(&event, &mut to);
        assert_eq!(String::from_utf8(to).unwrap(), record);
        // A snapshot keeps how it was written.
        let mut bytes = Vec::new();
        event.encode(&mut bytes);
        let restored = FleetEvent::decode(FleetEvent::VERSION, &mut bytes.as_slice());
        assert_eq!(restored, Some(event));
    }
}

fn refused(record: &str) -> String {
    let why = FleetPipeline::default().read(record, &mut NaiveTimeReader::default());
    why.unwrap_err().0
}

#[test]
fn all_three_messages_are_read_and_written_back() {
    for record in [TELEMETRY_FULL, PERCEPTION_FULL, DRIVING_FULL] {
        same(record);
    }
    let event = read(FleetPipeline::default(), TELEMETRY_FULL);
    assert_eq!(event.key(), "3");
    assert_eq!(event.at().to_string(), "2024-02-15T14:32:18Z");
    let event = event.telemetry().unwrap();
    assert_eq!(event.value(Signal::Range), Some(212.5));
    assert_eq!(event.autopilot_engaged(), Some(true));
    assert_eq!(event.flag(Flag::Speeding), Some(false));
    assert!(
        read(FleetPipeline::default(), PERCEPTION_FULL)
            .perception()
            .is_some()
    );
    assert!(
        read(FleetPipeline::default(), DRIVING_FULL)
            .driving()
            .is_some()
    );
}

#[test]
fn every_key_may_be_null_but_the_required_ones() {
    let head = r#"{"vehicle_id":3,"timestamp":"2024-02-15 14:32:18""#;
    for field in TELEMETRY.fields.iter().skip(2) {
        same(&format!(r#"{head},"{}":null}}"#, field.key));
    }
    for field in PERCEPTION.fields.iter().skip(3) {
        same(&format!(
            r#"{head},"object_class":"car","{}":null}}"#,
            field.key
        ));
    }
    same(&format!(r#"{head},"object_class":null}}"#));
    same(&format!(r#"{head},"event_type":"hard_brake"}}"#));
    same(&format!(
        r#"{head},"event_type":"hard_brake","event_detail":null,"latitude":null,"longitude":null}}"#
    ));
}

#[test]
fn ids_are_numbers_and_times_have_no_zone_unless_they_came_otherwise() {
    for record in [
        r#"{"vehicle_id":"7","timestamp":"2024-02-15 14:32:18"}"#,
        r#"{"vehicle_id":-1,"timestamp":"2024-02-15 14:32:18.250000"}"#,
        r#"{"vehicle_id":9007199254740992,"timestamp":"2024-02-15T14:32:18Z"}"#,
        r#"{"vehicle_id":"007","timestamp":"2024-02-15 14:32:18","object_class":"bus"}"#,
        r#"{"vehicle_id":"x","timestamp":"2024-02-15 14:32:18","event_type":"intervention"}"#,
    ] {
        same(record);
    }
    let time = r#""timestamp":"2024-02-15 14:32:18""#;
    for (id, why) in [
        (
            "7.5",
            "vehicle_id: expected a whole number or a text, found a number with a fraction",
        ),
        ("9007199254740993", "vehicle_id: expected a whole number"),
        (
            "null",
            "vehicle_id: expected a whole number or a text, found null",
        ),
        ("\"\"", "vehicle_id: an id must not be empty"),
        ("true", "vehicle_id: expected"),
    ] {
        for rest in [
            "",
            r#","object_class":"car""#,
            r#","event_type":"intervention""#,
        ] {
            let found = refused(&format!(r#"{{"vehicle_id":{id},{time}{rest}}}"#));
            assert!(found.starts_with(why), "{found}");
        }
    }
}

#[test]
fn what_is_no_event_of_the_system_is_refused_with_its_key() {
    assert!(
        refused(&PERCEPTION_FULL.replace("motorcycle", "moose"))
            .starts_with("object_class: `moose`")
    );
    assert!(
        refused(&PERCEPTION_FULL.replace("ahead", "above"))
            .starts_with("object_relative_direction")
    );
    assert!(refused(&DRIVING_FULL.replace("lane_change", "nap")).starts_with("event_type: `nap`"));
    assert!(refused(&DRIVING_FULL.replace("-122.5", "null")).contains("one without the other"));
    assert!(refused(&DRIVING_FULL.replace("-122.5", "-222.5")).starts_with("longitude: -222.5"));
    assert!(
        refused(r#"{"vehicle_id":1,"event_type":"hard_brake"}"#).contains("timestamp is missing")
    );
    assert!(refused(r#"{"object_class":"car"}"#).contains("vehicle_id is missing"));
    // A text that is the name of a key is a text, and one inside another object is another one.
    let inside = TELEMETRY_FULL.replace(
        "{\"vehicle_id\"",
        r#"{"x":{"event_type":1,"confidence":2},"vehicle_id""#,
    );
    assert!(matches!(
        read(FleetPipeline::default(), &inside),
        FleetEvent::Telemetry(_)
    ));
    same(&TELEMETRY_FULL.replace("Palo Alto", "event_type"));
}

#[test]
fn unknown_keys_survive_in_all_three() {
    let dialect = FleetPipeline::keeping_unknown_keys();
    for record in [TELEMETRY_FULL, PERCEPTION_FULL, DRIVING_FULL] {
        let record = record.replace(
            "{\"vehicle_id\":3,",
            r#"{"x":{"y":[1.0,2e1]},"vehicle_id":3,"#,
        );
        let mut to = Vec::new();
        dialect.write(&read(dialect, &record), &mut to);
        assert_eq!(String::from_utf8(to).unwrap(), record);
    }
}

#[test]
fn an_event_of_another_dialect_gets_this_ones_id_and_time() {
    let other = r#"{"vehicle_id":"12","speed_kmh":40,"timestamp":"2024-02-15T14:32:18+00:00"}"#;
    let event = VehicleOps::default().read(other, &mut TimeReader::default());
    let event = event.unwrap().unwrap();
    let mut to = Vec::new();
    PipelineTelemetry::default().write(&event, &mut to);
    let expected =
        r#"{"vehicle_id":12,"timestamp":"2024-02-15 14:32:18","current_speed_kmh":40.0}"#;
    assert_eq!(String::from_utf8(to).unwrap(), expected);
    let here = PipelineTelemetry::default().read(expected, &mut NaiveTimeReader::default());
    let mut to = Vec::new();
    VehicleOps::default().write(&here.unwrap().unwrap(), &mut to);
    let expected =
        r#"{"vehicle_id":"12","speed_kmh":40.0,"timestamp":"2024-02-15T14:32:18.000000+00:00"}"#;
    assert_eq!(String::from_utf8(to).unwrap(), expected);
}

#[test]
fn a_snapshot_of_the_first_version_is_still_read() {
    let FleetEvent::Driving(event) = read(FleetPipeline::default(), DRIVING_FULL) else {
        panic!("a driving event");
    };
    let mut bytes = Vec::new();
    crate::data::state::encode_by_serde(&event, &mut bytes);
    let restored = Driving::decode(1, &mut bytes.as_slice()).unwrap();
    assert_eq!(restored.identity(), event.identity());
}
