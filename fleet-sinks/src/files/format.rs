//! Encodes rows as lines of NDJSON or CSV.

use std::io::Write as _;

use fleet_core::{
    Result, Row, TableRow,
    sink::Outcome,
    table::{Column, Value, to_ndjson},
};

use crate::check::{self, Misfit};

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// One JSON object per line.
    Ndjson,
    /// RFC 4180, but with line feeds, which every reader and every line-based tool accepts.
    Csv,
}

impl Format {
    #[cfg(feature = "sqlite")]
    pub(super) const fn extension(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }

    /// The bytes before the first row.
    pub(super) fn header(self, columns: &[Column]) -> Vec<u8> {
        match self {
            Self::Ndjson => Vec::new(),
            Self::Csv => {
                let names: Vec<_> = columns.iter().map(|column| column.name).collect();
                let mut line = Vec::new();
                for (index, name) in names.into_iter().enumerate() {
                    csv_field(index, &Value::Text(name), &mut line);
                }
                line.push(b'\n');
                line
            }
        }
    }

    /// Whether a row may contain line ends.
    pub(super) const fn rows_span_lines(self) -> bool {
        matches!(self, Self::Csv)
    }

    /// Appends the rows that fit their columns, and returns the others as rejected.
    ///
    /// # Errors
    /// If the type writes other columns than it names.
    pub(super) fn encode<R: TableRow>(self, rows: &[Row<R>], to: &mut Vec<u8>) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        for (index, row) in rows.iter().enumerate() {
            let start = to.len();
            if let Err(misfit) = self.encode_one(&row.value, to) {
                to.truncate(start);
                let reason = match misfit {
                    Misfit::Content(reason) => reason,
                    Misfit::Shape(error) => return Err(error),
                };
                outcome
                    .rejected
                    .push(check::rejected(index, reason, &row.value));
            }
        }
        Ok(outcome)
    }

    fn encode_one<R: TableRow>(self, row: &R, to: &mut Vec<u8>) -> Result<(), Misfit> {
        match self {
            Self::Ndjson => {
                check::fields(row, &mut |_, _| {})?;
                to_ndjson(row, to);
            }
            Self::Csv => {
                check::fields(row, &mut |index, value| csv_field(index, value, to))?;
                to.push(b'\n');
            }
        }
        Ok(())
    }
}

/// Appends one field and the comma before it.
///
/// By hand, to distinguish null (nothing) from the empty text (`""`), as PostgreSQL reads them. A
/// CSV library quotes all fields of a file by one rule.
fn csv_field(index: usize, value: &Value<'_>, to: &mut Vec<u8>) {
    if index > 0 {
        to.push(b',');
    }
    // Writing to memory cannot fail.
    let _ = match value {
        Value::Null => Ok(()),
        Value::Text(text) => {
            csv_text(text, to);
            Ok(())
        }
        // The shortest text that parses to the same number, with a point or an exponent.
        Value::Real(number) => write!(to, "{number:?}"),
        Value::Integer(number) => write!(to, "{number}"),
        Value::Bool(yes) => write!(to, "{yes}"),
        Value::Time(at) => {
            let mut text = String::new();
            check::sortable_time(*at, &mut text);
            to.extend_from_slice(text.as_bytes());
            Ok(())
        }
    };
}

fn csv_text(text: &str, to: &mut Vec<u8>) {
    let plain = !text.is_empty()
        && !text
            .bytes()
            .any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r'))
        && text.trim_matches(' ').len() == text.len();
    if plain {
        to.extend_from_slice(text.as_bytes());
        return;
    }
    to.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' {
            to.push(b'"');
        }
        to.push(byte);
    }
    to.push(b'"');
}
