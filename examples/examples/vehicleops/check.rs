//! Commands end once, and telemetry shows what was executed.

use std::collections::{BTreeMap, BTreeSet};

use fleet_core::{EventTime, event::Command};

use crate::{Fallible, topics::Read};

/// Asserts that each command has one outcome, and that the vehicles did what they were told.
pub(crate) fn commands(sent: &[Command], read: &Read) -> Fallible<()> {
    // A rule never commands a vehicle: the topic holds what the desk sent, and nothing else.
    let mut wanted: Vec<_> = sent.iter().map(id_and_time).collect();
    let mut found = Vec::new();
    for record in &read.commands {
        let at = EventTime::parse(record.text("issued_at")?)?;
        found.push((record.text("id")?.to_owned(), at));
    }
    wanted.sort();
    found.sort();
    assert_eq!(
        found, wanted,
        "commands in the topic, and those of the desk"
    );

    let ids: BTreeSet<_> = wanted.into_iter().map(|(id, _)| id).collect();
    let mut outcomes = BTreeMap::new();
    for record in &read.outcomes {
        let status = record.text("status")?;
        assert!(status == "EXECUTED" || status == "FAILED", "{status}");
        assert_eq!(
            record.text("reason").is_ok(),
            status == "FAILED",
            "{}",
            record.value
        );
        let before = outcomes.insert(record.text("id")?.to_owned(), record);
        assert!(before.is_none(), "a command ended twice: {}", record.value);
    }
    assert!(
        outcomes.keys().eq(&ids),
        "outcomes of {}, commands {}",
        outcomes.len(),
        ids.len()
    );
    let failed = outcomes
        .values()
        .filter(|one| one.text("reason").is_ok())
        .count();
    assert!(failed > 0 && failed < ids.len(), "some fail, some do not");
    stops(read)
}

/// Asserts that vehicles stand, with that status, between an executed STOP and the command that
/// lets them drive on, and at no other time.
fn stops(read: &Read) -> Fallible<()> {
    // By vehicle: when it was stopped, and when it was let go. Outcomes of a vehicle are in order.
    let mut turns: BTreeMap<&str, Vec<(EventTime, bool)>> = BTreeMap::new();
    for record in &read.outcomes {
        let stops = match record.text("command")? {
            "STOP" => true,
            "RESUME" | "RETURN_TO_BASE" => false,
            _ => continue,
        };
        if record.text("status")? == "EXECUTED" {
            let at = EventTime::parse(record.text("timestamp")?)?;
            turns.entry(&record.key).or_default().push((at, stops));
        }
    }
    let mut stood = 0;
    for record in &read.raw {
        let at = EventTime::parse(record.text("timestamp")?)?;
        let turns = turns.get(&*record.key).map_or(&[][..], Vec::as_slice);
        // An event of the second of a command was sent before it.
        let last = turns.iter().rfind(|(since, _)| *since < at);
        let stands = last.is_some_and(|(_, stops)| *stops);
        assert_eq!(
            record.text("status")? == "STOPPED",
            stands,
            "{}",
            record.value
        );
        if stands {
            assert_eq!(record.number("speed_kmh")?.to_bits(), 0f64.to_bits());
            stood += 1;
        }
    }
    assert!(stood > 0, "somebody stood");
    Ok(())
}

/// Asserts that the log has every command as dispatched, and ended once.
pub(crate) fn log(sent: &[Command], rows: &[(String, String)]) {
    let mut ended: BTreeMap<&str, u32> = BTreeMap::new();
    let mut dispatched = BTreeSet::new();
    for (id, status) in rows {
        if status == "DISPATCHED" {
            dispatched.insert(&**id);
        } else {
            *ended.entry(id).or_default() += 1;
        }
    }
    let ids: BTreeSet<_> = sent.iter().map(|command| id_and_time(command).0).collect();
    assert!(dispatched.iter().eq(&ids), "commands in the log");
    assert!(ended.keys().eq(&ids) && ended.values().all(|times| *times == 1));
}

fn id_and_time(command: &Command) -> (String, EventTime) {
    (command.known_as().to_string(), command.issued_at)
}
