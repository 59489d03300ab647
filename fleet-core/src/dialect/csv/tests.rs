//! Column maps, and decoding CSV by them.

use super::*;
use crate::{
    contracts::{Decode, checkpoint::Fates, decode::Entry, source::Chunk},
    data::{
        ErrorKind, Offset,
        units::{Distance, Speed},
    },
    event::{
        Event, FleetEvent, Initiator, ObjectClass, Perception, Reading, Signal, Status, Telemetry,
    },
};

const MAP: &str = "\
key: { column: bus, prefix: b- }
time: { column: at, format: epoch_ms }
columns:
  v: { signal: speed, unit: mph }
  lat: { signal: latitude }
  lon: { signal: longitude }
  state: { signal: status }
";
const HEADER: &str = "bus,at,v,lat,lon,note,state";

fn map(yaml: &str) -> ColumnMap {
    ColumnMap::from_yaml(yaml, "map.yaml").unwrap()
}

fn decode(csv: &Csv, header: &str, records: &str) -> (Vec<(Offset, FleetEvent)>, Fates) {
    let (mut rows, mut fates) = (Vec::new(), Fates::default());
    let chunk = Chunk {
        bytes: records.as_bytes().to_vec(),
        start: Offset(1000),
        header: Some(header.as_bytes().into()),
        ..Chunk::default()
    };
    csv.decode(chunk, &mut Entry::new(&mut rows, &mut fates));
    (rows, fates)
}

type At<T> = Vec<(u64, T)>;

fn observations(records: &str) -> (At<Telemetry>, At<String>) {
    let (rows, fates) = decode(&Csv::new([map(MAP)]), HEADER, records);
    let rows = rows.into_iter();
    (
        rows.map(|(at, event)| (at.0, event.telemetry().unwrap().clone()))
            .collect(),
        fates
            .dead
            .into_iter()
            .map(|dead| (dead.offset.0, dead.reason))
            .collect(),
    )
}

#[test]
fn records_become_observations_at_their_first_byte() {
    let records =
        "7,1500,10,4.5,-74.0,\"a \"\"b\"\",\r\nc\",MOVING\r\n\r\n 8 ,1500.5,,,,,STOPPED\n";
    let (rows, dead) = observations(records);
    assert_eq!(dead, []);
    let [(0x3e8, first), (second_at, second)] = rows.as_slice() else {
        panic!("{rows:?}");
    };
    assert_eq!(first.vehicle().as_str(), "b-7");
    assert_eq!(first.at().as_micros(), 1_500_000);
    assert_eq!(first.speed(), Some(Speed::from_mph(10.0)));
    assert_eq!(first.value(Signal::Longitude), Some(-74.0));
    assert_eq!(first.status(), Some(Status::Moving));
    assert_eq!(*second_at, 1000 + records.find(" 8").unwrap() as u64);
    assert_eq!(second.vehicle().as_str(), "b-8");
    assert_eq!(second.at().as_micros(), 1_500_500);
    assert_eq!(second.reading(Signal::Speed), Reading::missing());
    assert_eq!(second.status(), Some(Status::from_word("STOPPED")));
}

