//! Recorded OpenXC messages of a real car.

use fleet_core::{
    Decode, Offset, VehicleId,
    checkpoint::{Counts, Fates},
    decode::Entry,
    dialect::{Dialect, NewestTime, OpenXc},
    event::Telemetry,
    source::Chunk,
};

use crate::recordings;

fn recorded(file: &str) -> Option<Vec<u8>> {
    recordings::read(&format!("openxc/{file}"))
}

fn read(bytes: &[u8]) -> (Vec<Telemetry>, Fates) {
    let (mut rows, mut fates) = (Vec::new(), Fates::default());
    let chunk = Chunk {
        bytes: bytes.to_vec(),
        ..Chunk::default()
    };
    let dialect = OpenXc::new(VehicleId::new("mustang").unwrap());
    dialect.decode(chunk, &mut Entry::new(&mut rows, &mut fates));
    assert!(rows.is_sorted_by_key(|(at, _)| Offset(at.0)));
    (rows.into_iter().map(|(_, event)| event).collect(), fates)
}

/// 1,261 messages in four files:
///
/// | file | read | accepted | filtered | dead letters |
/// |---|---|---|---|---|
/// | trace | 250 | 185 | 65: torque, fuel since restart, steering wheel | 0 |
/// | trace-shorter | 1,000 | 739 | 261: the same | 0 |
/// | trace-no-timestamp | 9 | 0 | 0 | 9: no time in the whole file |
/// | evented | 2 | 0 | 0 | 2: no time; buttons would be filtered |
#[test]
fn every_recorded_message_has_its_documented_fate() {
    for (file, read_, accepted, filtered, dead) in [
        ("openxc-python-trace.json", 250, 185, 65, 0),
        ("openxc-python-trace-shorter.json", 1_000, 739, 261, 0),
        ("openxc-python-trace-no-timestamp.json", 9, 0, 0, 9),
        ("openxc-python-evented.json", 2, 0, 0, 2),
    ] {
        let Some(bytes) = recorded(file) else {
            continue;
        };
        let (rows, fates) = read(&bytes);
        let Counts {
            read,
            filtered: left_out,
            dead_lettered,
            ..
        } = fates.counts;
        assert_eq!(
            (read, rows.len() as u64, left_out, dead_lettered),
            (read_, accepted, filtered, dead),
            "{file}"
        );
        for letter in &fates.dead {
            assert_eq!(
                letter.reason,
                "the message has no time, and none before it has one"
            );
        }
    }
}

#[test]
fn messages_without_a_time_take_the_newest_time_before_them() {
    let (Some(mut bytes), Some(untimed)) = (
        recorded("openxc-python-trace.json"),
        recorded("openxc-python-trace-no-timestamp.json"),
    ) else {
        return;
    };
    let (before, _) = read(&bytes);
    let newest = before.iter().map(Telemetry::at).max().unwrap();
    bytes.extend_from_slice(&untimed);
    let (rows, fates) = read(&bytes);
    // Eight of the nine map to a signal; torque does not.
    assert_eq!(
        (rows.len(), fates.counts.dead_lettered),
        (before.len() + 8, 0)
    );
    for row in &rows[before.len()..] {
        assert!(row.at() >= newest);
    }
}

#[test]
fn accepted_messages_are_written_back_as_the_same_json() {
    let dialect = OpenXc::new(VehicleId::new("mustang").unwrap());
    let Some(bytes) = recorded("openxc-python-trace-shorter.json") else {
        return;
    };
    let mut newest = NewestTime::default();
    for line in String::from_utf8(bytes).unwrap().lines() {
        if let Some(event) = dialect.read(line, &mut newest).unwrap() {
            let mut to = Vec::new();
            dialect.write(&event, &mut to);
            let again: serde_json::Value = serde_json::from_slice(&to).unwrap();
            assert_eq!(
                again,
                serde_json::from_str::<serde_json::Value>(line).unwrap()
            );
        }
    }
}
