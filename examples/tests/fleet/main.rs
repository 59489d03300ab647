//! The `fleet` command as a process: recordings, bad input, kills, sinks, exit codes.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "test helpers panic on failure and print what they measured"
)]

mod bad_lines;
mod demo;
mod kills;
mod lateness;
mod recordings;
mod score;
mod seed_cases;
mod simulate;
mod sinks;
mod support;
mod usage;
mod workers;
