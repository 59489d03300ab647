//! Tools for testing pipelines, operators, sources, sinks and stores.
//!
//! | to | use |
//! |---|---|
//! | drive a graph or an operator by hand | [`Harness`] |
//! | feed a pipeline | [`Scripted`] over [`Log`]s |
//! | see the results | [`Recording`], or a table of a [`MemoryStore`](crate::MemoryStore) |
//! | inject faults and crashes | [`Faults`] in [`FaultySource`], [`FaultySink`], [`FaultyStore`] |
//! | reject rows | [`Rejecting`] |
//! | inject network faults before a real server | [`FaultyLink`] |
//! | check your own operator, source, sink or store | [`conformance`] |

pub mod conformance;
mod faults;
mod harness;
mod link;
mod log;
mod scripted;
mod sinks;
#[cfg(test)]
mod tests;

pub use faults::{Fault, Faults, FaultySink, FaultySource, FaultyStore, Operation};
pub use harness::{Harness, Snapshot};
pub use link::{Cut, FaultyLink};
pub use log::{Log, Logged};
#[cfg(test)]
pub(crate) use scripted::STRAY;
pub use scripted::{Script, Scripted};
pub use sinks::{Recording, Rejecting};
