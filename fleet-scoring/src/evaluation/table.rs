//! The table of an evaluation, for people.

use std::fmt;

use super::{CellResult, Estimate, Evaluation};

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |cell: &[String]| cell.join(" ");
        let cells = self.cells.iter();
        let width = cells.map(|cell| name(&cell.cell).len()).max().unwrap_or(0);
        let width = width.max("all cells".len());
        writeln!(
            f,
            "{:<13} {:<width$} {:>5} {:>6} {:>6} {:>6} {:>7}  {:<22}{:<22}F1 (95 %)",
            "kind", "cell", "files", "found", "missed", "false", "false/h", "precision", "recall"
        )?;
        for row in &self.cells {
            line(f, row, &name(&row.cell), width)?;
        }
        for row in &self.overall {
            line(f, row, "all cells", width)?;
            if let Some(worst) = self.worst(&row.kind) {
                let cell = format!("worst: {}", name(&worst.cell));
                line(f, worst, &cell, width)?;
            }
        }
        if let Some(auc) = &self.auc {
            writeln!(f, "AUC of trips: {auc} over all cells")?;
        }
        if let Some((cell, auc)) = self.worst_auc() {
            writeln!(f, "AUC of trips: {auc} in the worst cell, {}", name(cell))?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, row: &CellResult, cell: &str, width: usize) -> fmt::Result {
    let kind = row.kind.as_word();
    let judged = row.recordings - row.unavailable;
    if judged == 0 {
        return writeln!(
            f,
            "{kind:<13} {cell:<width$} unavailable in {}",
            row.recordings
        );
    }
    let shown = |estimate: Option<Estimate>| {
        estimate.map_or_else(|| "-".to_owned(), |estimate| estimate.to_string())
    };
    let counts = &row.counts;
    writeln!(
        f,
        "{kind:<13} {cell:<width$} {judged:>5} {:>6} {:>6} {:>6} {:>7.1}  {:<22}{:<22}{}",
        counts.found,
        counts.missed,
        counts.wrong,
        row.false_per_hour().unwrap_or(0.0),
        shown(row.precision),
        shown(row.recall),
        shown(row.f1),
    )
}
