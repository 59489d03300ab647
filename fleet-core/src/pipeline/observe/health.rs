//! The health of a pipeline, as [`Pipeline::watch`](crate::Pipeline::watch) reports it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    contracts::checkpoint::{Counts, Tallies},
    data::{EventTime, InputOffset, Mark, Offset, Partition},
    engine::{committer::Step, task::KEYS_TALLY},
    pipeline::Ending,
};

/// The health and progress of a pipeline.
///
/// # Examples
/// See [`Pipeline::watch`](crate::Pipeline::watch).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Health {
    /// What the pipeline is doing.
    pub phase: Phase,
    /// The operations that currently fail and are being retried.
    pub troubles: BTreeMap<RetriedOperation, Trouble>,
    /// The number of rows that wait in the order buffer for a newer row of their key.
    pub held_rows: usize,
    /// The time of the oldest of them. Looked up once a second at most.
    pub oldest_held: Option<EventTime>,
    /// The number of rows that wait for the next commit.
    pub waiting_rows: usize,
    /// The bytes that wait for the next commit: those rows, each by the size of its type, and dead
    /// letters.
    pub waiting_bytes: usize,
    /// When the oldest record that is not handed over to a commit was read.
    pub waiting_since: Option<Instant>,
    /// The number of commits of this run, counted per partition.
    pub commits: u64,
    /// When the last of them succeeded.
    pub last_commit: Option<Instant>,
    /// The partitions that this process owns, or owned when the run ended.
    pub partitions: BTreeMap<Partition, PartitionHealth>,
    /// The partitions that are being claimed and restored.
    pub restoring: BTreeMap<Partition, RestoreProgress>,
    /// How many partitions came and went in this run.
    pub rebalances: Rebalances,
    /// Since when no batch is read, because two epochs wait for the store.
    pub paused_since: Option<Instant>,
    /// How long no batch was read, over all pauses of this run that have ended.
    pub paused: Duration,
    /// The number of batches of partitions that were not started here. Anything but 0 is a fault
    /// of the source.
    pub unowned_batches: u64,
}

/// How far the state of a partition is restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RestoreProgress {
    /// The number of states that are restored.
    pub restored: usize,
    /// The number of states to restore; `None` until the store has answered the claim.
    pub of: Option<usize>,
}

/// How many partitions came to this process and left it, in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rebalances {
    /// Given to this process.
    pub assigned: u64,
    /// Handed over after a last commit.
    pub revoked: u64,
    /// Lost to another process before they could be handed over.
    pub lost: u64,
}

/// The progress of one partition.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PartitionHealth {
    /// The offset at which a restart resumes; `None` before the first commit.
    pub committed: Option<Offset>,
    /// The source's note at this offset, with the offset of each input.
    pub mark: Option<Mark>,
    /// The offset up to which records were read and computed.
    pub computed: Offset,
    /// The number of records up to there, since the first.
    pub read: u64,
    /// The current end of the input, if the [source knows it](crate::Source::end).
    pub end: Option<Offset>,
    /// How long ago the log took the oldest record that was not committed, at the last commit, if
    /// the [source knows it](crate::Source::lag_time).
    pub lag_time: Option<Duration>,
    /// The current end of each input, if the [source has several](crate::Source::ends).
    pub ends: Vec<InputOffset>,
    /// The committed counts.
    pub counts: Counts,
    /// The committed totals by name.
    pub tallies: Tallies,
}

/// What a pipeline is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// It waits for its first partition.
    #[default]
    Starting,
    /// It reads, computes and commits.
    Running,
    /// It received a stop and commits what it has computed.
    Stopping,
    /// It has ended.
    Ended(Ending),
    /// It failed, for this reason. What was committed stays committed.
    Failed(String),
    /// Its future was dropped before it ended.
    Dropped,
}

/// An operation on source, sink or store, which is retried when it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RetriedOperation {
    /// Reading from the source.
    Read,
    /// Claiming a partition.
    Claim,
    /// Starting a partition at its position.
    Start,
    /// Writing to a plain sink.
    Publish,
    /// Beginning a transaction.
    Begin,
    /// Writing to a transactional sink.
    Store,
    /// Committing, or asking whether a commit succeeded.
    Commit,
    /// Acknowledging a commit to the source.
    Acknowledge,
}

impl RetriedOperation {
    /// Names the claim or the start of a partition, for [`Trouble::who`].
    pub(in crate::pipeline) fn of(self, partition: &Partition) -> String {
        match self {
            Self::Start => format!("the start of partition {partition}"),
            _ => format!("the claim of partition {partition}"),
        }
    }
}

