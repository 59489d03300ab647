use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use crate::{
    contracts::checkpoint::{Counts, Tallies},
    data::{Offset, Partition},
    engine::{committer::Step, task::KEYS_TALLY},
    pipeline::Ending,
};

/// How a pipeline is, and how far.
///
/// # Examples
/// See [`Pipeline::watch`](crate::Pipeline::watch).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Health {
    /// What it does.
    pub phase: Phase,
    /// The steps that fail at the moment and are tried again.
    pub troubles: BTreeMap<Stage, Trouble>,
    /// Results that wait for the next commit, rows.
    pub waiting_rows: usize,
    /// What waits for the next commit, bytes: those rows by the size of their type, and dead letters.
    pub waiting_bytes: usize,
    /// Commits that landed in this run.
    pub commits: u64,
    /// When the last of them landed.
    pub last_commit: Option<Instant>,
    /// The partitions that this process has, or had until the run ended.
    pub partitions: BTreeMap<Partition, PartitionHealth>,
}

/// How far one partition is.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PartitionHealth {
    /// Where a restart goes on; `None` before the first commit.
    pub committed: Option<Offset>,
    /// Up to where records were read and computed.
    pub computed: Offset,
    /// Records up to there, since the first.
    pub read: u64,
    /// The end of the input as it is now, where the [source knows it](crate::Source::end).
    pub end: Option<Offset>,
    /// Fates of all records, as committed.
    pub counts: Counts,
    /// Totals by name, as committed.
    pub tallies: Tallies,
}

/// What a pipeline does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// It has no partition yet.
    #[default]
    Starting,
    /// It reads, computes and commits.
    Running,
    /// It was asked to stop and commits what was computed.
    Stopping,
    /// It is done.
    Ended(Ending),
    /// It could not go on, for this reason. What was committed stays.
    Failed(String),
    /// Its future was dropped before it was done.
    Dropped,
}

/// A step that waits for something outside, and is tried again when that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Asking the source for records.
    Read,
    /// Claiming a partition.
    Claim,
    /// Starting a partition at its place.
    Start,
    /// Writing to a plain sink.
    Publish,
    /// Opening a transaction.
    Begin,
    /// Writing to a sink of the store.
    Store,
    /// Committing, or asking whether a commit landed.
    Commit,
    /// Telling the source how far results are durable.
    Acknowledge,
}

/// A fault that may pass.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trouble {
    /// Who fails, such as "sink `alerts`".
    pub who: String,
    /// What went wrong.
    pub error: String,
    /// How often in a row.
    pub times: u32,
    /// The pause before the next try.
    pub pause: Duration,
}

impl Health {
    /// Whether it does its work: it is neither in trouble nor failed.
    pub fn is_well(&self) -> bool {
        let failed = matches!(self.phase, Phase::Failed(_) | Phase::Dropped);
        !failed && self.troubles.is_empty()
    }

    /// Records that were read since the first, committed or not.
    pub fn read(&self) -> u64 {
        self.partitions.values().map(|known| known.read).sum()
    }

    /// Fates of all records, as committed.
    ///
    /// # Guarantees
    /// They balance.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for partition in self.partitions.values() {
            counts += partition.counts;
        }
        counts
    }

    /// The total of one word of a group over all partitions, as committed.
    pub fn tally(&self, group: &str, word: &str) -> u64 {
        let name = format!("{group}.{word}");
        let each = self.partitions.values();
        each.filter_map(|partition| partition.tallies.get(&name))
            .sum()
    }

    /// How much input is not committed yet, in offsets of the source; unknown as soon as the end of one
    /// partition is.
    pub fn lag(&self) -> Option<u64> {
        self.partitions.values().map(PartitionHealth::lag).sum()
    }
}

impl PartitionHealth {
    /// How much input is not committed yet, in offsets of the source; unknown where the end is.
    pub fn lag(&self) -> Option<u64> {
        let committed = self.committed.unwrap_or_default();
        self.end.map(|end| end.0.saturating_sub(committed.0))
    }

    /// How many keys were seen, as committed.
    pub fn keys(&self) -> u64 {
        self.tallies.get(KEYS_TALLY).copied().unwrap_or(0)
    }
}

impl Stage {
    /// Its name in metrics and traces.
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

    /// Whether it is over once a commit has landed and the source has heard of it.
    pub(super) fn is_of_a_commit(self) -> bool {
        matches!(
            self,
            Self::Publish | Self::Begin | Self::Store | Self::Commit | Self::Acknowledge
        )
    }
}

impl From<Step> for Stage {
    fn from(step: Step) -> Self {
        match step {
            Step::Publish { .. } => Self::Publish,
            Step::Begin => Self::Begin,
            Step::Store { .. } => Self::Store,
            Step::Commit | Step::Ask { .. } | Step::Finished => Self::Commit,
        }
    }
}
