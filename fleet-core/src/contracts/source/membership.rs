//! What a store needs to know of a consumer group, if it commits under the fence of the group.

use std::{any::Any, fmt, sync::Arc, time::Duration};

use crate::data::{Offset, Partition, Result};

/// The membership of a process in a consumer group, which a source offers to a store.
///
/// Other stores fence by a token of their own. A store that lives in the same broker as the input
/// has none: the broker refuses commits that carry an assignment which is over. So the store asks
/// for the assignment of each partition that it commits.
///
/// # Guarantees
/// An implementation guarantees:
/// - What it returns for a partition was taken when the group gave it to this process, and renewed
///   by each rebalance that left it here. It never asks the group at the time of a commit: a broker
///   takes a commit of any live member, also for a partition that it lost.
/// - A partition that was lost, and came back, has another [number](Assigned::number).
/// - Once it was handed to a store, the source leaves the positions of the group alone.
pub trait Membership: fmt::Debug + Send + Sync + 'static {
    /// The name of the group.
    fn group(&self) -> &str;

    /// The name that this member keeps over restarts, if it has one.
    fn instance(&self) -> Option<&str>;

    /// After how long without a sign of life the group gives the partitions of this member away.
    fn session_timeout(&self) -> Duration;

    /// The id of the cluster that holds the group. May block.
    ///
    /// # Errors
    /// If no broker answers in time.
    fn cluster(&self) -> Result<String>;

    /// The assignment of a partition, or `None` if it is not, or no longer, with this process.
    fn assigned(&self, partition: &Partition) -> Option<Assigned>;

    /// The position that the group keeps of a partition; `None` if it keeps none, or only where
    /// the partition began. Waits for transactions that may still change it. May block.
    ///
    /// # Errors
    /// If no broker answers in time.
    fn position(&self, partition: &Partition) -> Result<Option<Offset>>;
}

/// The assignment of a partition to this process.
#[derive(Clone)]
pub struct Assigned {
    /// Counts the assignments of this process: another number is another assignment.
    pub number: u64,
    /// The topic of the partition.
    pub topic: Arc<str>,
    /// The number of the partition in its topic.
    pub partition: i32,
    /// What the group keeps beside the position.
    pub note: String,
    /// What the broker checks, as its client wants it.
    pub fence: Arc<dyn Any + Send + Sync>,
}

impl fmt::Debug for Assigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assigned")
            .field("number", &self.number)
            .field("topic", &self.topic)
            .field("partition", &self.partition)
            .finish_non_exhaustive()
    }
}
