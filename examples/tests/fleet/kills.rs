//! The process dies at random moments; what it left and what the next run adds is what one run gives.

use std::{
    path::Path,
    time::{Duration, Instant},
};

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
#[expect(
    clippy::disallowed_methods,
    reason = "the moments of the kills are spread over a run"
)]
fn a_killed_run_goes_on_to_the_rows_of_an_uninterrupted_one() {
    let scratch = Scratch::new();
    let whole = scratch.at("whole.db");
    let sink = format!("sqlite:{}", whole.display());
    let started = Instant::now();
    run(&words(&sink));
    let length = started.elapsed();
    let truth = dump(&whole);
    let end = number(&whole, "SELECT next_offset FROM positions");
    assert!(truth["telemetry"].len() == 72_000 && !truth["alerts"].is_empty());

    let mut hits = Vec::new();
    for kill in 0..KILLS {
        let db = scratch.at(&format!("{kill}.db"));
        let sink = format!("sqlite:{}", db.display());
        // One in each twentieth of the run, at a random moment of it.
        let moment = (f64::from(kill) + random() as f64 / u64::MAX as f64) / f64::from(KILLS);
        if let Some(reached) = killed(&words(&sink), &db, length.mul_f64(moment)) {
            hits.push(reached as f64 / end as f64);
        }
        run(&words(&sink));
        assert!(dump(&db) == truth, "killed after {moment:.3} of the run");
    }
    println!(
        "{} of {KILLS} kills hit, at these parts of the input: {hits:.2?}",
        hits.len()
    );
    assert!(hits.len() >= 15, "too few kills hit a running process");
    assert!(
        hits.iter().any(|part| *part < 0.2) && hits.iter().any(|part| *part > 0.7),
        "{hits:?}"
    );
}

/// Starts the run and kills it after this long; where its position was then, if it was still running.
fn killed(words: &[&str], db: &Path, after: Duration) -> Option<i64> {
    let mut child = fleet(words)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(after);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    let reached = || {
        if db.is_file() {
            number(db, "SELECT coalesce(max(next_offset), 0) FROM positions")
        } else {
            0
        }
    };
    running.then(reached)
}

#[test]
#[cfg(unix)]
fn a_stop_signal_commits_and_the_next_run_goes_on() {
    let scratch = Scratch::new();
    let db = scratch.db();
    let sink = format!("sqlite:{}", db.display());
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
    let child = fleet(&words)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(1200));
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
    assert_eq!(number(&db, "SELECT count(*) FROM telemetry"), 60);
}
