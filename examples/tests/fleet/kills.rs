//! The process is killed at random moments. The next run completes the database to that of an
//! uninterrupted run.

use std::{path::Path, process::Stdio, time::Duration};

use fleet_sinks::sqlite::rusqlite::{Connection, OpenFlags};

use super::support::{Scratch, dump, fleet, number, random, run};

const KILLS: u32 = 20;

/// The arguments of a run of some seconds with many commits.
fn args(sink: &str) -> Vec<&str> {
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
fn a_killed_run_resumes_to_the_rows_of_an_uninterrupted_one() {
    let scratch = Scratch::new();
    let whole = scratch.at("whole.db");
    run(&args(&format!("sqlite:{}", whole.display())));
    let expected = dump(&whole);
    let end = position(&whole);
    assert!(expected["telemetry"].len() == 79_200 && !expected["alerts"].is_empty());

    let mut hits = Vec::new();
    for kill in 0..KILLS {
        let db = scratch.at(&format!("{kill}.db"));
        let sink = format!("sqlite:{}", db.display());
        // One kill in each twentieth of the input, at a moment independent of commits.
        let fraction = (f64::from(kill) + random_fraction()) / f64::from(KILLS);
        let pause = Duration::from_millis(40).mul_f64(random_fraction());
        if let Some(reached) = killed(&args(&sink), &db, end * fraction, pause) {
            hits.push(reached / end);
        }
        run(&args(&sink));
        assert!(
            dump(&db) == expected,
            "killed {pause:?} after {fraction:.3} of the input"
        );
    }
    println!(
        "{} of {KILLS} kills hit, at these fractions of the input: {hits:.2?}",
        hits.len()
    );
    assert!(hits.len() >= 15, "too few kills hit a running process");
    assert!(
        hits.iter().any(|at| *at < 0.2) && hits.iter().any(|at| *at > 0.8),
        "{hits:?}"
    );
}

/// Returns a random number from 0 to 1.
fn random_fraction() -> f64 {
    random() as f64 / u64::MAX as f64
}

/// Returns the committed position, or 0 before the database exists.
fn position(db: &Path) -> f64 {
    let read = || {
        let db = Connection::open_with_flags(db, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
        let sql = "SELECT coalesce(sum(next_offset), 0) * 1.0 FROM positions";
        db.query_row(sql, [], |row| row.get(0)).ok()
    };
    read().unwrap_or(0.0)
}

/// Starts a run and kills it a pause after it has committed this far. Returns its position then, or
/// `None` if it had already ended.
fn killed(args: &[&str], db: &Path, at: f64, pause: Duration) -> Option<f64> {
    let mut child = fleet(args).stdout(Stdio::null()).spawn().unwrap();
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
fn a_stop_signal_commits_and_the_next_run_resumes() {
    let scratch = Scratch::new();
    let (db, sink) = (scratch.db(), scratch.sink());
    let args = [
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
    let child = fleet(&args).stdout(Stdio::piped()).spawn().unwrap();
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
    run(&args);
    // 10 vehicles at 2 Hz, and 2 self-driving ones at 1 Hz.
    assert_eq!(number(&db, "SELECT count(*) FROM telemetry"), 66);
}
