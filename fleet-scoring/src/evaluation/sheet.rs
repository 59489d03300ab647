//! One CSV file, row by row, with errors that name the place.

use std::{fs::File, path::Path};

use csv::{Reader, ReaderBuilder, StringRecord};
use fleet_core::{Error, ErrorKind, Result};

/// A CSV file that is being read.
pub(crate) struct Sheet {
    path: String,
    header: Vec<String>,
    rows: Reader<File>,
    row: StringRecord,
    line: u64,
}

impl Sheet {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let shown = path.display().to_string();
        let opened = ReaderBuilder::new().trim(csv::Trim::All).from_path(path);
        let unreadable = |why: csv::Error| {
            let message = format!("cannot read {shown}: {why}; check the path and the rights");
            Error::new(ErrorKind::Source, message)
        };
        let mut rows = opened.map_err(unreadable)?;
        let header = rows.headers().map_err(unreadable)?;
        let header: Vec<String> = header.iter().map(str::to_owned).collect();
        let sheet = Self {
            path: shown,
            header,
            rows,
            row: StringRecord::new(),
            line: 1,
        };
        for (number, name) in sheet.header.iter().enumerate() {
            if sheet
                .header
                .iter()
                .take(number)
                .any(|before| before == name)
            {
                let what = format!("two columns are named '{name}': rename or remove one");
                return Err(sheet.fault(&what));
            }
        }
        Ok(sheet)
    }

    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// The place of a required column.
    pub(crate) fn required(&self, name: &str) -> Result<usize> {
        self.optional(name).ok_or_else(|| {
            let there = self.header.join(", ");
            self.fault(&format!(
                "the column '{name}' is missing: add it to the header, which has {there}"
            ))
        })
    }

    pub(crate) fn optional(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }

    /// Goes to the next row; `false` after the last.
    pub(crate) fn next(&mut self) -> Result<bool> {
        let read = self.rows.read_record(&mut self.row);
        let there = read.map_err(|why| {
            let message = format!("cannot read {}: {why}; repair that row", self.path);
            Error::new(ErrorKind::Source, message)
        })?;
        if let Some(position) = self.row.position() {
            self.line = position.line();
        }
        Ok(there)
    }

    /// The text of a cell of this row; empty if it is missing.
    pub(crate) fn text(&self, column: usize) -> &str {
        self.row.get(column).unwrap_or_default()
    }

    /// The number in a cell; `None` if it is empty.
    pub(crate) fn number(&self, column: usize) -> Result<Option<f64>> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        let parsed = text.parse::<f64>().ok();
        // A reading that is NaN is a missing one, however a program wrote it.
        match parsed {
            Some(value) if value.is_nan() => Ok(None),
            Some(value) if value.is_finite() => Ok(Some(value)),
            _ => {
                let what = format!("'{text}' is not a finite number: leave a missing one empty");
                Err(self.fault_in(column, &what))
            }
        }
    }

    /// The number in a cell that must not be empty.
    pub(crate) fn required_number(&self, column: usize) -> Result<f64> {
        self.number(column)?
            .ok_or_else(|| self.fault_in(column, "the cell is empty: every row needs a number"))
    }

    /// An error in a cell of this row.
    pub(crate) fn fault_in(&self, column: usize, what: &str) -> Error {
        let name = self.header.get(column).map_or("?", String::as_str);
        let place = format!("{}, line {}, column {name}", self.path, self.line);
        Error::new(ErrorKind::Source, format!("{place}: {what}"))
    }

    /// An error in this row, or in the header before the first row.
    pub(crate) fn fault(&self, what: &str) -> Error {
        let place = format!("{}, line {}", self.path, self.line);
        Error::new(ErrorKind::Source, format!("{place}: {what}"))
    }
}
