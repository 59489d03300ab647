//! The dataflow graph: nodes over streams of rows, built once and run by every task.
//!
//! A [`Stream`] is a handle that can be copied: using it twice creates a branch. It can only refer
//! to what exists already, so there are no cycles, and nodes run in the order in which they were
//! added. A graph has one key, that of the partition. Results for another key leave it as sums, or
//! through a log in a store or a topic with the new key.

mod as_of;
mod builder;
mod cell;
pub(crate) mod describe;
mod flat_map;
mod keyed;
mod merge;
mod meter;
mod node;
mod resuming;
mod slots;
mod stream;

pub use builder::Graph;
pub use stream::Stream;

#[cfg(any(test, feature = "testing"))]
pub(crate) use cell::saved_state;
pub(crate) use meter::{Clock, Meter, Work};
pub(crate) use node::{At, Node, Now, Watch};
pub(crate) use slots::{Buffer, Slots};
pub(crate) use stream::is_of_late;
