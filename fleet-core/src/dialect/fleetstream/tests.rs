//! Reading, writing and deriving telemetry of FleetStream.

use super::*;
use crate::{
    dialect::Dialect,
    event::{Event, NullField, RoadType},
};

const FULL: &str = r#"{"vehicle_id":"TESTCAR01","timestamp":"2025-08-09T12:34:56.789012+00:00","location":{"lat":52.2304,"lon":21.0122},"speed_kmh":73.4,"engine_rpm":2140,"gear":4,"fuel_level_pct":92.1,"fault_codes":[],"road_type":"urban","speed_limit_kmh":50,"speeding":true,"rpm_over_redline":false}"#;

fn read(record: &str) -> Telemetry {
    let event = FleetStream::default().read(record, &mut TimeReader::default());
    event
        .unwrap_or_else(|why| panic!("{record}: {why}"))
        .unwrap()
}

fn refused(record: &str) -> String {
    let why = FleetStream::default().read(record, &mut TimeReader::default());
    why.unwrap_err().0
}

fn again(dialect: FleetStream, record: &str) -> String {
    let event = dialect.read(record, &mut TimeReader::default()).unwrap();
    let mut to = Vec::new();
    dialect.write(&event.unwrap(), &mut to);
    String::from_utf8(to).unwrap()
}

#[test]
fn the_twelve_keys_are_read_and_written_back() {
    let event = read(FULL);
    assert_eq!(event.key(), "TESTCAR01");
    assert_eq!(event.at().to_string(), "2025-08-09T12:34:56.789012Z");
    assert_eq!(event.value(Signal::Latitude), Some(52.2304));
    assert_eq!(event.value(Signal::Longitude), Some(21.0122));
    assert_eq!(event.value(Signal::EngineSpeed), Some(2140.0));
    assert_eq!(event.gear(), Some(4));
    assert_eq!(event.road_type(), Some(RoadType::Urban));
    assert_eq!(event.flag(Flag::Speeding), Some(true));
    assert_eq!(event.flag(Flag::OverRedline), Some(false));
    assert_eq!(again(FleetStream::default(), FULL), FULL);
    // As Python's json.dumps writes it.
    let spaced = FULL.replace(':', ": ").replace(',', ", ");
    let spaced = spaced
        .replace("12: 34: 56", "12:34:56")
        .replace("00: 00", "00:00");
    assert_eq!(read(&spaced), event);
}

