//! Event model, contracts and engine for streams of vehicle events.
//!
//! Events of many vehicles come in from a [`Source`], pass once through a [`Graph`] of pure
//! [operators](Operator), and what comes out lands in sinks together with the position it came from, so
//! that nothing is lost and nothing counts twice.
//!
//! # Who may depend on whom
//! Lower never imports upper:
//! ```text
//! 1 data       units id time position offset error state record
//! 2 events     event dialect odometry
//! 3 contracts  row source decode operator sink checkpoint
//! 4 engine     order graph window task committer
//! 5 driver     pipeline (feature `driver`)   futures (feature `futures`)   testing (feature `testing`)
//! ```
//! The other crates of the workspace depend on this one and never on each other.

#![cfg_attr(
    not(feature = "driver"),
    expect(dead_code, reason = "tasks and committer are reached through a driver")
)]

mod contracts;
mod data;
pub mod dialect;
mod engine;
pub mod event;
#[cfg(feature = "futures")]
pub mod futures;
#[cfg(feature = "driver")]
pub mod pipeline;
mod planted;
mod rows;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
pub mod window;

pub use contracts::{
    Decode, MemoryStore, Operator, Source, checkpoint, decode, operator, sink, source,
};
pub use data::{
    ContentId, DriverId, Error, ErrorKind, EventTime, FleetId, IdError, MAX_ID_BYTES, MissionId,
    Offset, Partition, Position, Record, Result, State, TripId, VehicleId, record, state, time,
    units,
};
pub use engine::{
    graph,
    graph::{Graph, Stream},
    order::Order,
};
pub use event::{Event, odometry};
#[cfg(feature = "driver")]
pub use pipeline::Pipeline;
pub use rows::{Row, row};