#[test]
fn every_malformed_record_is_a_dead_letter_with_its_column_and_reason() {
    for (record, reason) in [
        ("7,1,fast,1,1,,", "column v: `fast` is not a number"),
        ("7,1,NaN,1,1,,", "column v: `NaN` is not a finite number"),
        ("7,1,inf,1,1,,", "column v: `inf` is not a finite number"),
        (
            "7,1,1e999,1,1,,",
            "column v: `1e999` is not a finite number",
        ),
        ("7,1,1,91,1,,", "column lat: `91` is outside -90 to 90"),
        (
            "7,1,1,1,-180.1,,",
            "column lon: `-180.1` is outside -180 to 180",
        ),
        (",1,1,1,1,,", "column bus: the cell is empty"),
        (" ,1,1,1,1,,", "column bus: the cell is empty"),
        (
            "\"a\0b\",1,1,1,1,,",
            "column bus: an id holds the control character U+0000",
        ),
        ("7,,1,1,1,,", "column at: the cell is empty"),
        (
            "7,noon,1,1,1,,",
            "column at: `noon` is not a number of time",
        ),
        (
            "7,-1,1,1,1,,",
            "column at: `-1`: the time is outside 1970 to 9999",
        ),
        ("7,1e18,1,1,1,,", "column at"),
        (
            "7,1,1,1,1,,\"\0\"",
            "column state: a text must not hold U+0000",
        ),
        ("7,1,1", "the record has 3 cells, the header 7"),
        ("7,1,1,1,1,,,", "the record has 8 cells, the header 7"),
        ("7", "the record has 1 cells, the header 7"),
    ] {
        let (rows, dead) = observations(&format!("{record}\n7,1,1,1,1,,\n"));
        assert_eq!(rows.len(), 1, "{record}");
        assert_eq!(dead[0].0, 1000, "{record}");
        assert!(dead[0].1.starts_with(reason), "{record}: {}", dead[0].1);
    }
    let (mut rows, mut fates) = (Vec::new(), Fates::default());
    let chunk = Chunk {
        bytes: b"7,1,\xff,1,1,\xff,\n".to_vec(),
        header: Some(HEADER.as_bytes().into()),
        ..Chunk::default()
    };
    let csv = Csv::new([map(MAP)]);
    csv.decode(chunk.clone(), &mut Entry::new(&mut rows, &mut fates));
    assert_eq!(fates.dead[0].reason, "column v: not UTF-8");
    // A cut record, an input without a map and one without a header become dead letters.
    for chunk in [
        Chunk {
            cut: Some(2 << 20),
            ..chunk.clone()
        },
        Chunk {
            input: 1,
            ..chunk.clone()
        },
        Chunk {
            header: None,
            ..chunk
        },
    ] {
        csv.decode(chunk, &mut Entry::new(&mut rows, &mut fates));
    }
    assert_eq!((rows.len(), fates.counts.dead_lettered), (0, 4));
}