#[test]
fn an_empty_list_a_missing_one_and_null_stay_three_things() {
    let with = |codes: &str| FULL.replace(r#""fault_codes":[],"#, codes);
    let lists = [
        with(""),
        with(r#""fault_codes":null,"#),
        FULL.to_owned(),
        with(r#""fault_codes":["P0420","LAMP-7"],"#),
    ];
    let mut identities = std::collections::BTreeSet::new();
    for record in &lists {
        assert_eq!(again(FleetStream::default(), record), *record);
        identities.insert(read(record).identity());
    }
    assert_eq!(identities.len(), lists.len());
    assert_eq!(read(&lists[3]).dtcs().len(), 2);
    assert!(refused(&with(r#""fault_codes":[""],"#)).contains("fault_codes"));
    assert!(refused(&with(r#""fault_codes":[7],"#)).contains("expected"));
}

#[test]
fn every_key_may_be_absent_or_null_but_the_id_and_the_time() {
    let head = r#"{"vehicle_id":"v","timestamp":"2025-08-09T12:34:56Z""#;
    for field in SCHEMA.fields.iter().skip(2) {
        for dialect in [FleetStream::default(), FleetStream::keeping_unknown_keys()] {
            let record = format!(r#"{head},"{}":null}}"#, field.key);
            assert_eq!(again(dialect, &record), record);
        }
    }
    assert_eq!(
        again(FleetStream::default(), &format!("{head}}}")),
        format!("{head}}}")
    );
    let half = format!(r#"{head},"location":{{"lon":21.5}}}}"#);
    assert_eq!(again(FleetStream::default(), &half), half);
    assert!(read(&format!(r#"{head},"location":null}}"#)).is_null(NullField::Place));
    let empty = format!(r#"{head},"location":{{}}}}"#);
    assert_eq!(again(FleetStream::keeping_unknown_keys(), &empty), empty);
}

#[test]
fn unknown_keys_and_orders_survive_inside_and_outside_the_place() {
    for record in [
        r#"{"gear_mode":"D","vehicle_id":"v","timestamp":"2025-08-09T12:34:56Z","predicted_location_1s":{"lat":1,"lon":2.50}}"#,
        r#"{"vehicle_id":"v","timestamp":"2025-08-09T12:34:56Z","location":{"alt":110,"lon":21.5,"lat":52.25},"gear":-1}"#,
        r#"{"gear":0,"location":{"lat":52.25,"lon":21.5},"timestamp":"2025-08-09T12:34:56Z","vehicle_id":"v"}"#,
    ] {
        assert_eq!(again(FleetStream::keeping_unknown_keys(), record), record);
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_key() {
    let with = |from: &str, to: &str| refused(&FULL.replace(from, to));
    assert!(with(r#""gear":4"#, r#""gear":4.5"#).starts_with("gear: 4.5 is no whole number"));
    assert!(with(r#""gear":4"#, r#""gear":300"#).starts_with("gear: 300"));
    assert!(with("52.2304", "91").starts_with("lat: 91 is outside"));
    assert!(with(r#""speeding":true"#, r#""speeding":1"#).starts_with("speeding: expected true"));
    let list = FULL.replace(r#"{"lat":52.2304,"lon":21.0122}"#, "[1,2]");
    assert!(refused(&list).starts_with("location: expected an object or null, found an array"));
    let object = FULL.replace("[]", "{}");
    assert!(refused(&object).starts_with("fault_codes: expected a list of texts or null"));
    let twice = FULL.replace("\"lon\"", "\"lat\"");
    assert!(refused(&twice).starts_with("the key lat is there twice"));
}

#[test]
fn a_road_of_another_kind_is_kept_and_has_no_limit() {
    let record = FULL.replace("urban", "gravel");
    assert_eq!(again(FleetStream::default(), &record), record);
    let event = read(&record);
    assert_eq!(
        (event.road_type(), event.road_word()),
        (None, Some("gravel"))
    );
    assert_eq!(Derivation::default().road_type(&event), None);
    assert_ne!(
        event.identity(),
        read(&FULL.replace("urban", "sand")).identity()
    );
}

#[test]
fn the_last_four_keys_are_derived_where_they_are_absent() {
    let record = r#"{"vehicle_id":"v","timestamp":"2025-08-09T12:34:56Z","speed_kmh":73.4,"engine_rpm":6201,"road_type":"urban"}"#;
    let (event, derive) = (read(record), Derivation::default());
    assert_eq!(derive.speeding(&event), Some(true));
    assert_eq!(derive.over_redline(&event), Some(true));
    // They stay absent on the way back ..
    assert_eq!(again(FleetStream::default(), record), record);
    // .. unless they are asked for.
    let mut full = event.clone();
    derive.complete(&mut full);
    let mut to = Vec::new();
    FleetStream::default().write(&full, &mut to);
    let expected = record.replace(
        '}',
        r#","speed_limit_kmh":50,"speeding":true,"rpm_over_redline":true}"#,
    );
    assert_eq!(String::from_utf8(to).unwrap(), expected);
    // What the producer says wins; what nobody can know stays unknown.
    let said = read(&FULL.replace(r#""speeding":true"#, r#""speeding":false"#));
    assert_eq!(derive.speeding(&said), Some(false));
    let none = read(r#"{"vehicle_id":"v","timestamp":"2025-08-09T12:34:56Z","speed_kmh":73.4}"#);
    assert_eq!(
        (derive.speeding(&none), derive.road_type(&none)),
        (None, None)
    );
    let limit = read(&record.replace(r#""road_type":"urban""#, r#""speed_limit_kmh":90"#));
    assert_eq!(derive.road_type(&limit), Some(RoadType::Rural));
}
