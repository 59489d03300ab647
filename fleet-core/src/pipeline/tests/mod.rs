//! Tests of whole pipelines: single cases, properties over random runs, and a simulation.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "made-up rows are small numbers"
)]

mod arrival;
mod cases;
mod claims;
mod crashes;
mod fencing;
mod hand;
mod handover;
mod keys;
mod late;
mod limits;
mod live;
mod model;
mod overlap;
mod panics;
mod pause;
mod resume;
mod row_keys;
mod saving;
mod simulation;
mod snapshots;
mod stop;
mod structure;
mod time;
mod timers;
mod workers;
mod zip;

use crate::{
    contracts::{Decode, source::Batch},
    data::Result,
    engine::task::{Inline, Plan, Round, Task},
    event::Event,
};

/// Takes one batch through one task, without a driver.
fn take<E: Event, P: Send>(
    task: &mut Task<E>,
    plan: &Plan<E>,
    decode: &impl Decode<P, Event = E>,
    batch: Batch<P>,
) -> Result<()> {
    Round::new().run(vec![(task, vec![batch])], plan, decode, &Inline)
}
