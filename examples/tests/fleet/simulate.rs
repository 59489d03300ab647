//! What `simulate` writes, `replay` and `score` read.

use super::support::{Scratch, fleet, report, run};

/// Writes two minutes of ten vehicles, and returns the file and its number of lines.
fn simulated(scratch: &Scratch, dialect: &str, seed: &str) -> (String, usize) {
    let file = scratch.at(&format!("{dialect}-{seed}.ndjson"));
    let to = file.to_str().unwrap();
    let words = ["simulate", "--dialect", dialect, "--vehicles", "10"];
    let rest = ["--duration", "2m", "--seed", seed, "--to", to];
    run(&[&words[..], &rest].concat());
    let lines = std::fs::read_to_string(&file).unwrap().lines().count();
    (to.to_owned(), lines)
}

#[test]
fn every_simulated_event_is_read_again() {
    let scratch = Scratch::new();
    for dialect in ["vehicleops", "fleetstream", "fleet-pipeline", "ford"] {
        let (file, lines) = simulated(&scratch, dialect, "7");
        assert!(lines > 100, "{dialect}: {lines}");
        let words = ["replay", &file, "--dialect", dialect, "--sink", "null"];
        let report = report(&words);
        assert_eq!(report["accepted"].as_u64(), Some(lines as u64), "{dialect}");
    }
    let (trips, lines) = simulated(&scratch, "fleetflow", "7");
    let words = [
        "score",
        &trips,
        "--dialect",
        "fleetflow",
        "--report",
        "json",
    ];
    let scores: serde_json::Value = serde_json::from_slice(&run(&words).stdout).unwrap();
    assert_eq!(scores["trips"].as_array().unwrap().len(), lines);
}

#[test]
fn a_seed_gives_the_same_bytes_and_a_file_is_never_written_over() {
    let scratch = Scratch::new();
    let (one, _) = simulated(&scratch, "ford", "1");
    let words = [
        "simulate",
        "--dialect",
        "ford",
        "--vehicles",
        "10",
        "--duration",
        "2m",
    ];
    let again = run(&[&words[..], &["--seed", "1"]].concat());
    assert_eq!(again.stdout, std::fs::read(&one).unwrap());
    let other = run(&[&words[..], &["--seed", "2"]].concat());
    assert_ne!(other.stdout, again.stdout);
    let output = fleet(&[&words[..], &["--to", &one]].concat())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("exists: name a new file"), "{said}");
    assert_eq!(again.stdout, std::fs::read(&one).unwrap());
}
