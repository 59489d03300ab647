//! The engine: plain state machines without clock, thread or I/O.

pub(crate) mod committer;
pub(crate) mod entries;
pub mod graph;
pub(crate) mod order;
pub(crate) mod outlet;
pub(crate) mod task;
