//! The kit for testing pipelines: sources and stores that do what a test says.

mod faulty;
mod scripted;

pub use faulty::{CommitFault, FaultyStore};
pub use scripted::{Script, Scripted};
