//! Commands that run the workspace's code: tests, benchmarks, long counts and examples.

pub(crate) mod bench;
pub(crate) mod command;
pub(crate) mod example;
mod failures;
mod recordings;
mod seeds;
mod skipped;
pub(crate) mod soak;
