//! An NDJSON file as a sink.

use std::{marker::PhantomData, path::Path};

use async_trait::async_trait;
use fleet_core::{
    Result, Row, TableRow,
    sink::{Outcome, Sink},
};

use super::{append::Appender, format::Format};

/// A file that rows are appended to as JSON objects, one per line.
///
/// # Guarantees
/// Rows are durable when a write returns. A last row without a line end was cut short by a crash.
/// It is removed when the file is opened, because the row is written again.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, Offset, Row, VehicleId, event::Telemetry, sink::Sink};
/// use fleet_sinks::NdjsonFile;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("telemetry.ndjson");
/// let mut file = NdjsonFile::open(&path)?;
/// let event = Telemetry::new(VehicleId::new("car-1").unwrap(), EventTime::MIN);
/// file.write(&[Row::detached(EventTime::MIN, Offset(0), event)]).await?;
/// let text = std::fs::read_to_string(&path).unwrap();
/// assert!(text.starts_with(r#"{"time":"1970-01-01T00:00:00Z","vehicle_id":"car-1""#) && text.ends_with("}\n"));
/// # Ok::<(), fleet_core::Error>(()) }).unwrap();
/// ```
///
/// # Cost
/// Each write blocks its thread until the rows are on disk.
#[derive(Debug)]
pub struct NdjsonFile<R> {
    file: Appender,
    row: PhantomData<fn() -> R>,
}

impl<R: TableRow> NdjsonFile<R> {
    /// Opens a file to append to it, and makes it if it does not exist.
    ///
    /// # Errors
    /// Refuses a path that cannot be opened, and a file that another process is writing to.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self {
            file: Appender::open::<R>(path.as_ref(), Format::Ndjson)?,
            row: PhantomData,
        })
    }
}

#[async_trait]
impl<T: TableRow + Send + Sync + 'static> Sink<T> for NdjsonFile<T> {
    async fn write(&mut self, rows: &[Row<T>]) -> Result<Outcome> {
        self.file.write(rows)
    }
}
