//! What a store reports about a pipeline: the same types for every kind of store.

use std::{collections::BTreeMap, io::Write};

use fleet_core::{
    Error, ErrorKind, Partition, Result,
    checkpoint::{Counts, DeadLetter, Tallies},
};

/// How many classes of dead letters a summary lists. Our choice: what fits on a screen.
pub(crate) const CLASSES: u32 = 10;

/// What a store holds of one pipeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreSummary {
    /// The name of the pipeline.
    pub pipeline: String,
    /// The number of partitions that were ever claimed.
    pub partitions: u64,
    /// Whether there is at least one partition, and all have reached the end of their input.
    pub ended: bool,
    /// What happened to the records, over all partitions.
    pub counts: Counts,
    /// Totals by name, over all partitions.
    pub tallies: Tallies,
    /// The number of dead letters: records that could not be read and rows that a sink refused.
    pub dead_letters: u64,
    /// The ten most frequent reasons for dead letters, the most frequent first.
    pub refused: Vec<RefusalClass>,
    /// The number of rows in each result table, including those of other pipelines.
    pub tables: BTreeMap<String, u64>,
}

/// Dead letters that the same step refused for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalClass {
    /// The step that refused them: `decode`, or the name of a sink.
    pub step: String,
    /// The reason that was given.
    pub reason: String,
    /// The number of dead letters.
    pub count: u64,
}

/// A dead letter and the partition it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDeadLetter {
    /// The partition.
    pub partition: Partition,
    /// The dead letter.
    pub letter: DeadLetter,
}

/// The result of an export of dead letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// The number of records that were written.
    pub written: u64,
    /// The number of records that were left out because the store holds only their beginning. Read
    /// them from the input, at their offset.
    pub cut: u64,
}

impl Exported {
    /// Writes one record as a line, if it is `whole`.
    pub(crate) fn record(&mut self, raw: &[u8], whole: bool, to: &mut dyn Write) -> Result<()> {
        if !whole {
            self.cut += 1;
            return Ok(());
        }
        to.write_all(raw).map_err(|cause| unwritten(&cause))?;
        if !raw.ends_with(b"\n") {
            to.write_all(b"\n").map_err(|cause| unwritten(&cause))?;
        }
        self.written += 1;
        Ok(())
    }

    /// Flushes the output.
    pub(crate) fn finish(self, to: &mut dyn Write) -> Result<Self> {
        to.flush().map_err(|cause| unwritten(&cause))?;
        Ok(self)
    }
}

fn unwritten(cause: &std::io::Error) -> Error {
    Error::new(
        ErrorKind::Sink,
        format!("cannot export dead letters: {cause}"),
    )
}
