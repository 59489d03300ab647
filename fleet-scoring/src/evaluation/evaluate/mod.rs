//! Runs a detector over labelled recordings and sums up by cell.

use std::collections::BTreeMap;

use fleet_core::event::AlertKind;

use super::{CellResult, Counts, Detector, Estimate, Labelled, Style, Verdict, compare, rank_auc};

/// What a detector is worth on a set of recordings: [`evaluate`] makes it.
///
/// Its `Display` is a table with a row for each cell and kind, then the worst cell of each kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// A result for each cell and kind, sorted by kind, then by cell.
    pub cells: Vec<CellResult>,
    /// A result for each kind over all cells. A fleet has no mean vehicle: report the worst cell.
    pub overall: Vec<CellResult>,
    /// How well the harshness ranks trips, over all cells.
    pub auc: Option<Estimate>,
    /// The same in each cell that has trips of both styles.
    pub auc_by_cell: Vec<(Vec<String>, Estimate)>,
}

/// With fewer recordings than this the bootstrap resamples minutes of them. Our choice: resamples
/// of a handful of recordings repeat each other.
const ENOUGH_RECORDINGS: usize = 10;
const BLOCK_S: f64 = 60.0;

/// What one recording showed of one kind.
struct Outcome {
    verdicts: Option<Vec<(f64, Verdict)>>,
    duration_s: f64,
}

/// One kind of event, with what the recordings of each cell showed of it.
struct Kind {
    kind: AlertKind,
    cells: BTreeMap<Vec<String>, Vec<Outcome>>,
}

/// Runs the detector over each recording.
///
/// Recordings are taken one by one and dropped, so a set may be larger than memory.
///
/// # Examples
/// A detector that finds nothing misses every label:
/// ```
/// use fleet_core::event::AlertKind::HarshBrake;
/// use fleet_scoring::{
///     drives::DriveSet,
///     evaluation::{Findings, evaluate},
/// };
/// let drives = DriveSet::development().with_drives_per_cell(2).with_seconds(120.0);
/// let drives = drives.with_rates(&[50.0]);
/// let nothing = |_: &_| Findings::default();
/// let result = evaluate(&nothing, drives.drives().map(|options| options.drive().labelled));
/// assert!(result.worst(&HarshBrake).is_some_and(|cell| cell.counts.found == 0));
/// ```
pub fn evaluate(
    detector: &(impl Detector + ?Sized),
    recordings: impl IntoIterator<Item = Labelled>,
) -> Evaluation {
    let mut kinds = BTreeMap::<String, Kind>::new();
    let mut trips = BTreeMap::<Vec<String>, Vec<(f64, Style)>>::new();
    for labelled in recordings {
        let findings = detector.detect(&labelled.recording);
        for kind in &labelled.kinds {
            let available = !findings.unavailable.contains(kind);
            let compared = || compare(kind, &labelled.labels, &findings.events);
            let outcome = Outcome {
                verdicts: available.then(compared),
                duration_s: labelled.recording.duration_s(),
            };
            let known = kinds
                .entry(kind.as_word().to_owned())
                .or_insert_with(|| Kind {
                    kind: *kind,
                    cells: BTreeMap::new(),
                });
            let cell = known.cells.entry(labelled.cell.clone()).or_default();
            cell.push(outcome);
        }
        if let Some((harshness, style)) = findings.harshness.zip(labelled.style) {
            let cell = trips.entry(labelled.cell).or_default();
            cell.push((harshness, style));
        }
    }
    let all_trips: Vec<_> = trips.values().flatten().copied().collect();
    Evaluation {
        cells: kinds.values().flat_map(Kind::by_cell).collect(),
        overall: kinds.values().map(Kind::overall).collect(),
        auc: rank_auc(&all_trips),
        auc_by_cell: trips
            .iter()
            .filter_map(|(cell, trips)| Some((cell.clone(), rank_auc(trips)?)))
            .collect(),
    }
}

impl Kind {
    fn by_cell(&self) -> Vec<CellResult> {
        let cells = self.cells.iter();
        let results = cells.map(|(cell, outcomes)| {
            let outcomes: Vec<_> = outcomes.iter().collect();
            result(self.kind, cell.clone(), &outcomes)
        });
        results.collect()
    }

    fn overall(&self) -> CellResult {
        let outcomes: Vec<_> = self.cells.values().flatten().collect();
        result(self.kind, Vec::new(), &outcomes)
    }
}

impl Evaluation {
    /// The cell with the lowest F1 of a kind, and of equal ones the one that is least certain.
    /// `None` if no cell has an F1.
    pub fn worst(&self, kind: &AlertKind) -> Option<&CellResult> {
        let of_kind = self.cells.iter().filter(|cell| cell.kind == *kind);
        let known = of_kind.filter_map(|cell| Some((cell.f1?, cell)));
        let worst = known.min_by(|(one, _), (other, _)| {
            let by_value = one.value.total_cmp(&other.value);
            by_value.then(one.low.total_cmp(&other.low))
        });
        worst.map(|(_, cell)| cell)
    }

    /// The cell whose trips are ranked worst.
    pub fn worst_auc(&self) -> Option<&(Vec<String>, Estimate)> {
        let by_value =
            |one: &&(_, Estimate), other: &&(_, Estimate)| one.1.value.total_cmp(&other.1.value);
        self.auc_by_cell.iter().min_by(by_value)
    }
}

fn result(kind: AlertKind, cell: Vec<String>, outcomes: &[&Outcome]) -> CellResult {
    let judged: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| Some((outcome.verdicts.as_deref()?, outcome.duration_s)))
        .collect();
    let units: Vec<Counts> = if judged.len() >= ENOUGH_RECORDINGS {
        let whole = judged
            .iter()
            .map(|(verdicts, _)| Counts::of(said(verdicts)));
        whole.collect()
    } else {
        let parts = judged.iter();
        parts
            .flat_map(|(verdicts, seconds)| blocks(verdicts, *seconds))
            .collect()
    };
    let seconds: f64 = judged.iter().map(|(_, seconds)| seconds).sum();
    CellResult::new(
        kind,
        cell,
        &units,
        judged.len(),
        outcomes.len(),
        seconds / 3600.0,
    )
}

fn said(verdicts: &[(f64, Verdict)]) -> impl Iterator<Item = Verdict> + '_ {
    verdicts.iter().map(|(_, verdict)| *verdict)
}

/// The counts of each block of a recording. An event belongs to the block in which it starts.
fn blocks(verdicts: &[(f64, Verdict)], seconds: f64) -> Vec<Counts> {
    let mut start = 0.0;
    let mut blocks = Vec::new();
    while start <= seconds {
        let end = start + BLOCK_S;
        // Events before the first sample and after the last belong to the outermost blocks.
        let from = if start > 0.0 {
            start
        } else {
            f64::NEG_INFINITY
        };
        let to = if end <= seconds { end } else { f64::INFINITY };
        let within = verdicts.iter().filter(|(at, _)| (from..to).contains(at));
        blocks.push(Counts::of(within.map(|(_, verdict)| *verdict)));
        start = end;
    }
    blocks
}

#[cfg(test)]
mod tests;
