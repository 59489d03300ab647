//! A row of an answer.

use fleet_sinks::{
    postgres::tokio_postgres::{self, types::Type},
    sqlite::rusqlite::{self, types::ValueRef},
};

#[derive(Debug)]
enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

/// Its values, by their places.
#[derive(Debug, Default)]
pub(crate) struct Row(Vec<Cell>);

impl Row {
    pub(super) fn of_sqlite(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
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

    /// A type that no query here asks for is an error of the client.
    pub(super) fn of_postgres(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        let cells = row.columns().iter().enumerate().map(|(place, column)| {
            let cell = match *column.type_() {
                Type::INT8 => row.try_get::<_, Option<_>>(place)?.map(Cell::Integer),
                Type::FLOAT8 => row.try_get::<_, Option<_>>(place)?.map(Cell::Real),
                _ => row.try_get::<_, Option<_>>(place)?.map(Cell::Text),
            };
            Ok(cell.unwrap_or(Cell::Null))
        });
        cells.collect::<Result<_, _>>().map(Self)
    }

    /// A count; 0 for anything else.
    pub(crate) fn count(&self, place: usize) -> u64 {
        match self.0.get(place) {
            Some(Cell::Integer(number)) => number.unsigned_abs(),
            _ => 0,
        }
    }

    /// A number, if it is one.
    pub(crate) fn real(&self, place: usize) -> Option<f64> {
        match self.0.get(place)? {
            Cell::Real(number) => Some(*number),
            Cell::Integer(number) => Some(*number as f64),
            Cell::Null | Cell::Text(_) => None,
        }
    }

    /// A text; empty for anything else.
    pub(crate) fn text(&self, place: usize) -> &str {
        match self.0.get(place) {
            Some(Cell::Text(text)) => text,
            _ => "",
        }
    }
}
