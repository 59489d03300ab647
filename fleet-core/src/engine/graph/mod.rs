//! What is computed: nodes over streams of rows, built once, run by every task.
//!
//! A [`Stream`] is a handle that can be copied: using it twice is a branch. It can only name what exists,
//! so there are no cycles, and the order of building is the order of running. There is one key per graph,
//! that of the partition; results for another key leave as sums or through a re-keyed topic.

mod builder;
mod cell;
pub(crate) mod describe;
mod flat_map;
mod keyed;
mod merge;
mod meter;
mod node;
mod slots;

pub use builder::{Graph, Stream};

#[cfg(any(test, feature = "testing"))]
pub(crate) use cell::saved_state;
pub(crate) use meter::{Clock, Meter, Work};
pub(crate) use node::{At, Node, Now, Watch};
pub(crate) use slots::{Buffer, Slots};