#[test]
fn sightings_have_their_units_and_a_track_without_its_point_zero() {
    let csv = Csv::new([map("\
kind: perception
key: { constant: car-1 }
time: { column: t, format: seconds, origin: 2018-08-02T00:00:00Z }
columns:
  id: { signal: object_track }
  d: { signal: object_distance }
  l: { signal: object_left, unit: m }
  v: { signal: object_relative_speed, unit: m/s }
  c: { signal: object_class }
  p: { signal: confidence }
")]);
    let records = "1.5,528.0,74.5,-2.5,-10,car,0.5\n1.5,a.0,,,,unicorn,\n1.5,a.0,,,,,\n";
    let (rows, fates) = decode(&csv, "\u{feff}t,id,d,l,v,c,p\r\n", records);
    let seen: Vec<&Perception> = rows
        .iter()
        .map(|(_, row)| row.perception().unwrap())
        .collect();
    assert_eq!(seen[0].vehicle.as_str(), "car-1");
    assert_eq!(seen[0].at.to_string(), "2018-08-02T00:00:01.500Z");
    assert_eq!(seen[0].track.as_deref(), Some("528"));
    assert_eq!(seen[0].distance, Distance::from_m(74.5).into());
    assert_eq!(seen[0].left, Distance::from_m(-2.5).into());
    assert_eq!(seen[0].relative_speed, Speed::from_kmh(-36.0).into());
    assert_eq!(seen[0].class, Some(ObjectClass::Car));
    assert_eq!(seen[0].confidence.raw(), Some(0.5));
    assert_eq!(seen[1].track.as_deref(), Some("a.0"));
    assert!(seen[1].distance.is_missing());
    assert_eq!(
        fates.dead[0].reason,
        "column c: `unicorn` is no object class"
    );
}

#[test]
fn a_wrong_map_is_an_error_that_names_file_line_and_column() {
    let with = |from: &str, to: &str| MAP.replace(from, to);
    for (yaml, message) in [
        (
            with("speed,", "sped,"),
            "map.yaml:4:16: unknown signal `sped`: use one of speed, latitude",
        ),
        (
            with("mph", "knots"),
            "map.yaml:4:29: unknown unit `knots` of speed: use one of km/h, mph, m/s",
        ),
        (
            with("latitude", "object_track"),
            "map.yaml:5:18: unknown signal `object_track`",
        ),
        (
            with("longitude", "latitude"),
            "map.yaml:6:18: column `lat` sets latitude already",
        ),
        (
            with("epoch_ms", "epoch"),
            "map.yaml:2:29: unknown format `epoch`: use one of epoch_s",
        ),
        (
            with("epoch_ms", "epoch_ms, origin: 2018-08-02T00:00:00Z"),
            "map.yaml:2:47: only the format seconds has an origin",
        ),
        (
            format!("kind: driving\n{MAP}"),
            "map.yaml:1:7: a map of driving events needs an event_type",
        ),
        (
            format!("kind: riding\n{MAP}"),
            "map.yaml:1:7: unknown kind `riding`: use telemetry, perception or driving",
        ),
        (
            format!("event_type: disengagement\n{MAP}"),
            "map.yaml:1:13: only a map of driving events has an event_type",
        ),
        (
            format!("kind: driving\nevent_type: nap\n{MAP}"),
            "map.yaml:2:13: unknown event_type `nap`: use one of intervention, disengagement",
        ),
        (
            format!(
                "kind: driving\nevent_type: disengagement\ninitiators: {{ Me: nobody }}\n{MAP}"
            ),
            "map.yaml:3:19: unknown initiator `nobody`",
        ),
        (
            format!("repeats: events\n{MAP}"),
            "map.yaml:1:10: only a map of driving events says what repeats are",
        ),
        (
            format!("kind: driving\nevent_type: disengagement\nrepeats: often\n{MAP}"),
            "map.yaml:3:10: unknown repeats `often`: use one of duplicates, events",
        ),
        (
            format!("encoding: ebcdic\n{MAP}"),
            "map.yaml:1:11: unknown encoding `ebcdic`: use one of utf-8, windows-1252",
        ),
        (
            with("epoch_ms", "seconds, origin: noon"),
            "map.yaml:2:46: `noon`: not a time",
        ),
        (
            with("prefix: b-", "constant: x"),
            "map.yaml:1:6: the key is either",
        ),
        (with("column: bus, ", ""), "map.yaml:1:6: the key is either"),
        (
            with("column: bus, prefix: b-", "constant: \"\""),
            "map.yaml:1:18: an id must not be empty",
        ),
        (
            format!("kind: radar\n{MAP}"),
            "map.yaml:1:7: unknown kind `radar`",
        ),
        (with("unit: mph", "units: mph"), "map.yaml:4:23: "),
        (format!("{MAP}extra: 1\n"), "map.yaml:8:1: "),
        (
            format!("{MAP}  v: {{ signal: heading }}\n"),
            "map.yaml:8:3: ",
        ),
        (
            with("time: { column: at, format: epoch_ms }\n", ""),
            "map.yaml:",
        ),
        ("key: [".into(), "map.yaml:"),
        (String::new(), "map.yaml"),
    ] {
        let error = ColumnMap::from_yaml(&yaml, "map.yaml").expect_err(&yaml);
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(
            error.to_string().starts_with(message),
            "{message}
{error}"
        );
    }
}

#[test]
fn a_missing_column_is_an_error_that_names_the_map_and_the_columns_there_are() {
    let check = |header: &str| map(MAP).check(header.as_bytes(), "monday.csv");
    check("state,note,lon,lat,v,at,bus\r\n").unwrap();
    for (header, message) in [
        (
            "bus,at,v,lat,lon",
            "map.yaml:7:3: monday.csv has no column `state`: it has bus, at, v, lat, lon",
        ),
        (
            "at,v,lat,lon,state",
            "map.yaml:1:16: monday.csv has no column `bus`",
        ),
        (
            "bus,v,lat,lon,state",
            "map.yaml:2:17: monday.csv has no column `at`",
        ),
        (
            "bus,at,v,v,lat,lon,state",
            "map.yaml:4:3: monday.csv has more than one column `v`",
        ),
        ("", "map.yaml:1:16: monday.csv has no column `bus`: it has "),
    ] {
        let error = check(header).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().starts_with(message), "{error}");
    }
}

#[test]
fn driving_events_have_the_kind_of_the_map_and_its_words() {
    let yaml = "kind: driving\nevent_type: disengagement\nencoding: windows-1252\ninitiators: { Test Driver: driver }\nkey: { column: vin }\ntime: { column: date, format: date }\ncolumns: { by: { signal: initiator }, why: { signal: detail } }";
    let mut records = b"v,1/31/2021,Test Driver,driver".to_vec();
    records.extend_from_slice(
        b"\x92s choice\nv,2021-02-30,Test Driver,x\nv,1/2/21,driver,x\nv,1/2/21,,\n",
    );
    let (mut rows, mut fates) = (Vec::new(), Fates::default());
    let chunk = Chunk {
        bytes: records,
        header: Some(b"vin,date,by,why".as_slice().into()),
        ..Chunk::default()
    };
    Csv::new([map(yaml)]).decode(chunk, &mut Entry::new(&mut rows, &mut fates));
    let events: Vec<_> = rows.iter().filter_map(|(_, row)| row.driving()).collect();
    assert_eq!(events[0].initiator, Some(Initiator::Driver));
    assert_eq!(events[0].detail.as_deref(), Some("driver\u{2019}s choice"));
    assert_eq!(events[0].at.to_string(), "2021-01-31T00:00:00Z");
    assert_eq!(
        (events.len(), events[1].initiator, &events[1].detail),
        (2, None, &None)
    );
    let reasons: Vec<_> = fates.dead.iter().map(|dead| dead.reason.as_str()).collect();
    // A map with `initiators` accepts no other words.
    assert_eq!(
        reasons,
        [
            "column date: `2021-02-30` is not a date",
            "column by: `driver` is no initiator"
        ]
    );
}

#[test]
fn a_chunk_is_divided_only_where_no_quote_can_hold_a_line_end() {
    let csv = Csv::new([map(MAP)]);
    let chunk = |records: &str| Chunk {
        bytes: records.as_bytes().to_vec(),
        ..Chunk::default()
    };
    assert_eq!(csv.divide(chunk("1,2\n3,4\n5,6\n"), 3).len(), 3);
    assert_eq!(csv.divide(chunk("1,2\n3,\"4\n5\",6\n"), 3).len(), 1);
}

#[test]
fn a_driving_event_that_repeats_another_is_the_same_one_unless_the_map_says_that_it_is_not() {
    let yaml = "kind: driving\nevent_type: disengagement\nkey: { column: vin }\ntime: { column: date, format: date }\ncolumns: { why: { signal: detail } }";
    let identities = |yaml: &str| -> Vec<u64> {
        let (mut rows, mut fates) = (Vec::new(), Fates::default());
        let chunk = Chunk {
            bytes: b"v,1/31/2021,x\nv,1/31/2021,x\n".to_vec(),
            start: Offset(13),
            header: Some(b"vin,date,why".as_slice().into()),
            ..Chunk::default()
        };
        Csv::new([map(yaml)]).decode(chunk, &mut Entry::new(&mut rows, &mut fates));
        rows.iter().map(|(_, row)| row.identity()).collect()
    };
    let same = identities(yaml);
    assert_eq!(same[0], same[1]);
    let apart = identities(&format!("repeats: events\n{yaml}"));
    assert_ne!(apart[0], apart[1]);
    assert_eq!(apart, identities(&format!("repeats: events\n{yaml}")));
}
