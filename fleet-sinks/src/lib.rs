//! Where results go: tables and files that hold the position of the input beside the rows.
//!
//! | sink | feature | with which store | effect of a crash |
//! |---|---|---|---|
//! | `sqlite::SqliteTable` | `sqlite` | `sqlite::SqliteStore` | none: each row once |
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

#[cfg(feature = "sqlite")]
mod check;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(test)]
#[cfg(feature = "sqlite")]
mod testing;

pub use fleet_core::sink::Null;
#[cfg(feature = "sqlite")]
pub use sqlite::{Durability, SqliteOptions, SqliteStore, SqliteTable};
