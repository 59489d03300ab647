//! `cargo xtask soak`: runs the long tests and writes a record of them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::recordings::Recordings;
use super::seeds;
use super::skipped::SkippedTests;
use crate::run::{Invocation, Metadata, Report, StepOutcome, timed};
use crate::services::{Install, Servers};

/// The tests whose names start with `soak_`. They are `#[ignore]`d, so only this command runs them.
const SOAK: &str =
    "test --release --workspace --all-features --no-fail-fast -- --ignored soak_ --nocapture";

/// Runs the long tests and writes the record.
pub(crate) fn run() -> Result<ExitCode, String> {
    let mut report = Report::new("soak");
    let target = Metadata::load()?.target_directory;
    let skipped = SkippedTests::collect(&target)?;
    let servers = Servers::start(&mut report, Install::allowed(false), |_| true);
    report.check("soak", || {
        match soak(&target.join("soak"), &servers, &skipped) {
            Ok(outcome) => outcome,
            Err(why) => StepOutcome::failed(why),
        }
    });
    servers.stop(&mut report);
    skipped.list(&mut report);
    Ok(report.finish())
}

fn soak(folder: &Path, servers: &Servers, skipped: &SkippedTests) -> Result<StepOutcome, String> {
    let cannot = |error: std::io::Error| format!("cannot write to {}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(cannot)?;
    let record = next_record(folder).map_err(cannot)?;

    let command = seeds::fresh(Invocation::cargo(SOAK).env("FLEET_SOAK", "1"));
    let command = servers.pass_to(Recordings::locate().pass_to(skipped.pass_to(command)));
    let (outcome, took, said) = watch(&command);
    let mut text = circumstances();
    let _ = writeln!(text, "command: {command}");
    let _ = writeln!(
        text,
        "result:  {}, {} passed",
        outcome.word(),
        passed(&said)
    );
    let _ = writeln!(text, "took:    {:.1} s\n", took.as_secs_f64());
    text.push_str(&said);
    fs::write(&record, text).map_err(cannot)?;
    println!("record: {}", record.display());
    Ok(outcome)
}

/// Runs tests named `soak_*`, and returns the result, the time taken and the output. It is a
/// failure if no test ran.
pub(crate) fn watch(command: &Invocation) -> (StepOutcome, Duration, String) {
    let said = Mutex::new(String::new());
    let (outcome, took) = timed(|| {
        command.watch(&|_, line| {
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.push_str(line);
            said.push('\n');
        })
    });
    let said = said.into_inner().unwrap_or_else(PoisonError::into_inner);
    let outcome = match outcome {
        StepOutcome::Passed if passed(&said) == 0 => {
            StepOutcome::failed("no test named soak_* was run")
        }
        other => other,
    };
    (outcome, took, said)
}

/// The versions of the code and the compiler, and the machine: what is needed to repeat the run.
fn circumstances() -> String {
    let ask = |program: &str, arguments: &[&str]| {
        let answer = Invocation::new(program, arguments.iter().copied()).output();
        answer.map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "code:    {}\nrustc:   {}\nmachine: {} {}, {cores} cores\n",
        ask("git", &["describe", "--always", "--dirty"]),
        ask("rustc", &["--version"]),
        std::env::consts::OS,
        std::env::consts::ARCH,
    )
}

/// `1.txt`, `2.txt`, ..: one above the highest number, so that no record is overwritten.
fn next_record(folder: &Path) -> std::io::Result<PathBuf> {
    let mut highest = 0;
    for entry in fs::read_dir(folder)? {
        highest = highest.max(number(&entry?.path()).unwrap_or(0));
    }
    Ok(folder.join(format!("{}.txt", highest.saturating_add(1))))
}

fn number(record: &Path) -> Option<u32> {
    record.file_stem()?.to_str()?.parse().ok()
}

/// The number of tests that passed, added up over all test binaries.
fn passed(said: &str) -> u64 {
    said.lines()
        .filter_map(|line| line.strip_prefix("test result: "))
        .filter_map(|line| line.split_once(". ")?.1.split_once(" passed"))
        .filter_map(|(count, _)| count.parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passed_tests_are_counted_over_all_binaries() {
        let said = "running 2 tests\n\
                    test result: ok. 2 passed; 0 failed; 0 ignored\n\
                    test result: FAILED. 5 passed; 1 failed; 0 ignored\n";
        assert_eq!(passed(said), 7);
        assert_eq!(
            passed("running 0 tests\ntest result: ok. 0 passed; 0 failed"),
            0
        );
    }

    #[test]
    fn a_record_never_replaces_another() {
        assert_eq!(number(Path::new("target/soak/12.txt")), Some(12));
        assert_eq!(number(Path::new("target/soak/notes.txt")), None);
        let empty = std::env::temp_dir().join(format!("xtask-soak-{}", std::process::id()));
        fs::create_dir_all(&empty).unwrap();
        fs::write(empty.join("9.txt"), "").unwrap();
        fs::write(empty.join("10.txt"), "").unwrap();
        let next = next_record(&empty).unwrap();
        fs::remove_dir_all(&empty).unwrap();
        assert_eq!(next, empty.join("11.txt"));
    }
}
