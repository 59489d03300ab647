//! Fault injection for source, sinks and store, decided by one shared plan.

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
