#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "made-up rows are small numbers"
)]

mod cases;
mod keys;
mod model;
mod panics;
mod property;
mod snapshots;
mod time;
mod workers;
