//! What goes wrong, decided in one place for every part of a pipeline.

mod fault;
mod plan;
mod sink;
mod source;
mod store;

pub use fault::{Fault, Operation};
pub use plan::Faults;
pub use sink::FaultySink;
pub use source::FaultySource;
pub use store::FaultyStore;
