//! Files that anything can read: NDJSON and CSV, one line feed after each row.
//!
//! [`NdjsonFile`] and [`CsvFile`] append by themselves: after a crash some rows may come twice. With the
//! feature `sqlite` a `FileStore` keeps, in the same folder, the position and the length that each file had
//! at the last commit; what a crash left behind that length is cut off, so each row is there once.

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
