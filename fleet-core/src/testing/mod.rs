//! The kit for testing pipelines: parts that do what a test says.
//!
//! | to | take |
//! |---|---|
//! | drive a graph or an operator by hand | [`Harness`] |
//! | feed a pipeline | [`Scripted`] over [`Log`]s |
//! | see what comes out | [`Recording`], or a table of a [`MemoryStore`](crate::MemoryStore) |
//! | let anything fail or die | [`Faults`] in [`FaultySource`], [`FaultySink`], [`FaultyStore`] |
//! | refuse rows | [`Rejecting`] |
//! | let the network to a real server fail | [`FaultyLink`] |
//! | prove an own operator, source, sink or store | [`conformance`] |

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
pub use scripted::{Script, Scripted};
pub use sinks::{Recording, Rejecting};
