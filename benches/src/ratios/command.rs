//! F1 by the command: what `fleet replay FILE --sink null` takes, beside the hand-written loop.

use std::{collections::BTreeMap, path::PathBuf, process::Command, time::Duration};

use super::{handwritten, input::Input, side_by_side::medians};

/// The program to measure. Default: the one that `cargo build --release` leaves in the workspace.
const VARIABLE: &str = "FLEET_COMMAND";

/// Runs both sides over the same file and prints the ratio of their times. Starting the process
/// counts, too.
pub(crate) fn run(events: u32) {
    let program = std::env::var_os(VARIABLE).map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../target/release/fleet"
            ))
        },
        PathBuf::from,
    );
    if !program.is_file() {
        println!("command: skipped, `cargo build --release` makes it, or name one in {VARIABLE}");
        return;
    }
    let input = Input::new(events);
    let [hand, ours] = medians(
        || handwritten::run(input.path()),
        || replay(&program, &input),
    );
    let rate = |took: Duration| f64::from(events) / took.as_secs_f64() / 1e6;
    println!("command: {events} events from a file to a null sink, median of 5, interleaved");
    println!(
        "  hand-written sonic-rs loop  {:6.2} M events/s",
        rate(hand)
    );
    println!(
        "  fleet replay                {:6.2} M events/s",
        rate(ours)
    );
    println!(
        "  ratio                       {:6.2}",
        hand.as_secs_f64() / ours.as_secs_f64()
    );
}

/// What is compared in the closing report.
#[derive(serde::Deserialize)]
struct Report {
    alerts: BTreeMap<String, u64>,
    windows: u64,
}

/// Returns the number of alerts and of windows.
fn replay(program: &PathBuf, input: &Input) -> (u64, u64) {
    let output = Command::new(program)
        .arg("replay")
        .arg(input.path())
        .args([
            "--dialect",
            "vehicleops",
            "--sink",
            "null",
            "--report",
            "json",
        ])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: Report = serde_json::from_slice(&output.stdout).unwrap();
    (report.alerts.values().sum(), report.windows)
}
