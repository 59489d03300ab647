#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "made-up rows are small numbers"
)]

mod arrival;
mod cases;
mod crashes;
mod hand;
mod keys;
mod model;
mod overlap;
mod panics;
mod pause;
mod saving;
mod simulation;
mod snapshots;
mod stop;
mod structure;
mod time;
mod workers;
