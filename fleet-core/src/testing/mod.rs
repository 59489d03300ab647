//! The kit for testing pipelines: sources and stores that do what a test says.

mod scripted;

pub use scripted::{Script, Scripted};
