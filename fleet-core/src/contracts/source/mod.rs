//! The contract of a source, which reads records from the outside world, and what helps to
//! implement one.

mod chunk;
mod contract;
mod forward;
mod membership;
mod one_partition;

pub use chunk::Chunk;
pub use contract::{
    Batch, Queue, Replayable, RevokeGuard, SingleReader, Source, SourceEvent, SourceKind,
};
pub use membership::{Assigned, Membership};
pub use one_partition::OnePartition;

pub use crate::data::{InputOffset, Mark, Offset, Partition, Position};
