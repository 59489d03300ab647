//! Requests in both forms, their limits and their refusals.

use super::*;
use crate::{data::State, event::Event};

const HEAD: &str = r#"{"vehicle_id":"550e8400-e29b-41d4-a716-446655440000","driver_id":"c9284200-e29b-41d4-a716-446655440000","timestamp":"2024-01-01T12:00:00Z""#;

fn body(rest: &str) -> String {
    format!("{HEAD},{rest}}}")
}

fn read(dialect: FleetFlow, record: &str) -> TripRequest {
    let request = dialect.read(record, &mut TimeReader::default());
    request
        .unwrap_or_else(|why| panic!("{record}: {why}"))
        .unwrap()
}

fn again(dialect: FleetFlow, record: &str) -> String {
    let mut to = Vec::new();
    dialect.write(&read(dialect, record), &mut to);
    String::from_utf8(to).unwrap()
}

fn refused(rest: &str) -> String {
    let why = FleetFlow::default().read(&body(rest), &mut TimeReader::default());
    why.unwrap_err().0
}

#[test]
fn the_described_request_is_read_and_written_back() {
    // As people write it, with blanks and line ends.
    let spaced = "{\n  \"vehicle_id\": \"550e8400-e29b-41d4-a716-446655440000\",\n  \"driver_id\": \"c9284200-e29b-41d4-a716-446655440000\",\n  \"timestamp\": \"2024-01-01T12:00:00Z\",\n  \"data\": [\n    { \"speed_kmh\": 45, \"g_force_long\": 0.1, \"g_force_lat\": 0.0 },\n    { \"speed_kmh\": 45, \"g_force_long\": -0.5, \"g_force_lat\": 0.0 }\n  ]\n}";
    let request = read(FleetFlow::default(), spaced);
    assert_eq!(request.key(), "550e8400-e29b-41d4-a716-446655440000");
    assert_eq!(request.trip.samples.len(), 2);
    let plain = body(
        r#""data":[{"speed_kmh":45,"g_force_long":0.1,"g_force_lat":0.0},{"speed_kmh":45,"g_force_long":-0.5,"g_force_lat":0.0}]"#,
    );
    assert_eq!(again(FleetFlow::default(), spaced), plain);
    assert_eq!(again(FleetFlow::default(), &plain), plain);
    assert_eq!(
        read(FleetFlow::default(), &plain).identity(),
        request.identity()
    );
}

#[test]
fn both_forms_and_both_names_come_back_as_they_were() {
    for rest in [
        r#""data":[]"#,
        r#""telemetry_data":[{"t":1200,"spd":85,"gx":0.5},{"t":1216.7,"spd":84.5,"gx":-1}]"#,
        r#""sample_rate_hz":16000,"data":[{"speed_kmh":45.0,"g_force_long":0,"g_force_lat":null}]"#,
        r#""data":[{"gx":0.5},{},{"speed_kmh":1,"g_force_lat":0.25},{"t":0.1,"spd":null}]"#,
        r#""data":[{"t":7,"spd":85,"gx":0.5},{"t":3}]"#,
        // The second time is 1368 before the first, but for rounding.
        r#""data":[{"t":1368,"spd":80},{"t":0,"spd":81.2}]"#,
    ] {
        for dialect in [FleetFlow::default(), FleetFlow::keeping_unknown_keys()] {
            let record = body(rest);
            assert_eq!(again(dialect, &record), record);
            let request = read(dialect, &record);
            let mut bytes = Vec::new();
            request.encode(&mut bytes);
            let restored = TripRequest::decode(TripRequest::VERSION, &mut bytes.as_slice());
            assert_eq!(restored, Some(request));
        }
    }
    let odd = r#"{"data":[{"gx":0.5,"w":[1.0],"t":3},{"spd":1,"t":4}],"driver_id":"d","x":{},"vehicle_id":"v","timestamp":"2024-01-01T12:00:00Z"}"#;
    assert_eq!(again(FleetFlow::keeping_unknown_keys(), odd), odd);
}

