#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "made-up rows are small numbers"
)]

mod arrival;
mod cases;
mod model;
mod simulation;
mod time;
mod workers;
