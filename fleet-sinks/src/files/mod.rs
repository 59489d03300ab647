//! NDJSON and CSV files, which any tool can read.
//!
//! [`NdjsonFile`] and [`CsvFile`] work with any checkpoint store. They append and wait for the disk
//! with each write, so rows since the last commit may be written again after a crash.
//!
//! With the feature `sqlite`, a `FileStore` makes files exactly-once. It stores positions in a
//! hidden database in the same folder, together with the length that each file had at the last
//! commit. When a file is opened, everything beyond that length is cut off.
//!
//! | sink | a row is durable | after a crash |
//! |---|---|---|
//! | [`NdjsonFile`], [`CsvFile`] | when the write returns | rows since the last commit may repeat |
//! | `FileTable` | with the commit | each row is there once |
//!
//! # Shape
//!
//! Every row ends in one line feed. NDJSON has one object per row. CSV follows RFC 4180 but for the
//! line end; its first line names the columns, an empty field is null, and `""` is the empty text.
//!
//! # Examples
//!
//! ```
//! use fleet_core::{EventTime, Offset, Row, VehicleId, event::Telemetry, sink::Sink};
//! use fleet_sinks::CsvFile;
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let folder = tempfile::tempdir().unwrap();
//! let path = folder.path().join("telemetry.csv");
//! let mut file = CsvFile::open(&path)?;
//! let event = Telemetry::new(VehicleId::new("car-1").unwrap(), EventTime::MIN);
//! file.write(&[Row::detached(EventTime::MIN, Offset(0), event)]).await?;
//! let text = std::fs::read_to_string(&path).unwrap();
//! assert!(text.starts_with("time,vehicle_id,fleet_id,"));
//! # Ok::<(), fleet_core::Error>(()) }).unwrap();
//! ```

mod append;
mod csv;
mod error;
mod format;
mod ndjson;
#[cfg(feature = "sqlite")]
mod store;
#[cfg(feature = "sqlite")]
mod table;
#[cfg(test)]
mod tests;
#[cfg(feature = "sqlite")]
mod tx;

pub use csv::CsvFile;
pub use ndjson::NdjsonFile;
#[cfg(feature = "sqlite")]
pub use store::FileStore;
#[cfg(feature = "sqlite")]
pub use table::FileTable;
#[cfg(feature = "sqlite")]
pub use tx::FileTx;
