//! Damaging records, in the same way on every run.
#![expect(
    clippy::string_slice,
    reason = "the positions are character boundaries"
)]

use super::random::Random;

const VALUES: &[&str] = &[
    "0",
    "-0",
    "0.0",
    "-0.0",
    "1",
    "-7",
    "42.5",
    "90",
    "90.0",
    "-90.0000001",
    "180",
    "1e3",
    "1E-7",
    "1e999",
    "1e300",
    "01",
    "1.",
    "-",
    "9007199254740992",
    "9007199254740993",
    "18446744073709551616",
    "0.1234567890123456",
    "64.12345678901234",
    "123456789.12345678901",
    "5e-324",
    "NaN",
    "null",
    "true",
    "false",
    "\"\"",
    "\"x\"",
    "\"7\"",
    "\"-7\"",
    "\"007\"",
    "\"STOPPED\"",
    "\"caf\u{e9} \u{1f600}\"",
    "\"a\\u0062\"",
    "\"a\\u0000\"",
    "\"tab\\there\"",
    "\"2024-02-15T14:32:18.123456789+13:45\"",
    "\"2024-02-15 14:32:18\"",
    "\"1970-01-01T00:00:00Z\"",
    "[]",
    "[\"P0420\"]",
    "[\"P0420\",\"LAMP\"]",
    "[1]",
    "{}",
    "{\"lat\":1,\"lon\":2}",
    "{\"lon\":2,\"alt\":[1],\"lat\":1.0}",
    "[{}]",
    "[{\"t\":1.5,\"spd\":3}]",
    "\"reverse\"",
    "\"car\"",
    "\"ahead\"",
    "\"intervention\"",
];
const KEYS: &[&str] = &[
    "\"extra\"",
    "\"speed_kmh\"",
    "\"\\u0073peed\"",
    "\"event_type\"",
    "\"object_class\"",
    "\"id\"",
    "\"a\\nb\"",
    "\"\"",
];
const CHARS: &[char] = &[
    '"',
    '\\',
    ',',
    ':',
    '{',
    '}',
    '[',
    ']',
    '0',
    '9',
    '.',
    '-',
    'e',
    ' ',
    '\n',
    '\0',
    'n',
    'ä',
    '\u{1f600}',
];

/// Returns a record of the corpus with up to three damages. Some records only get other numbers.
pub(super) fn mutated(random: &mut Random, corpus: &[&str]) -> String {
    let mut record = random.of(corpus).to_owned();
    if random.below(3) == 0 {
        record = numbers(random, &record);
    }
    let most = random.below(4);
    for _ in 0..random.below(most + 1) {
        record = match random.below(7) {
            0 | 1 => value(random, &record),
            2 => pair(random, &record),
            3 => swapped(random, &record),
            4 => blanks(random, &record),
            _ => character(random, &record),
        };
    }
    record
}

/// Replaces digits outside of texts.
fn numbers(random: &mut Random, record: &str) -> String {
    let mut inside = false;
    let mut last = ' ';
    let change = |c: char| {
        inside ^= c == '"';
        // JSON allows no leading zero.
        let free = c.is_ascii_digit() && !inside && (last.is_ascii_digit() || last == '.');
        last = c;
        if free {
            char::from(b'0' + u8::try_from(random.below(10)).unwrap_or(0))
        } else {
            c
        }
    };
    record.chars().map(change).collect()
}

/// Returns the positions of a character outside of texts.
fn positions(record: &str, wanted: char) -> Vec<usize> {
    let mut inside = false;
    let mut found = Vec::new();
    for (at, c) in record.char_indices() {
        inside ^= c == '"';
        if c == wanted && !inside {
            found.push(at);
        }
    }
    found
}

/// Replaces one value.
fn value(random: &mut Random, record: &str) -> String {
    let colons = positions(record, ':');
    if colons.is_empty() {
        return record.to_owned();
    }
    let at = colons[random.below(colons.len())] + 1;
    let length = record[at..].find([',', '}', ']']).unwrap_or(0);
    format!(
        "{}{}{}",
        &record[..at],
        random.of(VALUES),
        &record[at + length..]
    )
}

/// Adds a key.
fn pair(random: &mut Random, record: &str) -> String {
    let commas = positions(record, ',');
    if commas.is_empty() {
        return record.to_owned();
    }
    let at = commas[random.below(commas.len())];
    let (key, value) = (random.of(KEYS), random.of(VALUES));
    format!("{},{key}:{value}{}", &record[..at], &record[at..])
}

/// Swaps two members, or removes one.
fn swapped(random: &mut Random, record: &str) -> String {
    let mut parts: Vec<&str> = record.trim_matches(['{', '}']).split(',').collect();
    let at = random.below(parts.len());
    if random.below(2) == 0 {
        parts.remove(at);
    } else {
        let other = random.below(parts.len());
        parts.swap(at, other);
    }
    format!("{{{}}}", parts.join(","))
}

/// Adds white space, as other programs write JSON.
fn blanks(random: &mut Random, record: &str) -> String {
    let blank = random.of(&[" ", "  ", "\t", "\r"]);
    let mut spaced = record.to_owned();
    for wanted in [',', ':'] {
        for at in positions(&spaced, wanted).into_iter().rev() {
            spaced.insert_str(at + 1, blank);
        }
    }
    spaced
}

/// Removes, inserts or replaces a character, or cuts the record.
fn character(random: &mut Random, record: &str) -> String {
    let mut chars: Vec<char> = record.chars().collect();
    if chars.is_empty() {
        return String::new();
    }
    let at = random.below(chars.len());
    let other = CHARS[random.below(CHARS.len())];
    match random.below(4) {
        0 => drop(chars.remove(at)),
        1 => chars.insert(at, other),
        2 => chars[at] = other,
        _ => chars.truncate(at),
    }
    chars.into_iter().collect()
}
