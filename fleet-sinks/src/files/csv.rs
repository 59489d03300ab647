//! A CSV file as a sink.

use std::{marker::PhantomData, path::Path};

use async_trait::async_trait;
use fleet_core::{
    Result, Row, TableRow,
    sink::{Outcome, Sink},
};

use super::{append::Appender, format::Format};

/// A CSV file that rows are appended to; its first line names the columns.
///
/// # Shape
/// RFC 4180 with line feeds. Null is an empty field, and the empty text is `""`. Times are texts of
/// fixed length, `2024-02-15T14:32:18.500000Z`.
///
/// # Guarantees
/// Rows are durable when a write returns. A last row without a line end was cut short by a crash.
/// It is removed when the file is opened, because the row is written again.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, Offset, Row, table::{Column, Fields, TableRow, Value}, sink::Sink};
/// use fleet_sinks::CsvFile;
///
/// struct Visit(&'static str, Option<i64>);
/// impl TableRow for Visit {
///     fn columns() -> &'static [Column] {
///         const { &[Column::text("depot"), Column::integer("minutes").nullable()] }
///     }
///     fn write(&self, to: &mut dyn Fields) {
///         to.put(Value::Text(self.0));
///         to.put(Value::integer_or_null(self.1));
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("visits.csv");
/// let visit = |visit| Row::detached(EventTime::MIN, Offset(0), visit);
/// let mut file = CsvFile::open(&path)?;
/// file.write(&[visit(Visit("north, gate 2", Some(5))), visit(Visit("", None))]).await?;
/// let text = std::fs::read_to_string(&path).unwrap();
/// assert_eq!(text, "depot,minutes\n\"north, gate 2\",5\n\"\",\n");
/// # Ok::<(), fleet_core::Error>(()) }).unwrap();
/// ```
///
/// # Cost
/// Each write blocks its thread until the rows are on disk. Opening reads the whole file, because
/// only a scan from the beginning shows which line ends are inside quotes.
#[derive(Debug)]
pub struct CsvFile<R> {
    file: Appender,
    row: PhantomData<fn() -> R>,
}

impl<R: TableRow> CsvFile<R> {
    /// Opens a file to append to it, and makes it if it does not exist.
    ///
    /// # Errors
    /// Refuses a path that cannot be opened, a file whose first line names other columns, and a
    /// file that another process is writing to.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self {
            file: Appender::open::<R>(path.as_ref(), Format::Csv)?,
            row: PhantomData,
        })
    }
}

#[async_trait]
impl<T: TableRow + Send + Sync + 'static> Sink<T> for CsvFile<T> {
    async fn write(&mut self, rows: &[Row<T>]) -> Result<Outcome> {
        self.file.write(rows)
    }
}
