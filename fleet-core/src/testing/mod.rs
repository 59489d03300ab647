//! The kit for testing pipelines: parts that do what a test says.
//!
//! | to | take |
//! |---|---|
//! | drive a graph or an operator by hand | [`Harness`] |
//! | feed a pipeline | [`Scripted`] over [`Log`]s |
//! | see what comes out | [`Recording`], or a table of a [`MemoryStore`](crate::MemoryStore) |
//! | let anything fail or die | [`Faults`] in [`FaultySource`], [`FaultySink`], [`FaultyStore`] |
//! | refuse rows | [`Rejecting`] |
//! | prove an own operator, source, sink or store | [`conformance`] |

pub mod conformance;
mod faults;
mod harness;
mod log;
mod scripted;
mod sinks;
#[cfg(test)]
mod tests;

pub use faults::{Fault, Faults, FaultySink, FaultySource, FaultyStore, Operation};
pub use harness::{Harness, Snapshot};
pub use log::{Log, Logged};
pub use scripted::{Script, Scripted};
pub use sinks::{Recording, Rejecting};
