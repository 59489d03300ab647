//! One row of a query's result, whichever database it comes from.

#[cfg(feature = "postgres")]
use fleet_sinks::postgres::tokio_postgres::{self, types::Type};
use fleet_sinks::sqlite::rusqlite::{self, types::ValueRef};

#[derive(Debug)]
enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

/// The values of a row, by index.
#[derive(Debug, Default)]
pub(crate) struct Row(Vec<Cell>);

impl Row {
    pub(super) fn from_sqlite(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let columns = 0..row.as_ref().column_count();
        let cell = |column| {
            Ok(match row.get_ref(column)? {
                ValueRef::Null => Cell::Null,
                ValueRef::Integer(number) => Cell::Integer(number),
                ValueRef::Real(number) => Cell::Real(number),
                ValueRef::Text(text) | ValueRef::Blob(text) => {
                    Cell::Text(String::from_utf8_lossy(text).into_owned())
                }
            })
        };
        columns.map(cell).collect::<rusqlite::Result<_>>().map(Self)
    }

    /// A column of a type that no query here asks for is an error of the client.
    #[cfg(feature = "postgres")]
    pub(super) fn from_postgres(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        let cells = row.columns().iter().enumerate().map(|(index, column)| {
            let cell = match *column.type_() {
                Type::INT8 => row.try_get::<_, Option<_>>(index)?.map(Cell::Integer),
                Type::FLOAT8 => row.try_get::<_, Option<_>>(index)?.map(Cell::Real),
                _ => row.try_get::<_, Option<_>>(index)?.map(Cell::Text),
            };
            Ok(cell.unwrap_or(Cell::Null))
        });
        cells.collect::<Result<_, _>>().map(Self)
    }

    /// Returns a count, or 0 for anything else.
    pub(crate) fn count(&self, index: usize) -> u64 {
        match self.0.get(index) {
            Some(Cell::Integer(number)) => number.unsigned_abs(),
            _ => 0,
        }
    }

    /// Returns a number, if the value is one.
    pub(crate) fn real(&self, index: usize) -> Option<f64> {
        match self.0.get(index)? {
            Cell::Real(number) => Some(*number),
            Cell::Integer(number) => Some(*number as f64),
            Cell::Null | Cell::Text(_) => None,
        }
    }

    /// Returns a text, or an empty one for anything else.
    pub(crate) fn text(&self, index: usize) -> &str {
        match self.0.get(index) {
            Some(Cell::Text(text)) => text,
            _ => "",
        }
    }
}
