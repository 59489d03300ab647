//! Two pipelines with a log between them, as processes that are killed at random moments. The
//! example `driver_scores` kills and checks; `soak_driver_scores_*` kill more often.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "test helpers panic on failure and print what they measured"
)]

use std::{path::PathBuf, process::Command};

/// The example, which is built beside this test unless only this test is.
fn example() -> Option<PathBuf> {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent()?.parent()?;
    let binary = folder.join("examples").join("driver_scores");
    binary.is_file().then_some(binary)
}

fn trial(kills: u32, place: Option<&str>) {
    let Some(example) = example() else {
        return xtask::skip::skip_test(
            "the example is not built: `cargo build -p fleet-examples --example driver_scores`",
        );
    };
    let mut command = Command::new(example);
    command.arg("trial").arg(kills.to_string()).args(place);
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}: {printed}\n{errors}",
        output.status
    );
    let last = printed.lines().last().unwrap_or_default();
    assert!(
        last.starts_with(&format!("driver_scores: ok ({kills} kills")),
        "{printed}"
    );
    println!("{last}");
}

#[cfg(feature = "postgres")]
fn on_postgres(kills: u32) {
    use xtask::postgres::{Options, instance_for_tests};
    let Some(server) = instance_for_tests(Options::default()) else {
        return;
    };
    trial(kills, Some(&server.url()));
}

#[test]
fn killed_pipelines_over_sqlite_count_each_trip_once() {
    trial(5, None);
}

#[test]
#[ignore = "long"]
fn soak_driver_scores_sqlite() {
    trial(50, None);
}

#[test]
#[cfg(feature = "postgres")]
fn killed_pipelines_over_postgres_count_each_trip_once() {
    on_postgres(10);
}

#[test]
#[ignore = "long"]
#[cfg(feature = "postgres")]
fn soak_driver_scores_postgres() {
    on_postgres(100);
}
