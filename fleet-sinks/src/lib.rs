//! Where results go: tables and files that hold the position of the input beside the rows.
//!
//! | sink | feature | with which store | effect of a crash |
//! |---|---|---|---|
//! | `sqlite::SqliteTable` | `sqlite` | `sqlite::SqliteStore` | none: each row once |
//! | `files::FileTable` | `files` and `sqlite` | `files::FileStore` | none: files are cut to what was committed |
//! | `files::NdjsonFile`, `files::CsvFile` | `files` | any | rows since the last commit may come again |
//! | `postgres::PostgresTable` | `postgres` | `postgres::PostgresStore` | none: each row once |
//! | `postgres::PostgresSink` | `postgres` | any | rows since the last commit may come again |
//! | [`Null`] | | any | |
//!
//! Each outside system is one feature, off by default. What a row looks like is told once, by its
//! [`Record`](fleet_core::Record).
//!
//! # Who may depend on whom
//! This crate depends on `fleet-core` and on no other crate of the workspace.
//!
//! # Examples
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use fleet_core::event::Alert;
//! use fleet_sinks::SqliteStore;
//!
//! let store = SqliteStore::open_in_memory("demo")?;
//! let alerts = store.table::<Alert>("alerts")?;     // Pipeline::exactly_once(.., store).store(.., alerts)
//! assert_eq!(alerts.name(), "alerts");
//! # }
//! # Ok::<(), fleet_core::Error>(())
//! ```

#[cfg(any(feature = "sqlite", feature = "files", feature = "postgres"))]
mod check;
#[cfg(feature = "files")]
pub mod files;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod indexes;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod store_report;
#[cfg(test)]
#[cfg(any(feature = "sqlite", feature = "files", feature = "postgres"))]
mod testing;

#[cfg(all(feature = "files", feature = "sqlite"))]
pub use files::FileStore;
#[cfg(feature = "files")]
pub use files::{CsvFile, NdjsonFile};
pub use fleet_core::sink::Null;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use indexes::Indexes;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresSink, PostgresStore, PostgresTable};
#[cfg(feature = "sqlite")]
pub use sqlite::{Durability, SqliteOptions, SqliteStore, SqliteTable};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use store_report::{Exported, RefusalClass, StoreSummary, StoredDeadLetter};
