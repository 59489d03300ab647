//! Whole jobs beside hand-written code on the same work.
//!
//! Both sides run in one process, one after the other, five times; the figure is the ratio of the medians.
//! Absolute times of a shared machine mean little, so only ratios are compared between machines.
#![expect(clippy::print_stdout, reason = "a bench reports to people")]
#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot run should stop at once"
)]

mod checkpoint;
mod core;
mod f1;
mod growth;
mod hand;
mod history;
mod input;
mod ours;
mod postgres;
mod random;
mod ready;
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
    // `cargo test` runs benches too, to see that they work: there a small input is enough.
    let events = if std::env::args().any(|word| word == "--bench") {
        2_000_000
    } else {
        2_000
    };
    match words.first().map(String::as_str) {
        // One side alone, for a profiler: valgrind --tool=callgrind .. profile-ours, or profile-core 5 1
        Some("profile-hand") => _ = hand::run(Input::new(200_000).path()),
        Some("profile-ours") => _ = ours::run(Input::new(200_000).path()),
        Some("profile-two") => _ = ours::run_by(workers::TWO, Input::new(200_000).path()),
        // With the bound in seconds, and how often.
        Some("profile-core") => {
            let number = |place: usize| words.get(place).unwrap().parse::<u32>().unwrap();
            core::profile(number(2), number(1));
        }
        Some("profile-loop") => {
            let input = Input::new(2_000_000);
            for _ in 0..5 {
                ours::run(input.path());
            }
        }
        Some("one-keys" | "one-rules") => growth::child_main(&words),
        Some("one-checkpoint") => checkpoint::child_main(&words),
        _ => {
            if wanted("f1") {
                f1::run(events);
                workers::run(events);
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
            if wanted("panics") {
                snapshots::isolation(events as usize);
            }
        }
    }
}
