//! The fast reader against the general one, over generated and damaged records of VehicleOps.

use super::random::Random;
use crate::{
    data::time::TimeReader,
    dialect::{
        Refused,
        object::{TelemetryTarget, UnknownKeys, read, read_any, read_fast, write},
        vehicleops::SCHEMA,
    },
    event::Telemetry,
};

const VALUES: &[&str] = &[
    "0",
    "-0",
    "0.0",
    "-0.0",
    "1",
    "42.5",
    "-74.0721",
    "90",
    "90.0",
    "-90.0000001",
    "180",
    "181",
    "1e3",
    "1E-7",
    "1e999",
    "01",
    "1.",
    ".5",
    "-",
    "+1",
    "9007199254740992",
    "9007199254740993",
    "18446744073709551616",
    "0.1234567890123456",
    "123456789.12345678901",
    "0.00000000000000000000000001",
    "5e-324",
    "NaN",
    "null",
    "nul",
    "true",
    "\"\"",
    "\"x\"",
    "\"STOPPED\"",
    "\"caf\u{e9} \u{1f600}\"",
    "\"a\\u0062\"",
    "\"a\\u0000\"",
    "\"tab\there\"",
    "\"2024-02-15T14:32:18.500000+00:00\"",
    "\"2024-02-15T14:32:18Z\"",
    "\"2024-02-15T24:32:18Z\"",
    "\"abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz\"",
    "[1,2]",
    "{\"a\":1}",
    "\"unterminated",
    "0.30",
];
const TIMES: &[&str] = &[
    "\"2024-02-15T14:32:18.500000+00:00\"",
    "\"2024-02-15T14:32:19Z\"",
    "\"2024-02-15 08:33:18.123456789-06:00\"",
];
const NUMBERS: &[&str] = &[
    "42.5",
    "0",
    "0.0",
    "-7",
    "4.711",
    "78.25",
    "null",
    "-12.345678",
];
const WORDS: &[&str] = &[
    "\"MOVING\"",
    "\"STOPPED\"",
    "null",
    "\"IDLE\"",
    "\"\"",
    "\"A B\"",
];

fn record(random: &mut Random) -> String {
    // Half of the records are as the systems write them, half are unusual somewhere.
    let wild = random.below(2) == 0;
    let mut pairs: Vec<(&str, String)> = Vec::new();
    for field in SCHEMA.fields {
        if wild && random.below(20) == 0 {
            continue;
        }
        let value = match field.target {
            _ if wild && random.below(40) == 0 => random.of(VALUES).to_owned(),
            TelemetryTarget::Vehicle | TelemetryTarget::Fleet => {
                format!("\"fleet-{}\"", random.below(1000))
            }
            TelemetryTarget::Time => random.of(TIMES).to_owned(),
            TelemetryTarget::Status => random.of(WORDS).to_owned(),
            TelemetryTarget::Number { .. } if wild && random.below(3) == 0 => {
                let scale = 10u64.pow(u32::try_from(random.below(18)).unwrap());
                let number = random.next() % 100_000_000_000_000_000;
                format!("{}.{}", number % 90, number % scale.max(1))
            }
            _ => random.of(NUMBERS).to_owned(),
        };
        pairs.push((field.key, value));
    }
    if wild && random.below(8) == 0 {
        pairs.push((
            random.of(&["extra", "speed_kmh", "\\u0073tatus"]),
            random.of(VALUES).to_owned(),
        ));
    }
    if wild && random.below(6) == 0 && !pairs.is_empty() {
        let (a, b) = (random.below(pairs.len()), random.below(pairs.len()));
        pairs.swap(a, b);
    }
    let (mut colon, mut comma) = match random.below(2) {
        0 => (":", ","),
        _ => (": ", ", "),
    };
    if wild {
        colon = random.of(&[":", ":", ": ", ":  ", " :"]);
        comma = random.of(&[",", ",", ", ", ",  ", " ,"]);
    }
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(key, value)| format!("\"{key}\"{colon}{value}"))
        .collect();
    let ends = ["", "", "", " ", "\r", "x", "}", "\u{a0}"];
    let end = if wild { random.of(&ends) } else { "" };
    format!("{{{}}}{end}", pairs.join(comma))
}

/// Damages one character.
fn damaged(random: &mut Random, record: &str) -> String {
    let mut chars: Vec<char> = record.chars().collect();
    let at = random.below(chars.len());
    let other = [
        '"', '\\', ',', ':', '{', '}', '0', '9', '.', '-', 'e', ' ', '\n', '\0', 'n', 'ä',
    ][random.below(16)];
    match random.below(4) {
        0 => drop(chars.remove(at)),
        1 => chars.insert(at, other),
        2 => chars[at] = other,
        _ => chars.truncate(at),
    }
    chars.into_iter().collect()
}

fn general(record: &str, unknown: UnknownKeys) -> Result<Telemetry, Refused> {
    read_any(&SCHEMA, unknown, record, &mut TimeReader::default()).map(Option::unwrap)
}

#[test]
fn prop_the_fast_reader_takes_only_what_the_general_one_takes_with_the_same_value() {
    let mut random = Random::new(20_240_215);
    let mut times = TimeReader::default();
    let (mut fast_ones, mut general_ones, mut refused) = (0, 0, 0);
    for round in 0..60_000 {
        let mut record = record(&mut random);
        if round % 2 == 1 {
            record = damaged(&mut random, &record);
        }
        let general =
            [UnknownKeys::Ignored, UnknownKeys::Kept].map(|unknown| general(&record, unknown));
        if let Some(event) = read_fast(&SCHEMA, &record, &mut times) {
            fast_ones += 1;
            for general in &general {
                assert_eq!(general.as_ref(), Ok(&event), "{record}");
            }
        }
        // Cached times change nothing, and both readers together agree with the general one.
        for (unknown, general) in [UnknownKeys::Ignored, UnknownKeys::Kept]
            .into_iter()
            .zip(&general)
        {
            assert_eq!(
                &read(&SCHEMA, unknown, &record, &mut times),
                &general.clone().map(Some),
                "{record}"
            );
        }
        match &general[0] {
            Ok(_) => general_ones += 1,
            Err(_) => refused += 1,
        }
    }
    // The generator reaches all three.
    assert!(fast_ones > 10_000, "{fast_ones}");
    assert!(general_ones > fast_ones + 2_000, "{general_ones}");
    assert!(refused > 10_000, "{refused}");
}

#[test]
fn prop_what_is_read_is_written_back_as_the_same_json() {
    let mut random = Random::new(7);
    let mut times = TimeReader::default();
    let mut checked = 0;
    for _ in 0..20_000 {
        let record = record(&mut random);
        let Ok(Some(event)) = read(&SCHEMA, UnknownKeys::Kept, &record, &mut times) else {
            continue;
        };
        let mut again = Vec::new();
        write(&SCHEMA, &event, &mut again);
        let again = String::from_utf8(again).unwrap();
        if record.contains("1e999") {
            // Legal JSON under an unknown key, kept as text, but serde_json has no value for it.
            continue;
        }
        let (before, after): (serde_json::Value, serde_json::Value) = (
            serde_json::from_str(&record).unwrap(),
            serde_json::from_str(&again).unwrap(),
        );
        // This whole number has no float, as documented.
        if !record.contains("9007199254740993") {
            assert_eq!(before, after, "{record}");
        }
        assert_eq!(
            read(&SCHEMA, UnknownKeys::Kept, &again, &mut times),
            Ok(Some(event)),
            "{record}"
        );
        checked += 1;
    }
    assert!(checked > 10_000, "{checked}");
}
