//! Event model, contracts and engine for streams of vehicle events.
//!
//! A [`Source`] yields the events of many vehicles. They pass once through a [`Graph`] of pure
//! [operators](Operator). Sinks commit the results together with the input position they came from,
//! so no event is lost and none is counted twice.
//!
//! # Layers
//! A layer imports only from the layers above it in this list:
//! ```text
//! data        units, times, ids, positions, offsets, errors, state encoding, table columns
//! event       the canonical events of vehicles, odometry
//! rows        rows, keys and timers in memory
//! contracts   source, decoder, operator, sink, checkpoint store
//! dialect     the formats in which existing systems write events
//! engine      order buffer, graph, tasks, committer
//! window      windows and aggregates, as operators
//! pipeline    the driver (feature `driver`)
//! futures     adapters to the `futures` crates (feature `futures`)
//! testing     harness, injected faults, conformance suites (feature `testing`)
//! ```
//! The other crates of the workspace depend on this one and never on each other.

#![cfg_attr(
    not(feature = "driver"),
    expect(dead_code, reason = "only the driver uses tasks and the committer")
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
    Offset, Partition, Position, Result, State, TableRow, TripId, VehicleId, state, table, time,
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
