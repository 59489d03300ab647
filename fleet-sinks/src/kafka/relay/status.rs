//! What a relay has done, and what waits.

use std::collections::BTreeMap;

use crate::outbox::BacklogSize;

/// The outcome of a step of a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Some messages are settled.
    Settled {
        /// Those that their topic has.
        relayed: u64,
        /// Those that their topic does not take.
        refused: u64,
    },
    /// Nothing waits, or only messages for topics that failed a short time ago. They are tried
    /// again after a delay.
    Idle,
    /// Another relay is the owner.
    Standby,
}

/// What a relay has done since it was opened, and what waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelayStatus {
    /// Whether it is the owner of its backlog.
    pub owner: bool,
    /// The messages of each topic.
    pub topics: BTreeMap<String, TopicCounts>,
    /// What waits and what was refused, as it was last counted: at least each
    /// [`poll`](super::RelayOptions::poll).
    pub backlog: BacklogSize,
    /// The last error, until messages for all topics pass again.
    pub trouble: Option<String>,
}

/// The messages of one topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TopicCounts {
    /// Those that the topic has. One that was sent again after a crash counts again.
    pub relayed: u64,
    /// Those that the topic does not take.
    pub refused: u64,
}

impl RelayStatus {
    /// The messages that were relayed, over all topics.
    pub fn relayed(&self) -> u64 {
        self.topics.values().map(|topic| topic.relayed).sum()
    }

    /// The messages that were refused, over all topics.
    pub fn refused(&self) -> u64 {
        self.topics.values().map(|topic| topic.refused).sum()
    }
}
