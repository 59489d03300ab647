//! The report of a run: how it ended, and totals over all runs.

use std::collections::BTreeMap;

use crate::{
    contracts::checkpoint::{Claim, Counts, Sealed, Tallies},
    data::{EventTime, Mark, Offset, Partition},
    engine::task::KEYS_TALLY,
};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The input has ended, and everything is committed.
    Complete,
    /// The input had ended in an earlier run, and nothing was read.
    AlreadyComplete,
    /// The source closed, and its input has not ended. The next run goes on from here.
    Closed,
    /// The run was stopped. The next run resumes from here.
    Stopped,
}

impl Ending {
    /// Returns its name in traces.
    pub fn as_word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::AlreadyComplete => "already complete",
            Self::Closed => "closed",
            Self::Stopped => "stopped",
        }
    }
}

/// The outcome of a run. Totals are over all runs, for the partitions that this run owned.
///
/// # Guarantees
/// `counts` [balance](Counts::balances), and so does each sink: given = written + dead-lettered.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// How the run ended.
    pub ending: Ending,
    /// The number of records that this run read. The other numbers are totals over all runs.
    pub read_now: u64,
    /// Counts of all records by fate.
    pub counts: Counts,
    /// The number of keys seen.
    pub keys: u64,
    /// Totals by name.
    pub tallies: Tallies,
    /// The offset at which each partition resumes.
    pub positions: BTreeMap<Partition, Offset>,
    /// The source's notes at these offsets, for the partitions that have one.
    pub marks: BTreeMap<Partition, Mark>,
    /// The number of batches of partitions that were not started here. The source broke its
    /// contract; whoever owns the partition reads their records again.
    pub unowned_batches: u64,
    /// The number of rows that wait in the order buffer for a newer row of their key. They are
    /// part of the state, and the next run goes on with them. 0 when the input has ended.
    pub held_rows: usize,
    /// The time of the oldest of them.
    pub oldest_held: Option<EventTime>,
}

impl Report {
    /// Returns the total of one word of a group, or 0 if it never occurred.
    pub fn tally(&self, group: &str, word: &str) -> u64 {
        self.tallies
            .get(&format!("{group}.{word}"))
            .copied()
            .unwrap_or(0)
    }

    /// Returns the words of a group and their totals.
    pub fn group<'a>(&'a self, group: &str) -> impl Iterator<Item = (&'a str, u64)> {
        let prefix = format!("{group}.");
        self.tallies
            .iter()
            .filter_map(move |(name, count)| Some((name.strip_prefix(&prefix)?, *count)))
    }

    /// Returns whether every record, and every row of every sink, is accounted for.
    pub fn balances(&self) -> bool {
        let sinks = self.tallies.iter().filter_map(|(name, given)| {
            Some((name.strip_prefix("sink.")?.strip_suffix(".given")?, *given))
        });
        let mut sinks = sinks.map(|(sink, given)| {
            let group = format!("sink.{sink}");
            given == self.tally(&group, "written") + self.tally(&group, "dead_lettered")
        });
        self.counts.balances() && sinks.all(|balances| balances)
    }
}

/// The committed progress of each partition, as the driver knows it.
#[derive(Debug, Default)]
pub(super) struct Ledger(BTreeMap<Partition, Entry>);

#[derive(Debug)]
struct Entry {
    token: u64,
    next: Offset,
    mark: Option<Mark>,
    counts: Counts,
    tallies: Tallies,
}

impl Ledger {
    /// Returns whether a partition was started in this run.
    pub(super) fn knows(&self, partition: &Partition) -> bool {
        self.0.contains_key(partition)
    }

    pub(super) fn claimed(&mut self, partition: &Partition, claim: &Claim, mark: Option<Mark>) {
        let entry = Entry {
            token: claim.token,
            next: claim.next.unwrap_or_default(),
            mark,
            counts: claim.counts,
            tallies: claim.tallies.clone(),
        };
        self.0.insert(partition.clone(), entry);
    }

    /// Records a commit. One under an earlier claim is part of what the later one found.
    pub(super) fn committed(&mut self, sealed: Sealed) {
        let known = self.0.get(&sealed.partition);
        if known.is_some_and(|known| known.token > sealed.token) {
            return;
        }
        let entry = Entry {
            token: sealed.token,
            next: sealed.next,
            mark: sealed.mark,
            counts: sealed.counts,
            tallies: sealed.tallies,
        };
        self.0.insert(sealed.partition, entry);
    }

    pub(super) fn report(&self, ending: Ending, read_now: u64) -> Report {
        let mut report = Report {
            ending,
            read_now,
            counts: Counts::default(),
            keys: 0,
            tallies: Tallies::new(),
            positions: BTreeMap::new(),
            marks: BTreeMap::new(),
            unowned_batches: 0,
            held_rows: 0,
            oldest_held: None,
        };
        for (partition, entry) in &self.0 {
            report.counts += entry.counts;
            for (name, count) in &entry.tallies {
                *report.tallies.entry(name.clone()).or_default() += count;
            }
            report.positions.insert(partition.clone(), entry.next);
            let mark = entry.mark.clone();
            report
                .marks
                .extend(mark.map(|mark| (partition.clone(), mark)));
        }
        report.keys = report.tallies.remove(KEYS_TALLY).unwrap_or(0);
        report
    }
}
