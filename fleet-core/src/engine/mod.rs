//! The engine: plain state machines that use no clock, no threads and no I/O.

pub(crate) mod committer;
pub(crate) mod entries;
pub mod graph;
pub(crate) mod order;
pub(crate) mod outlet;
pub(crate) mod task;
