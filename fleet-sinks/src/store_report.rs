//! What a store holds of a pipeline, for people to look at: the same words whichever store it is.

use std::{collections::BTreeMap, io::Write};

use fleet_core::{
    Error, ErrorKind, Partition, Result,
    checkpoint::{Counts, DeadLetter, Tallies},
};

/// How many classes of dead letters a summary names. Our choice: what fits on a screen.
pub(crate) const CLASSES: u32 = 10;

/// What a store holds of one pipeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreSummary {
    /// The pipeline.
    pub pipeline: String,
    /// How many partitions were ever claimed.
    pub partitions: u64,
    /// Whether there is a partition and every one has ended.
    pub ended: bool,
    /// Fates of all records.
    pub counts: Counts,
    /// Totals by name, over all partitions.
    pub tallies: Tallies,
    /// How many dead letters there are: of records and of rows that a sink refused.
    pub dead_letters: u64,
    /// Why, the ten most frequent first.
    pub refused: Vec<RefusalClass>,
    /// Rows of each result table, those of other pipelines included.
    pub tables: BTreeMap<String, u64>,
}

/// Dead letters that the same step refused for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalClass {
    /// The step that refused them: `decode`, or the name of a sink.
    pub step: String,
    /// Why.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// A dead letter, with the partition it lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDeadLetter {
    /// Whose record.
    pub partition: Partition,
    /// What was refused, where and why.
    pub letter: DeadLetter,
}

/// What an export of dead letters wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Records that were written.
    pub written: u64,
    /// Records of which the store kept only the beginning, and which were left out: they must be taken
    /// from the input, at their offset.
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

    /// The end of the export.
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
