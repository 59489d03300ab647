//! The traits that users implement, and the values that they exchange with the engine.

pub(crate) mod box_store;
pub mod checkpoint;
pub(crate) mod dead_letter;
pub mod decode;
mod fates;
pub(crate) mod memory;
pub mod operator;
mod resume;
pub mod sink;
pub mod source;

pub use box_store::{BoxStore, BoxTx};
pub use decode::Decode;
pub use memory::{MemoryStore, MemoryTable, MemoryTx};
pub use operator::Operator;
pub use source::Source;
