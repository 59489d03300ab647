//! Tests of parsing times and writing them back.

use super::*;

fn again(text: &str) -> String {
    let (at, style) = TimeReader::naive_is_utc().read(text).unwrap();
    let mut out = String::new();
    style.write(at, &mut out).unwrap();
    out
}

#[test]
fn every_style_of_the_five_systems_is_written_back_as_it_came() {
    for text in [
        "2024-02-15T14:32:18Z",
        "2024-02-15T14:32:18.500000+00:00",
        "2025-08-09T12:34:56.789012+00:00",
        "2024-02-15 14:32:18",
        "2015-03-07T10:03:34-06:00",
        "2015-03-07T10:03:34-00:00",
        "2024-02-29T23:59:59.123456789+13:45",
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
    ] {
        assert_eq!(again(text), text);
    }
}

#[test]
fn the_remembered_minute_gives_what_a_fresh_reader_gives() {
    let mut warm = TimeReader::default();
    for second in 0..60 {
        let text = format!("2024-02-15T14:32:{second:02}.25Z");
        assert_eq!(warm.read(&text), TimeReader::default().read(&text));
    }
    assert_eq!(warm.read("2024-02-15T14:32:60Z"), Err(TimeError::Form));
    assert_eq!(warm.read("2024-02-15T14:32:1"), Err(TimeError::Form));
}

/// The cache once started as zeros, so NUL bytes matched the first minute of 1970.
#[test]
fn a_fresh_reader_remembers_no_minute() {
    let nuls = format!("{}18Z", "\0".repeat(17));
    assert_eq!(TimeReader::default().read(&nuls), Err(TimeError::Form));
}

#[test]
fn the_remembered_second_gives_what_a_fresh_reader_gives() {
    let seconds = [
        "2024-02-15T14:32:18",
        "2024-02-15 14:32:19",
        "9999-12-31T23:59:59",
    ];
    let fractions = [
        ".000000", ".999999", ".5", ".1234567", "", ".12345x", ".-00001",
    ];
    let zones = ["Z", "+00:00", "-06:00", "", "+24:00", "z", "+00:00x"];
    let (mut warm, mut naive) = (TimeReader::default(), TimeReader::naive_is_utc());
    for second in seconds {
        for zone in zones {
            for before in zones {
                for fraction in fractions {
                    // Prime the cache with a valid time of the same second, possibly in another
                    // zone.
                    let _ = warm.read(&format!("{second}.250000{before}"));
                    let _ = naive.read(&format!("{second}.250000{before}"));
                    let text = format!("{second}{fraction}{zone}");
                    assert_eq!(
                        warm.read(&text),
                        TimeReader::default().read(&text),
                        "{text}"
                    );
                    let fresh = TimeReader::naive_is_utc().read(&text);
                    assert_eq!(naive.read(&text), fresh, "{text}");
                }
            }
        }
    }
}

#[test]
fn a_text_that_is_not_a_time_is_rejected() {
    for text in [
        "yesterday at noon",
        "",
        "2024-02-30T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-02-15T24:00:00Z",
        "2024-02-15T14:32:18",
        "300000-01-01T00:00:00Z",
        "+300000-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "2024-02-15T14:32:18.Z",
        "2024-02-15T14:32:18+25:00",
        "2024-02-15t14:32:18Z",
        "2024-02-15T14:32:18Zjunk",
    ] {
        assert!(TimeReader::default().read(text).is_err(), "{text}");
    }
}

#[test]
fn civil_dates_agree_with_jiff_through_leap_years() {
    for days in (0..20_000).chain([-1, 2_932_895]) {
        let at = EventTime::from_micros(days * 86_400_000_000);
        let expected = jiff::Timestamp::from_microsecond(at.as_micros())
            .unwrap()
            .to_string();
        assert_eq!(at.to_string(), expected);
    }
}

#[test]
fn times_of_databases_are_the_same_microseconds() {
    use std::time::{Duration, SystemTime};
    for at in [
        0,
        1,
        -1,
        1_708_007_538_500_000,
        i64::MIN + 1,
        EventTime::MAX.as_micros(),
    ] {
        let at = EventTime::from_micros(at);
        assert_eq!(EventTime::from(SystemTime::from(at)), at);
    }
    let between = SystemTime::UNIX_EPOCH - Duration::from_nanos(1);
    assert_eq!(EventTime::from(between), EventTime::from_micros(-1));
    assert_eq!(
        SystemTime::from(EventTime::from_micros(1_500_000)),
        SystemTime::UNIX_EPOCH + Duration::from_millis(1_500)
    );
}
