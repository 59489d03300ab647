//! The process dies at random moments; what it left and what the next run adds is what one run gives.

use std::{path::Path, process::Stdio, time::Duration};

use fleet_sinks::sqlite::rusqlite::{Connection, OpenFlags};

use super::support::{Scratch, dump, fleet, number, random, run};

const KILLS: u32 = 20;

/// A run of some seconds with many commits.
fn words(sink: &str) -> Vec<&str> {
    let job = [
        "demo",
        "--vehicles",
        "40",
        "--duration",
        "15m",
        "--scenario",
        "fault-injection",
    ];
    [&job[..], &["--commit-every", "20ms", "--sink", sink]].concat()
}

#[test]
fn a_killed_run_goes_on_to_the_rows_of_an_uninterrupted_one() {
    let scratch = Scratch::new();
    let whole = scratch.at("whole.db");
    run(&words(&format!("sqlite:{}", whole.display())));
    let truth = dump(&whole);
    let end = position(&whole);
    assert!(truth["telemetry"].len() == 79_200 && !truth["alerts"].is_empty());

    let mut hits = Vec::new();
    for kill in 0..KILLS {
        let db = scratch.at(&format!("{kill}.db"));
        let sink = format!("sqlite:{}", db.display());
        // One in each twentieth of the input, and then a moment that no commit knows of.
        let part = (f64::from(kill) + random_part()) / f64::from(KILLS);
        let pause = Duration::from_millis(40).mul_f64(random_part());
        if let Some(reached) = killed(&words(&sink), &db, end * part, pause) {
            hits.push(reached / end);
        }
        run(&words(&sink));
        assert!(
            dump(&db) == truth,
            "killed {pause:?} after {part:.3} of the input"
        );
    }
    println!(
        "{} of {KILLS} kills hit, at these parts of the input: {hits:.2?}",
        hits.len()
    );
    assert!(hits.len() >= 15, "too few kills hit a running process");
    assert!(
        hits.iter().any(|part| *part < 0.2) && hits.iter().any(|part| *part > 0.8),
        "{hits:?}"
    );
}

/// A random part of a whole.
fn random_part() -> f64 {
    random() as f64 / u64::MAX as f64
}

/// How far the database has come; 0 before there is one.
fn position(db: &Path) -> f64 {
    let read = || {
        let db = Connection::open_with_flags(db, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
        let sql = "SELECT coalesce(sum(next_offset), 0) * 1.0 FROM positions";
        db.query_row(sql, [], |row| row.get(0)).ok()
    };
    read().unwrap_or(0.0)
}

/// Starts the run and kills it a pause after it has come this far; where it was then, if it was still
/// running.
fn killed(words: &[&str], db: &Path, at: f64, pause: Duration) -> Option<f64> {
    let mut child = fleet(words).stdout(Stdio::null()).spawn().unwrap();
    while position(db) < at && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    std::thread::sleep(pause);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    running.then(|| position(db))
}

#[test]
#[cfg(unix)]
fn a_stop_signal_commits_and_the_next_run_goes_on() {
    let scratch = Scratch::new();
    let (db, sink) = (scratch.db(), scratch.sink());
    let words = [
        "demo",
        "--vehicles",
        "10",
        "--duration",
        "3s",
        "--pace",
        "realtime",
        "--sink",
        &sink,
    ];
    let child = fleet(&words).stdout(Stdio::piped()).spawn().unwrap();
    while position(&db) == 0.0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    let id = child.id().to_string();
    std::process::Command::new("kill")
        .args(["-INT", &id])
        .status()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("stopped"),
        "{text}"
    );
    let stored = number(&db, "SELECT read FROM positions");
    assert!(0 < stored && stored < 60, "{stored}");
    run(&words);
    // 10 vehicles at 2 Hz, and 2 self-driving ones at 1 Hz.
    assert_eq!(number(&db, "SELECT count(*) FROM telemetry"), 66);
}
