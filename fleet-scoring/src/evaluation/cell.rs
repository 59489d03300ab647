//! The result of one cell of recordings.

use fleet_core::event::AlertKind;

use super::{
    Counts,
    estimate::{Estimate, Share},
};

/// What a detector is worth in one cell of recordings, for one kind of event.
#[derive(Clone, Debug, PartialEq)]
pub struct CellResult {
    /// The kind of event.
    pub kind: AlertKind,
    /// The words of the cell, one for each dimension; none for the sum over all cells.
    pub cell: Vec<String>,
    /// Recordings in the cell.
    pub recordings: usize,
    /// Recordings for which the detector said that they do not support this kind. They count for
    /// nothing else here.
    pub unavailable: usize,
    /// Hours of the recordings that do.
    pub hours: f64,
    /// Found, missed and false events.
    pub counts: Counts,
    /// The share of findings that are right.
    pub precision: Option<Estimate>,
    /// The share of labels that were found.
    pub recall: Option<Estimate>,
    /// The harmonic mean of both.
    pub f1: Option<Estimate>,
}

impl CellResult {
    pub(crate) fn new(
        kind: AlertKind,
        cell: Vec<String>,
        units: &[Counts],
        judged: usize,
        recordings: usize,
        hours: f64,
    ) -> Self {
        let mut counts = Counts::default();
        for unit in units {
            counts.add(unit);
        }
        Self {
            kind,
            cell,
            recordings,
            unavailable: recordings - judged,
            hours,
            counts,
            precision: Share::Precision.estimate(units),
            recall: Share::Recall.estimate(units),
            f1: Share::F1.estimate(units),
        }
    }

    /// False findings in an hour; `None` if nothing was judged.
    pub fn false_per_hour(&self) -> Option<f64> {
        (self.hours > 0.0).then(|| self.counts.wrong as f64 / self.hours)
    }
}
