//! Whole jobs, compared with hand-written code that does the same work.
//!
//! Both sides run in one process, in turns, five times each; the figure is the ratio of the
//! medians. Absolute times on a shared machine mean little, so compare only ratios between
//! machines.
#![expect(clippy::print_stdout, reason = "a bench reports to people")]
#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot run should stop at once"
)]

mod checkpoint;
mod command;
mod core;
mod f1;
mod growth;
mod handwritten;
mod history;
mod in_memory;
mod input;
mod kafka;
mod library;
mod log;
mod postgres;
mod random;
mod restore;
mod run;
mod sample;
mod side_by_side;
mod snapshots;
mod workers;

use input::Input;

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let wanted =
        |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    // `cargo test` runs the benches too, to check that they work; a small input suffices there.
    let events = if std::env::args().any(|word| word == "--bench") {
        2_000_000
    } else {
        2_000
    };
    match words.first().map(String::as_str) {
        // One side alone, for a profiler: `valgrind --tool=callgrind .. profile-ours`, or
        // `profile-core 5 1`.
        Some("profile-hand") => _ = handwritten::run(Input::new(200_000).path()),
        Some("profile-ours") => _ = library::run(Input::new(200_000).path()),
        Some("profile-two") => _ = library::run_by(workers::TWO, Input::new(200_000).path()),
        // The arguments are the bound in seconds and the number of runs.
        Some("profile-core") => {
            let number = |index: usize| words.get(index).unwrap().parse::<u32>().unwrap();
            core::profile(number(2), number(1));
        }
        Some("profile-loop") => {
            let input = Input::new(2_000_000);
            for _ in 0..5 {
                library::run(input.path());
            }
        }
        Some("one-keys" | "one-rules") => growth::child_main(&words),
        Some("one-checkpoint") => checkpoint::child_main(&words),
        _ => {
            if wanted("f1") {
                f1::run(events);
                workers::run(events);
            }
            if wanted("command") {
                command::run(events);
            }
            if wanted("core") {
                core::run(events as usize);
            }
            if wanted("keys") {
                growth::keys(events as usize);
            }
            if wanted("rules") {
                growth::rules(events as usize);
            }
            if wanted("checkpoint") {
                checkpoint::checkpoint();
            }
            if wanted("snapshots") {
                snapshots::every(events as usize);
            }
            if wanted("history") {
                history::run(events as usize * 5);
            }
            if wanted("postgres") {
                postgres::run(events as usize / 2);
            }
            if wanted("kafka") {
                kafka::run(events / 2);
            }
            if wanted("kafka-store") {
                kafka::store::run(events / 4);
            }
            if wanted("log") {
                log::run(events / 8);
            }
            if wanted("restore") {
                restore::run(events as usize / 2);
            }
            if wanted("panics") {
                snapshots::isolation(events as usize);
            }
        }
    }
}
