#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "made-up rows are small numbers"
)]

mod arrival;
mod cases;
mod hand;
mod model;
mod overlap;
mod simulation;
mod stop;
mod time;
mod workers;
