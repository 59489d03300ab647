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

pub mod checkpoint;
mod committer;
pub mod decode;
pub mod dialect;
mod error;
pub mod event;
mod events;
#[cfg(feature = "futures")]
pub mod futures;
pub mod graph;
mod id;
mod memory;
pub mod odometry;
mod offset;
pub mod operator;
mod order;
mod outlet;
#[cfg(feature = "driver")]
pub mod pipeline;
mod planted;
mod position;
pub mod record;
pub mod row;
pub mod sink;
mod slab;
pub mod source;
pub mod state;
mod task;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod time;
pub mod units;
pub mod window;

pub use decode::Decode;
pub use error::{Error, ErrorKind, Result};
pub use event::Event;
pub use graph::{Graph, Stream};
pub use id::{ContentId, DriverId, FleetId, IdError, MAX_ID_BYTES, MissionId, TripId, VehicleId};
pub use memory::MemoryStore;
pub use offset::{Offset, Partition};
pub use operator::Operator;
pub use order::Order;
#[cfg(feature = "driver")]
pub use pipeline::Pipeline;
pub use position::Position;
pub use record::Record;
pub use row::Row;
pub use source::Source;
pub use state::State;
pub use time::EventTime;