impl Health {
    /// Forgets the trouble of claiming and starting a partition: it is started, or elsewhere.
    pub(super) fn settle(&mut self, partition: &Partition) {
        for operation in [RetriedOperation::Claim, RetriedOperation::Start] {
            let known = self.troubles.get(&operation);
            if known.is_some_and(|trouble| trouble.who == operation.of(partition)) {
                self.troubles.remove(&operation);
            }
        }
    }
}

/// An error that is being retried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trouble {
    /// What failed, such as "sink `alerts`".
    pub who: String,
    /// The error message.
    pub error: String,
    /// The number of failures in a row.
    pub times: u32,
    /// The delay before the next attempt.
    pub pause: Duration,
}

impl Health {
    /// Returns whether the run goes on. If not, only a restart helps: for a liveness check.
    pub fn is_live(&self) -> bool {
        matches!(
            self.phase,
            Phase::Starting | Phase::Running | Phase::Stopping
        )
    }

    /// Returns whether the pipeline takes new input: it runs, and every partition that was assigned
    /// is restored. For a readiness check. A retry does not make it unready, because what arrives
    /// is kept.
    pub fn is_ready(&self) -> bool {
        self.phase == Phase::Running && self.restoring.is_empty()
    }

    /// Returns whether the pipeline works: it has not failed, and nothing is being retried. For an
    /// alert.
    pub fn is_well(&self) -> bool {
        let failed = matches!(self.phase, Phase::Failed(_) | Phase::Dropped);
        !failed && self.troubles.is_empty()
    }

    /// Returns how many records were read since the first, committed or not.
    pub fn read(&self) -> u64 {
        self.partitions.values().map(|known| known.read).sum()
    }

    /// Returns the committed counts of all partitions.
    ///
    /// # Guarantees
    /// They [balance](Counts::balances).
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for partition in self.partitions.values() {
            counts += partition.counts;
        }
        counts
    }

    /// Returns the committed total of one word of a group, over all partitions.
    pub fn tally(&self, group: &str, word: &str) -> u64 {
        let name = format!("{group}.{word}");
        let each = self.partitions.values();
        each.filter_map(|partition| partition.tallies.get(&name))
            .sum()
    }

    /// Returns how much input is not committed yet, in offsets of the source, or `None` if the end
    /// of any partition is unknown.
    pub fn lag(&self) -> Option<u64> {
        self.partitions.values().map(PartitionHealth::lag).sum()
    }
}

impl PartitionHealth {
    /// Returns how much input is not committed yet, in offsets of the source, or `None` if the end
    /// is unknown.
    pub fn lag(&self) -> Option<u64> {
        let committed = self.committed.unwrap_or_default();
        self.end.map(|end| end.0.saturating_sub(committed.0))
    }

    /// Returns how much of each input is not committed yet, in offsets of that input.
    pub fn lag_by_input(&self) -> BTreeMap<Arc<str>, u64> {
        let lag = |end: &InputOffset| {
            let mark = self.mark.as_ref();
            let committed = mark.and_then(|mark| mark.offset_in(&end.input));
            let lag = end.offset.0.saturating_sub(committed.unwrap_or_default().0);
            (Arc::clone(&end.input), lag)
        };
        self.ends.iter().map(lag).collect()
    }

    /// Returns the committed number of keys seen.
    pub fn keys(&self) -> u64 {
        self.tallies.get(KEYS_TALLY).copied().unwrap_or(0)
    }
}

impl RetriedOperation {
    /// Returns its name in metrics and traces.
    pub fn as_word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Claim => "claim",
            Self::Start => "start",
            Self::Publish => "publish",
            Self::Begin => "begin",
            Self::Store => "store",
            Self::Commit => "commit",
            Self::Acknowledge => "acknowledge",
        }
    }

    /// Returns whether it is part of a commit, so that a finished commit ends its trouble.
    pub(super) fn is_part_of_commit(self) -> bool {
        matches!(
            self,
            Self::Publish | Self::Begin | Self::Store | Self::Commit | Self::Acknowledge
        )
    }
}

impl From<Step> for RetriedOperation {
    fn from(step: Step) -> Self {
        match step {
            Step::Publish { .. } => Self::Publish,
            Step::Begin => Self::Begin,
            Step::Store { .. } => Self::Store,
            Step::Commit | Step::Ask { .. } | Step::Finished => Self::Commit,
        }
    }
}