#[test]
fn prop_times_of_samples_come_back_in_every_unit() {
    for time in [
        SampleTime::Seconds,
        SampleTime::Milliseconds,
        SampleTime::Microseconds,
    ] {
        let dialect = FleetFlow::default().with_time(time);
        for first in ["0", "1200", "1200.5", "1704110400123.25", "0.001"] {
            let first_value: f64 = first.parse().unwrap();
            let times: Vec<_> = (1..300)
                .map(|step| {
                    format!(
                        "{:?}",
                        ((first_value + f64::from(step) * 0.0625) * 1e4).round() / 1e4
                    )
                })
                .collect();
            let samples: Vec<_> = times.iter().map(|t| format!(r#"{{"t":{t}}}"#)).collect();
            let record = body(&format!(
                r#""data":[{{"t":{first}}},{}]"#,
                samples.join(",")
            ));
            assert_eq!(again(dialect, &record), record);
        }
    }
    let two = body(r#""data":[{"t":1200,"spd":1},{"t":1450,"spd":1}]"#);
    let at = |time| {
        read(FleetFlow::default().with_time(time), &two)
            .trip
            .samples[1]
            .t_s
    };
    assert_eq!(at(SampleTime::Milliseconds), Some(0.25));
    assert_eq!(at(SampleTime::Seconds), Some(250.0));
    assert_eq!(at(SampleTime::Microseconds), Some(0.000_25));
}

#[test]
fn what_is_no_request_is_refused_with_a_reason() {
    for (rest, reason) in [
        (r#""x":1"#, "the required key data is missing"),
        (r#""data":{}"#, "data: expected a list of samples"),
        (r#""data":null"#, "data: expected a list of samples"),
        (r#""data":[1]"#, "a sample as a JSON object"),
        (
            r#""data":[{"spd":"fast"}]"#,
            "spd: expected a number or null, found a text",
        ),
        (r#""data":[{"spd":1e999}]"#, "not finite"),
        (
            r#""data":[{"spd":1,"spd":1}]"#,
            "the key spd is there twice",
        ),
        (r#""data":[{"spd":1,"speed_kmh":1}]"#, "under both names"),
        (r#""data":[],"telemetry_data":[]"#, "under both names"),
        (r#""data":[{"spd":1}"#, "not JSON"),
        (
            r#""data":[],"sample_rate_hz":0"#,
            "sample_rate_hz: expected a number over 0",
        ),
        (
            r#""data":[],"vehicle_id":"v""#,
            "the key vehicle_id is there twice",
        ),
    ] {
        let why = refused(rest);
        assert!(why.contains(reason), "{rest}: {why}");
    }
}

#[test]
fn more_samples_than_the_limit_are_refused_and_not_kept() {
    let record = |count: usize, sample: &str| {
        body(&format!(r#""data":[{}]"#, vec![sample; count].join(",")))
    };
    let dialect = FleetFlow::default().with_max_samples(1000);
    for sample in [r#"{"spd":1}"#, r#"{ "spd": 1 }"#, "{}"] {
        assert_eq!(
            read(dialect, &record(1000, sample)).trip.samples.len(),
            1000
        );
        let why = dialect.read(&record(1001, sample), &mut TimeReader::default());
        let expected = "data: there are more than 1000, which is the limit";
        assert!(why.unwrap_err().0.starts_with(expected));
        let mut seen = 0;
        let list = format!("[{}]", vec![sample; 5000].join(","));
        assert!(dialect.each_sample(&list, |_| seen += 1).is_err());
        assert_eq!(seen, 1000);
    }
}

#[test]
fn a_trip_of_a_program_is_written_and_says_what_it_drops() {
    let sample = |t_s| TripSample {
        t_s,
        speed: Some(crate::data::units::Speed::from_kmh(45.0)),
        longitudinal: None,
        lateral: Some(crate::data::units::Acceleration::from_g(0.25)),
    };
    let mut trip = read(FleetFlow::default(), &body(r#""data":[]"#)).trip;
    trip.samples = vec![sample(None), sample(None)];
    let request = TripRequest::from(trip.clone());
    let mut to = Vec::new();
    FleetFlow::default().write(&request, &mut to);
    let expected = body(
        r#""data":[{"speed_kmh":45.0,"g_force_lat":0.25},{"speed_kmh":45.0,"g_force_lat":0.25}]"#,
    );
    assert_eq!(String::from_utf8(to).unwrap(), expected);
    assert!(FleetFlow::default().lossy(&request).is_empty());
    trip.samples = vec![sample(Some(0.0)), sample(Some(0.5))];
    let request = TripRequest::from(trip);
    let mut to = Vec::new();
    FleetFlow::default().write(&request, &mut to);
    let expected = body(r#""data":[{"t":0.0,"spd":45.0},{"t":500.0,"spd":45.0}]"#);
    assert_eq!(String::from_utf8(to).unwrap(), expected);
    assert_eq!(
        FleetFlow::default().lossy(&request).to_string(),
        "g_force_lat"
    );
}

#[test]
fn a_time_that_no_clock_shows_is_refused() {
    let request = |t: &str| {
        format!(
            r#"{{"vehicle_id":"v","driver_id":"d","timestamp":"2024-01-01T12:00:00Z","telemetry_data":[{{"t":{t},"spd":81}}]}}"#
        )
    };
    let read = |t: &str| FleetFlow::default().read(&request(t), &mut TimeReader::default());
    assert!(read("9007199254740992").is_ok());
    let refused = read("1e300").unwrap_err();
    assert!(refused.0.contains("the time is beyond 2^53"), "{refused}");
}
