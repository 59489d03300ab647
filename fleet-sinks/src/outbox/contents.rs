//! Which part of a store a backlog is.

use std::time::Duration;

use fleet_core::Result;

use super::topic_name::{topic_name_refusal, unusable};

/// How long relayed messages are remembered. Our choice: as long as a topic keeps its records by
/// default (`log.retention.hours`), because a reader knows the ids of no older ones.
const KEEP: Duration = Duration::from_secs(7 * 24 * 3600);

/// What a backlog holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Contents {
    /// The messages of the outbox. Relayed ones are deleted after this time.
    Outbox {
        /// By the clock of the store.
        keep: Duration,
    },
    /// Dead letters, for this topic.
    DeadLetters {
        /// The dead-letter topic.
        topic: String,
    },
}

impl Contents {
    pub(crate) fn outbox() -> Self {
        Self::Outbox { keep: KEEP }
    }

    /// Refuses a topic that no broker can have.
    pub(crate) fn dead_letters(topic: &str) -> Result<Self> {
        if let Some(why) = topic_name_refusal(topic) {
            return Err(unusable(topic, why));
        }
        let topic = topic.to_owned();
        Ok(Self::DeadLetters { topic })
    }

    /// The name by which stores tell backlogs apart. Stores hold it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Outbox { .. } => "outbox",
            Self::DeadLetters { .. } => "dead_letters",
        }
    }

    /// Sets how long relayed messages are remembered; without effect for dead letters, which stay.
    pub(crate) fn keep_for(&mut self, time: Duration) {
        if let Self::Outbox { keep } = self {
            *keep = time;
        }
    }
}
