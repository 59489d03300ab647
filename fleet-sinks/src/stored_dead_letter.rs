//! A dead letter with its origin, as stores list it and send it.

use fleet_core::{ContentId, Partition, checkpoint::DeadLetter};

/// A dead letter and the partition it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDeadLetter {
    /// The partition.
    pub partition: Partition,
    /// Its [id](DeadLetter::id), by which it is told apart when it is sent again.
    pub id: ContentId,
    /// The dead letter.
    pub letter: DeadLetter,
}
