//! What the database must hold when the input has ended, however it got there.

use std::{collections::BTreeMap, process::Output};

use serde_json::Value;
use xtask::postgres::Instance;

use crate::{input::Fates, worker::Work};

/// Holds the database against how its input was made.
pub(crate) fn audit(server: &Instance, work: &Work, fates: &Fates) {
    let ask = |sql: &str| server.psql_in(&work.database, sql).unwrap();
    let rows = "SELECT vehicle_id || ' ' || to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')
                || ' ' || CASE WHEN speed_kmh = trunc(speed_kmh) THEN speed_kmh || '.0' ELSE speed_kmh::text END
                FROM telemetry";
    same("telemetry", &counted(&ask(rows)), &fates.rows);
    let dead = "SELECT convert_from(raw, 'UTF8') FROM fleet_stream.dead_letters WHERE reason <> ''";
    same("dead letters", &counted(&ask(dead)), &fates.dead);

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
        ask(counts),
        wanted,
        "read accepted filtered dead late duplicate ended"
    );

    // What is computed of the rows is what one undisturbed run computes.
    let truth = undisturbed(work);
    let kinds = ask("SELECT kind || ' ' || count(*) FROM alerts GROUP BY kind ORDER BY 1");
    let found: BTreeMap<&str, u64> = kinds
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(kind, count)| (kind, count.parse().unwrap()))
        .collect();
    assert_eq!(serde_json::to_value(found).unwrap(), truth["alerts"]);
    assert!(truth["alerts"]["OVERSPEED"].as_u64().unwrap() > 0);
    let once = ask("SELECT count(*) - count(DISTINCT id) FROM alerts");
    assert_eq!(once, "0", "alerts that are there twice");
    assert_eq!(
        ask("SELECT count(*) FROM windows"),
        truth["windows"].to_string()
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

/// Equal, or the first few that differ.
fn same(what: &str, found: &BTreeMap<String, u32>, wanted: &BTreeMap<String, u32>) {
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
