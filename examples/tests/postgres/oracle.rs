//! Checks the database at the end of the input, whatever happened before.

use std::{collections::BTreeMap, process::Output};

use serde_json::Value;
use xtask::postgres::Instance;

use crate::{input::Fates, worker::Work};

/// Compares the database with the known fates of its input.
pub(crate) fn check(server: &Instance, work: &Work, fates: &Fates) {
    let query = |sql: &str| server.psql_in(&work.database, sql).unwrap();
    let rows = "SELECT vehicle_id || ' ' || to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')
                || ' ' || CASE WHEN speed_kmh = trunc(speed_kmh) THEN speed_kmh || '.0' ELSE speed_kmh::text END
                FROM fleet.telemetry";
    assert_same("telemetry", &counted(&query(rows)), &fates.rows);
    let dead = "SELECT convert_from(raw, 'UTF8') FROM fleet_stream.dead_letters WHERE reason <> ''";
    assert_same("dead letters", &counted(&query(dead)), &fates.dead);

    let counts = "SELECT concat_ws(' ', sum(read), sum(accepted), sum(filtered), sum(dead_lettered), sum(late),
                  sum(duplicate), bool_and(ended)) FROM fleet_stream.positions";
    let Fates {
        read,
        late,
        duplicate,
        ..
    } = fates;
    let (accepted, dead) = (fates.rows.len(), fates.dead.len());
    let wanted = format!("{read} {accepted} 0 {dead} {late} {duplicate} t");
    assert_eq!(
        query(counts),
        wanted,
        "read accepted filtered dead late duplicate ended"
    );

    // The results equal those of one run without faults.
    let expected = undisturbed(work);
    let kinds = query("SELECT kind || ' ' || count(*) FROM fleet.alerts GROUP BY kind ORDER BY 1");
    let found: BTreeMap<&str, u64> = kinds
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(kind, count)| (kind, count.parse().unwrap()))
        .collect();
    assert_eq!(serde_json::to_value(found).unwrap(), expected["alerts"]);
    assert!(expected["alerts"]["OVERSPEED"].as_u64().unwrap() > 0);
    let once = query("SELECT count(*) - count(DISTINCT id) FROM fleet.alerts");
    assert_eq!(once, "0", "alerts that are stored twice");
    assert_eq!(
        query("SELECT count(*) FROM fleet.minutes"),
        expected["windows"].to_string()
    );
}

fn undisturbed(work: &Work) -> Value {
    let Output { status, stdout, .. } = work.command("null").output().unwrap();
    assert!(status.success());
    serde_json::from_slice(&stdout).unwrap()
}

fn counted(lines: &str) -> BTreeMap<String, u32> {
    let mut counted = BTreeMap::new();
    for line in lines.lines() {
        *counted.entry(line.to_owned()).or_default() += 1;
    }
    counted
}

/// Asserts that both are equal, and prints the first few differences.
fn assert_same(what: &str, found: &BTreeMap<String, u32>, wanted: &BTreeMap<String, u32>) {
    let lost: Vec<_> = wanted
        .iter()
        .filter(|(line, _)| !found.contains_key(*line))
        .take(5)
        .collect();
    let wrong: Vec<_> = found
        .iter()
        .filter(|(line, n)| wanted.get(*line) != Some(n))
        .take(5)
        .collect();
    assert!(
        lost.is_empty() && wrong.is_empty(),
        "{what}: lost {lost:?}, twice or never sent {wrong:?}"
    );
}
